//! 99 bottles of beer: one component sings, the other one takes the bottles down.
//! How many verses a second that was goes to stderr.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin bottles
//! 99 bottles of beer on the wall. Take one down: 98 bottles of beer on the wall.
//! 98 bottles of beer on the wall. Take one down: 97 bottles of beer on the wall.
//! ...
//! 2 bottles of beer on the wall. Take one down: 1 bottle of beer on the wall.
//! 1 bottle of beer on the wall. Take one down: no more bottles of beer on the wall.
//! No more bottles of beer on the wall. Go to the store: 99 bottles of beer on the wall.
//! 100 verses
//! ```

use std::time::Instant;

use circuits::prelude::*;

#[derive(Event)]
#[event(channel = "singer")]
struct Sing;

#[derive(Event)]
#[event(channel = "wall", reply = (u32, u32))]
struct Take;

/// Keeps the bottles; answers how many there were, and how many are left.
#[component(channel = "wall")]
struct Wall {
    bottles: u32,
}

#[component]
impl Wall {
    #[handler("take")]
    fn take(&mut self, _: &Take) -> (u32, u32) {
        let before = self.bottles;
        self.bottles = before.checked_sub(1).unwrap_or(99);
        (before, self.bottles)
    }
}

#[component(channel = "singer")]
#[derive(Default)]
struct Singer {
    verses: u32,
}

#[component]
impl Singer {
    #[handler("sing")]
    async fn sing(&mut self, _: &Sing, cx: &Context<Self>) -> circuits::Result<()> {
        let (before, after) = cx.call(Take).await?;
        let how = match before {
            0 => "Go to the store",
            _ => "Take one down",
        };
        let mut first = bottles(before);
        first[..1].make_ascii_uppercase();
        println!(
            "{first} on the wall. {how}: {} on the wall.",
            bottles(after)
        );
        self.verses += 1;
        if before == 0 {
            println!("{} verses", self.verses);
            cx.system().drain();
        } else {
            cx.fire(Sing);
        }
        Ok(())
    }
}

fn bottles(count: u32) -> String {
    match count {
        0 => "no more bottles of beer".to_owned(),
        1 => "1 bottle of beer".to_owned(),
        _ => format!("{count} bottles of beer"),
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| Wall { bottles: 99 }).await?;
    system.supervise(Singer::default).await?;
    let begun = Instant::now();
    system.fire(Sing);
    system.run().await?;
    eprintln!(
        "{:.0} verses a second",
        100.0 / begun.elapsed().as_secs_f64()
    );
    Ok(())
}
