//! Priorities of handlers: stages over components, and how they are ended early.

use circuits::prelude::*;
use circuits::{CallError, Options};
use tokio::sync::oneshot;

use crate::log::Log;

#[derive(Event, Debug, Clone)]
#[event(reply = u32, channel = "web")]
struct Request(u32);

/// A component with one handler of `Request`, of the given priority.
macro_rules! stage {
    ($name:ident, $priority:literal, |$event:ident, $cx:ident| $reply:expr) => {
        #[component(channel = "web")]
        #[derive(Clone)]
        struct $name(Log);

        #[component]
        impl $name {
            #[handler("request", priority = $priority)]
            async fn handle(&mut self, $event: &Request, $cx: &Context<Self>) -> Option<u32> {
                // Whoever does not wait for the stage before is seen to be early.
                tokio::task::yield_now().await;
                self.0.add(format!("{} {}", stringify!($name), $event.0));
                $reply
            }
        }
    };
}

stage!(High, 100, |event, cx| match event.0 {
    1 => Some(1),
    2 => {
        cx.stop_propagation();
        Some(2)
    }
    3 => {
        cx.stop_propagation();
        None
    }
    4 => panic!("high"),
    5 => {
        cx.stop_propagation();
        panic!("stopped and high")
    }
    _ => None,
});
stage!(Half, 0.5, |_event, _cx| None);
stage!(Middle, 0, |event, _cx| (event.0 != 9).then_some(10));
stage!(Beside, 0, |_event, _cx| None);
stage!(Low, -1, |_event, _cx| Some(20));
stage!(Lowest, -1.5, |_event, _cx| Some(30));

async fn tree() -> (System, Log) {
    let system = System::with(Options::new().max_restarts(100));
    let log = Log::default();
    // In no order of priority: the order of registration must not matter.
    system.register(Low(log.clone())).await.unwrap();
    system.register(Middle(log.clone())).await.unwrap();
    system.register(Lowest(log.clone())).await.unwrap();
    let high = High(log.clone());
    let high = system.supervise(move || high.clone());
    high.await.unwrap();
    system.register(Half(log.clone())).await.unwrap();
    system.register(Beside(log.clone())).await.unwrap();
    (system, log)
}

async fn check(number: u32, expected: &[&str]) {
    let (system, log) = tree().await;
    let request = system.fire(Request(number));
    request.completed().await.unwrap();
    let expected: Vec<String> = expected
        .iter()
        .map(|name| format!("{name} {number}"))
        .collect();
    let mut lines = log.take();
    if let Some(equals) = lines.get_mut(2..4) {
        equals.sort();
    }
    assert_eq!(lines, expected);
}

