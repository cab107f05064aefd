//! Timers as components: a heart that beats, a reminder that is put off, and an
//! alarm that is cancelled.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin timers
//! beat 1
//! beat 2
//! beat 3
//! tea is ready
//! beat 4
//! beat 5
//! the alarm has left
//! ```

use std::time::SystemTime;

use circuits::event::Unregistered;
use circuits::prelude::*;
use circuits::timer::{Cancel, Reset, Timer};

#[derive(Event, Clone)]
struct Beat;

#[derive(Event, Clone)]
struct Ready;

#[derive(Event, Clone)]
struct Alarm;

#[component(channel = "kitchen")]
#[derive(Default)]
struct Kitchen {
    beats: u32,
}

#[component]
impl Kitchen {
    #[handler("beat")]
    fn beat(&mut self, _: &Beat, cx: &Context<Self>) {
        self.beats += 1;
        println!("beat {}", self.beats);
        match self.beats {
            1 => drop(cx.on("tea").fire(Reset::new())), // it may draw a little longer
            5 => drop(cx.on("alarm").fire(Cancel)),
            _ => {}
        }
    }

    #[handler("ready")]
    fn ready(&mut self, _: &Ready) {
        println!("tea is ready");
    }

    #[handler("alarm")]
    fn alarm(&mut self, _: &Alarm) {
        println!("wake up"); // never: it is cancelled before
    }

    #[handler("unregistered", channel = "alarm")]
    fn alarm_left(&mut self, _: &Unregistered, cx: &Context<Self>) {
        println!("the alarm has left");
        cx.system().drain();
    }
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(Kitchen::default).await?;

    // By value, for those that fire once: they leave the tree when they have.
    let tea = Timer::after(ms(250), Ready).on("kitchen");
    system.register(tea).channel("tea").await?;
    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
    let alarm = Timer::at(tomorrow, Alarm).on("kitchen");
    system.register(alarm).channel("alarm").await?;

    // By a factory, so that it beats again if it should ever fail.
    let heart = || Timer::every(ms(100), Beat).on("kitchen");
    system.supervise(heart).await?;
    system.run().await
}
