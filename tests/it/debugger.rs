//! The debugger: what it prints, what it leaves out, and that off is off.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use circuits::debugger::{Debugger, Switch};
use circuits::event::DeadLetter;
use circuits::prelude::*;

use crate::support::settle;

#[derive(Event, Debug)]
struct Hello {
    #[expect(dead_code, reason = "printed by its Debug")]
    name: &'static str,
}

#[derive(Event, Debug)]
struct Fail;

#[derive(Event)]
struct Opaque;

#[component(channel = "greeter")]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", priority = 100)]
    fn hello(&mut self, _event: &Hello, cx: &Context<Self>) {
        cx.stop_propagation();
    }

    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) -> circuits::Result {
        Err(Error::new("two\nlines"))
    }
}

/// What was written; fails for one who has no room.
#[derive(Clone, Default)]
struct Paper {
    text: Arc<Mutex<String>>,
    is_full: bool,
}

impl Paper {
    /// Takes the lines that are about none of the framework's own events.
    fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.text.lock().unwrap());
        let own = ["registered[", "started[", "stopped[", "dead_letter["];
        let lines = text.lines().map(String::from);
        lines
            .filter(|line| !own.iter().any(|own| line.starts_with(own)))
            .collect()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let text = std::str::from_utf8(bytes).unwrap();
        self.text.lock().unwrap().push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn system(options: impl FnOnce(Debugger) -> Debugger) -> (System, Address<Debugger>, Paper) {
    let (system, paper) = (System::new(), Paper::default());
    let debugger = options(Debugger::to_writer(paper.clone()));
    let debugger = system.register(debugger).await.unwrap();
    let greeter = system.register(Greeter).named("greeter");
    greeter.await.unwrap();
    settle().await;
    paper.take();
    (system, debugger, paper)
}

async fn fire(system: &System) {
    system.on("greeter").fire(Hello { name: "world" });
    system.on("greeter").fire(Fail);
    system.on("nobody").fire(Opaque);
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn core_130_every_event_is_printed_with_its_channel_and_every_exception() {
    let (system, _debugger, paper) = system(|debugger| debugger).await;
    fire(&system).await;
    assert_eq!(
        paper.take(),
        [
            "hello[greeter] Hello { name: \"world\" }",
            "fail[greeter] Fail",
            "opaque[nobody] opaque",
            "ERROR greeter.fail(fail): two\\nlines"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn core_130_ignored_events_and_channels_are_left_out_and_lines_are_trimmed() {
    let options = |debugger: Debugger| {
        let debugger = debugger.ignore_event("fail").ignore_channel("nobody");
        debugger.width(10)
    };
    let (system, _debugger, paper) = system(options).await;
    fire(&system).await;
    assert_eq!(paper.take(), ["hello[gree…", "ERROR gree…"]);
}

#[tokio::test(start_paused = true)]
async fn core_130_a_debugger_that_is_off_hears_nothing_and_can_be_switched() {
    let (system, debugger, paper) = system(Debugger::off).await;
    let is_on = async || debugger.children().count().await.unwrap().active == 1;
    fire(&system).await;
    assert_eq!(paper.take(), [""; 0]);
    assert!(!is_on().await);
    system.on("debugger").call(Switch::On).await.unwrap();
    system.to(&debugger).call(Switch::On).await.unwrap();
    assert!(is_on().await);
    fire(&system).await;
    assert_eq!(paper.take().len(), 4);
    system.on("greeter").fire(Hello { name: "last" });
    system.to(&debugger).call(Switch::Off).await.unwrap();
    let printed = paper.take();
    assert_eq!(printed[0], "hello[greeter] Hello { name: \"last\" }");
    // Nobody listens any more, so that what nobody handles is a dead letter.
    let dead = system.on("*").wait::<DeadLetter>();
    system.on("nobody").fire(Opaque);
    assert_eq!(dead.await.unwrap().event.name(), "opaque");
    assert_eq!(paper.take(), [""; 0]);
    system.to(&debugger).call(Switch::On).await.unwrap();
    settle().await;
    paper.take();
    fire(&system).await;
    assert_eq!(paper.take().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn core_130_a_writer_that_fails_disturbs_nobody() {
    let paper = Paper {
        is_full: true,
        ..Paper::default()
    };
    let system = System::new();
    system.register(Debugger::to_writer(paper)).await.unwrap();
    system.register(Greeter).await.unwrap();
    fire(&system).await;
    let was_on = system.on("debugger").call(Switch::Off).await;
    assert!(was_on.unwrap());
}

#[tokio::test(start_paused = true)]
async fn core_130_a_debugger_may_print_through_tracing() {
    let system = System::new();
    system.register(Debugger::to_tracing()).await.unwrap();
    system.register(Greeter).await.unwrap();
    fire(&system).await;
}
