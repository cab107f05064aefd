//! Replies that come when their caller has gone.

use circuits::CallError;
use circuits::prelude::*;

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Slow(u64);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct SlowRead(u64);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Shy(u64);

/// Answers after so many seconds.
#[component(channel = "slow")]
struct Server;

#[component]
impl Server {
    #[handler("slow")]
    async fn slow(&mut self, event: &Slow) -> u64 {
        tokio::time::sleep(Duration::from_secs(event.0)).await;
        event.0
    }

    #[handler("slow_read")]
    async fn slow_read(&self, event: &SlowRead) -> u64 {
        tokio::time::sleep(Duration::from_secs(event.0)).await;
        event.0
    }

    #[handler("shy")]
    async fn shy(&mut self, event: &Shy) -> Option<u64> {
        tokio::time::sleep(Duration::from_secs(event.0)).await;
        None
    }
}

const SECOND: Duration = Duration::from_secs(1);

async fn served() -> (System, Log) {
    let system = System::new();
    let reports = watch(&system).await;
    system.register(Server).await.unwrap();
    (system, reports)
}

#[tokio::test(start_paused = true)]
async fn a_reply_after_the_time_is_over_is_a_dead_letter_and_nobody_elses_reply() {
    let (system, reports) = served().await;
    let slow = system.on("slow");
    let late = within(slow.call(Slow(3)).timeout(SECOND)).await;
    assert!(matches!(late, Err(CallError::TimedOut(SECOND))), "{late:?}");
    assert_eq!(reports.take(), [""; 0], "it has not come yet");
    assert_eq!(within(slow.call(Slow(1))).await.unwrap(), 1);
    settle().await;
    assert_eq!(reports.take(), ["dead slow Late"]);
    assert_eq!(system.dead_letters(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_for_a_caller_that_was_dropped_is_late_too() {
    let (system, reports) = served().await;
    for _ in 0..2 {
        let call = system.on("slow").call(SlowRead(2));
        assert!(tokio::time::timeout(SECOND, call).await.is_err());
    }
    let all = system.on("slow").call_all(SlowRead(2)).timeout(SECOND);
    assert!(matches!(*all.await, [Err(CallError::TimedOut(_))]));
    tokio::time::sleep(4 * SECOND).await;
    assert_eq!(reports.take(), ["dead slow_read Late"; 3]);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_called_or_nothing_was_replied_nothing_is_late() {
    let (system, reports) = served().await;
    let slow = system.on("slow");
    slow.fire(Slow(1)).await;
    slow.fire(Slow(1)).completed().await.unwrap();
    let late = within(slow.call(Shy(3)).timeout(SECOND)).await;
    assert!(matches!(late, Err(CallError::TimedOut(SECOND))), "{late:?}");
    assert_eq!(within(slow.call(Slow(1))).await.unwrap(), 1);
    settle().await;
    assert_eq!(reports.take(), [""; 0]);
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_comes_as_the_time_is_over_is_in_time_or_late_but_never_both() {
    let (system, reports) = served().await;
    let called = within(system.on("slow").call(Slow(1)).timeout(SECOND)).await;
    settle().await;
    match called {
        Ok(reply) => assert_eq!((reply, reports.take()), (1, vec![])),
        Err(_) => assert_eq!(reports.take(), ["dead slow Late"]),
    }
}