#[tokio::test(start_paused = true)]
async fn stages_run_from_the_highest_to_the_lowest_priority() {
    check(0, &["High", "Half", "Beside", "Middle", "Low", "Lowest"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_waits_for_the_one_before_on_several_threads() {
    let (system, log) = tree().await;
    for number in 10..200 {
        let request = system.fire(Request(number));
        request.completed().await.unwrap();
        let mut lines = log.take();
        lines[2..4].sort();
        let expected = ["High", "Half", "Beside", "Middle", "Low", "Lowest"];
        assert_eq!(lines, expected.map(|name| format!("{name} {number}")));
    }
}

#[tokio::test(start_paused = true)]
async fn stop_propagation_keeps_the_event_from_lower_stages() {
    check(2, &["High"]).await;
    check(3, &["High"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_lets_the_next_stage_go_on_unless_it_was_stopped() {
    check(4, &["High", "Half", "Beside", "Middle", "Low", "Lowest"]).await;
    check(5, &["High"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_gets_the_highest_reply_and_the_others_run_all_the_same() {
    let (system, log) = tree().await;
    let replies = async |number| {
        let reply = system.call(Request(number)).await;
        let end = system.fire(Request(0)).completed().await;
        end.unwrap();
        let lines = log.take();
        let heard = lines
            .iter()
            .filter(|line| line.ends_with(&format!(" {number}")));
        (reply, heard.count())
    };
    assert!(matches!(replies(1).await, (Ok(1), 6)));
    assert!(matches!(replies(2).await, (Ok(2), 1)));
    let (none, heard) = replies(3).await;
    assert!(matches!(none, Err(CallError::NoReply)) && heard == 1);
    assert!(matches!(replies(4).await, (Ok(10), 6)));
    let (crashed, heard) = replies(5).await;
    assert!(matches!(crashed, Err(CallError::Crashed)) && heard == 1);
    assert!(matches!(replies(9).await, (Ok(20), 6)));
}

/// Guards its own handler, and looks back after it.
#[component(channel = "web")]
struct Twice(Log);

#[component]
impl Twice {
    #[handler("request")]
    fn handle(&mut self, event: &Request) -> u32 {
        self.0.add("handle");
        event.0
    }

    #[handler("request", priority = 10)]
    fn guard(&self, event: &Request, cx: &Context<Self>) -> Option<u32> {
        self.0.add("guard");
        (event.0 == 0).then(|| {
            cx.stop_propagation();
            403
        })
    }

    #[handler("request", priority = -10)]
    fn after(&self, _: &Request) -> Option<u32> {
        self.0.add("after");
        None
    }
}

#[tokio::test(start_paused = true)]
async fn one_component_may_stand_in_several_stages() {
    let (system, log) = (System::new(), Log::default());
    let twice = system.register(Twice(log.clone())).await.unwrap();
    assert_eq!(system.call(Request(0)).await.unwrap(), 403);
    assert_eq!(log.take(), ["guard"]);
    assert_eq!(system.to(&twice).call(Request(0)).await.unwrap(), 403);
    assert_eq!(log.take(), ["guard"]);
    for _ in 0..2 {
        let request = system.to(&twice).fire(Request(7));
        request.completed().await.unwrap();
        assert_eq!(log.take(), ["guard", "handle", "after"]);
        assert_eq!(system.call(Request(7)).await.unwrap(), 7);
        system.fire(Request(0)).completed().await.unwrap();
        assert_eq!(log.take(), ["guard", "handle", "after", "guard"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_keep_their_order_through_every_stage() {
    let (system, log) = tree().await;
    for number in 100..600 {
        system.fire(Request(number));
    }
    let last = system.fire(Request(600));
    last.completed().await.unwrap();
    let lines = log.take();
    assert_eq!(lines.len(), 501 * 6);
    for name in ["High", "Half", "Middle", "Beside", "Low", "Lowest"] {
        let heard = lines.iter().filter_map(|line| line.strip_prefix(name));
        let numbers: Vec<u32> = heard
            .filter_map(|number| number.trim().parse().ok())
            .collect();
        assert_eq!(numbers, (100..=600).collect::<Vec<_>>(), "{name}");
    }
}

/// Ends with a stage in its mailbox.
#[component(channel = "web")]
struct Leaver(Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>);

#[derive(Event)]
struct Hold;

#[component]
impl Leaver {
    #[handler("hold")]
    async fn hold(&mut self, _: &Hold) {
        let (begun, goes) = self.0.take().unwrap();
        begun.send(()).unwrap();
        goes.await.unwrap();
    }

    #[handler("request", priority = 50)]
    fn never(&mut self, _: &Request) -> u32 {
        unreachable!("it stops before")
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_stops_does_not_hold_up_later_stages() {
    let (system, log) = tree().await;
    let (begun, begins) = oneshot::channel();
    let (go, goes) = oneshot::channel();
    let leaver = Leaver(Some((begun, goes)));
    let leaver = system.register(leaver).await.unwrap();
    system.to(&leaver).fire(Hold);
    begins.await.unwrap();
    let call = tokio::spawn({
        let system = system.clone();
        async move { system.call(Request(0)).await }
    });
    let all = tokio::spawn({
        let system = system.clone();
        async move { system.call_all(Request(0)).await }
    });
    let mut begun = 0;
    while begun < 2 {
        tokio::task::yield_now().await;
        begun += log.take().len();
    }
    let stop = tokio::spawn({
        let leaver = leaver.clone();
        async move { leaver.stop().await }
    });
    tokio::task::yield_now().await;
    go.send(()).unwrap();
    stop.await.unwrap();
    assert_eq!(call.await.unwrap().unwrap(), 10);
    let all = all.await.unwrap();
    let [Err(CallError::Stopped), Ok(10), Ok(20), Ok(30)] = &all[..] else {
        panic!("{all:?}");
    };
}
