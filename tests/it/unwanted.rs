//! Handlers that hear that nobody wants what they do, and how a life was told to end.

use circuits::CallError;
use circuits::event::Stopped;
use circuits::prelude::*;
use circuits::testing::settle;

use crate::log::Log;

#[derive(Event)]
#[event(reply = u32)]
struct Dig;

/// Answers with what is there already, while others dig.
#[derive(Event)]
#[event(reply = u32)]
struct Look;

#[component(channel = "mine")]
struct Mine(Log);

#[component]
impl Mine {
    #[handler("dig")]
    async fn dig(&self, _event: &Dig, cx: &Context<Self>) -> Option<u32> {
        self.0.add("begins");
        cx.unwanted().await;
        self.0
            .add(format!("ends, cancelled: {}", cx.is_cancelled()));
        cx.unwanted().await; // at once, again and again
        None
    }

    #[handler("look")]
    async fn look(&self, _event: &Look, cx: &Context<Self>) -> u32 {
        assert!(!cx.is_cancelled());
        7
    }

    #[handler("look", priority = -1)]
    async fn look_again(&self, _event: &Look, cx: &Context<Self>) {
        cx.unwanted().await;
        self.0.add("looked again");
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.0.add(format!("drained: {}", event.drained));
    }
}

async fn mine() -> (System, Address<Mine>, Log) {
    let (system, log) = (System::new(), Log::default());
    let mine = system.register(Mine(log.clone())).await.unwrap();
    (system, mine, log)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_handler_hears_that_the_time_of_its_caller_is_over() {
    let (system, _mine, log) = mine().await;
    let one = system.on("mine").call(Dig).timeout(SECOND).await;
    assert!(matches!(one, Err(CallError::TimedOut(_))));
    let all = system.on("mine").call_all(Dig).timeout(SECOND).await;
    assert!(matches!(all[..], [Err(CallError::TimedOut(_))]));
    settle().await;
    let expected = ["begins", "ends, cancelled: false"];
    assert_eq!(log.take(), [expected, expected].concat());
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_hears_that_its_caller_was_dropped() {
    let (system, _mine, log) = mine().await;
    let task = {
        let system = system.clone();
        tokio::spawn(async move { system.on("mine").call(Dig).await })
    };
    settle().await;
    assert_eq!(log.take(), ["begins"]);
    task.abort();
    settle().await;
    assert_eq!(log.take(), ["ends, cancelled: false"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_has_begun_hears_that_its_event_was_cancelled() {
    let (system, _mine, log) = mine().await;
    let cancel = system.on("mine").fire(Dig).cancelable();
    settle().await;
    assert_eq!(log.take(), ["begins"]);
    cancel.cancel();
    settle().await;
    assert_eq!(log.take(), ["ends, cancelled: true"]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_or_has_been_answered_is_never_unwanted() {
    let (system, _mine, log) = mine().await;
    system.on("mine").fire(Dig);
    assert_eq!(system.on("mine").call(Look).await.unwrap(), 7);
    settle().await;
    assert_eq!(log.take(), ["begins"]);
}

#[tokio::test(start_paused = true)]
async fn a_life_that_ends_knows_whether_it_was_drained() {
    for drains in [true, false] {
        let (_system, mine, log) = mine().await;
        if drains {
            mine.drain().await;
        } else {
            mine.stop().await;
        }
        assert_eq!(log.take(), [format!("drained: {drains}")]);
    }
}
