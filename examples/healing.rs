//! A tree that heals: what each failure restarts, and how a failure that comes
//! back climbs up.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin healing
//! store is up, life 1
//! reader is up, life 1
//! parser is up, life 1
//! front is up, life 1
//! --- the parser fails: one_for_all takes the reader along
//! parser failed: a broken part
//! reader is up, life 2
//! parser is up, life 2
//! --- the store fails: rest_for_one restarts what was started after it
//! store failed: a broken part
//! store is up, life 2
//! reader is up, life 1
//! parser is up, life 1
//! front is up, life 2
//! --- the parser fails twice: one restart is allowed, so its supervisor fails
//! parser failed: a broken part
//! reader is up, life 2
//! parser is up, life 2
//! parser failed: a broken part
//! reader is up, life 1
//! parser is up, life 1
//! front is up, life 3
//! --- what stands now
//! store: Running, life 2
//! input: Running, life 3
//! front: Running, life 3
//! ```

use circuits::event::{Exception, Started};
use circuits::prelude::*;
use circuits::supervisor::{ChildSpec, Supervisor};

#[derive(Event)]
struct Break;

/// One part of the service; it listens on a channel of its own name.
#[component]
#[derive(Default)]
struct Part;

#[component]
impl Part {
    #[handler("break")]
    fn fail(&mut self, _: &Break) -> circuits::Result<()> {
        Err(Error::fatal(Error::new("a broken part")))
    }
}

/// Prints what happens to the parts.
#[component]
struct Trace;

#[component]
impl Trace {
    #[handler("started", channel = "*")]
    fn started(&mut self, event: &Started) {
        if !["trace", "service", "input"].contains(&&*event.name) {
            println!("{} is up, life {}", event.name, event.life);
        }
    }

    #[handler("exception")]
    fn exception(&mut self, event: &Exception) {
        println!("{} failed: {}", event.name, event.error);
    }
}

fn part(name: &str) -> ChildSpec {
    ChildSpec::new(name, Part::default).channel(name)
}

/// The reader and the parser share a connection: neither goes on without the other.
fn input() -> Supervisor {
    Supervisor::one_for_all()
        .child(part("reader"))
        .child(part("parser"))
}

/// Each part relies on those before it.
fn service() -> Supervisor {
    Supervisor::rest_for_one()
        .max_restarts(3)
        .child(part("store"))
        .child(ChildSpec::new("input", input))
        .child(part("front"))
}

/// Breaks a part, and waits until the last part that this restarts is up again.
async fn break_and_heal(system: &System, broken: &str, last: &str) -> circuits::Result<()> {
    let healed = system.on(last).wait::<Started>();
    system.on(broken).fire(Break);
    healed.timeout(Duration::from_secs(10)).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| Trace).named("trace").await?;
    let service = system.supervise(service).named("service").await?;

    println!("--- the parser fails: one_for_all takes the reader along");
    break_and_heal(&system, "parser", "parser").await?;

    println!("--- the store fails: rest_for_one restarts what was started after it");
    break_and_heal(&system, "store", "front").await?;

    println!("--- the parser fails twice: one restart is allowed, so its supervisor fails");
    break_and_heal(&system, "parser", "parser").await?;
    break_and_heal(&system, "parser", "front").await?;

    println!("--- what stands now");
    for child in service.children().list().await? {
        println!("{}: {:?}, life {}", child.name, child.state, child.life);
    }
    system.drain();
    system.run().await
}
