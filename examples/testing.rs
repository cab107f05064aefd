//! Testing a component: a probe, expectations, a paused clock and a crash on demand.
//!
//! In a crate of its own each part of `main` would be a `#[tokio::test(start_paused = true)]`.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin testing
//! an hour has passed: 60 readings
//! a hot reading gives one alarm, of 95
//! after a crash it reads on, in life 2
//! no alarm on sensor within 60s; instead came
//!   reading on sensor: Reading(20)
//! ```

use circuits::event::Started;
use circuits::prelude::*;
use circuits::testing::{Probe, crash, settle};

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Event, Clone, Debug)]
struct Reading(i32);

#[derive(Event, Debug)]
struct Alarm(i32);

/// What is tested: reads once a minute, and tells what is too hot.
#[component(channel = "sensor")]
struct Sensor;

#[component]
impl Sensor {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.every(MINUTE, Reading(20));
    }

    #[handler("reading")]
    fn reading(&mut self, event: &Reading, cx: &Context<Self>) {
        if event.0 > 90 {
            cx.fire(Alarm(event.0));
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let probe = Probe::on(&system, "sensor").await?;
    let sensor = system.supervise(|| Sensor).named("sensor").await?;

    // An hour of the paused clock takes no time.
    probe.none::<Alarm>().within(60 * MINUTE).await?;
    settle().await;
    let readings = probe.all::<Reading>().len();
    println!("an hour has passed: {readings} readings");

    system.on("sensor").fire(Reading(95));
    let alarm = probe.expect::<Alarm>().on("sensor").within(MINUTE).await?;
    println!("a hot reading gives one alarm, of {}", alarm.0);
    probe.none::<Alarm>().within(MINUTE).await?;

    probe.clear();
    crash(&system, &sensor, Error::new("a broken wire")).await?;
    let started = probe.expect::<Started>().within(MINUTE).await?;
    probe.expect::<Reading>().within(MINUTE).await?;
    println!("after a crash it reads on, in life {}", started.life);

    // What an expectation that is not met says.
    probe.clear();
    if let Err(error) = probe.expect::<Alarm>().on("sensor").within(MINUTE).await {
        println!("{error}");
    }
    Ok(())
}
