//! Cancelling an event before it is handled.

use circuits::event::{Complete, Success};
use circuits::prelude::*;
use tokio::sync::oneshot;

use crate::log::Log;

#[derive(Event)]
#[event(success, complete)]
struct Launch(u32);

#[derive(Event)]
struct Hold(std::sync::Mutex<Option<oneshot::Receiver<()>>>);

#[component(channel = "pad")]
struct Pad(Log);

#[component]
impl Pad {
    #[handler("hold")]
    async fn hold(&mut self, event: &Hold) {
        let receiver = event.0.lock().unwrap().take();
        receiver.unwrap().await.unwrap();
    }

    #[handler("launch")]
    fn launch(&mut self, event: &Launch) {
        self.0.add(format!("launch {}", event.0));
    }

    #[handler("launch", priority = -1)]
    fn after(&self, event: &Launch) {
        self.0.add(format!("after {}", event.0));
    }
}

#[component(channel = "pad")]
struct Tower(Log);

#[component]
impl Tower {
    #[handler("launch_success")]
    fn success(&mut self, event: &Success<Launch>) {
        self.0.add(format!("success {}", event.event.0));
    }

    #[handler("launch_complete")]
    fn complete(&mut self, event: &Complete<Launch>) {
        self.0.add(format!("complete {}", event.event.0));
    }
}

async fn held() -> (System, Log, oneshot::Sender<()>) {
    let (system, log) = (System::new(), Log::default());
    system.register(Pad(log.clone())).await.unwrap();
    system.register(Tower(log.clone())).await.unwrap();
    let (go, receiver) = oneshot::channel();
    system.on("pad").fire(Hold(Some(receiver).into()));
    tokio::task::yield_now().await;
    (system, log, go)
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_event_is_skipped_in_silence_and_complete() {
    let (system, log, go) = held().await;
    let cancel = system.on("pad").fire(Launch(1)).cancelable();
    system.on("pad").fire(Launch(2));
    cancel.cancel();
    go.send(()).unwrap();
    let last = system.on("pad").fire(Launch(3));
    last.completed().await.unwrap();
    tokio::task::yield_now().await;
    let mut lines = log.take();
    lines.sort();
    let expected = [
        "after 2",
        "after 3",
        "complete 1",
        "complete 2",
        "complete 3",
        "launch 2",
        "launch 3",
        "success 2",
        "success 3",
    ];
    assert_eq!(lines, expected);
    assert_eq!(system.dead_letters(), 0);
    assert_eq!(system.exceptions(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_cancelled_is_handled_whatever_becomes_of_the_handle() {
    let (system, log, go) = held().await;
    go.send(()).unwrap();
    drop(system.on("pad").fire(Launch(1)).cancelable());
    let late = system.on("pad").fire(Launch(2)).cancelable();
    let last = system.on("pad").fire(Launch(3));
    last.completed().await.unwrap();
    late.cancel();
    let lines = log.take();
    for number in 1..=3 {
        assert!(lines.contains(&format!("launch {number}")));
        assert!(lines.contains(&format!("after {number}")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_cancelled_between_its_stages_goes_no_further() {
    let (system, log) = (System::new(), Log::default());
    let (begun, begins) = oneshot::channel();
    let (go, goes) = oneshot::channel();
    system.register(Pad(log.clone())).await.unwrap();
    system.register(Tower(log.clone())).await.unwrap();
    let guard = Guard(Some((begun, goes)));
    system.register(guard).await.unwrap();
    let cancel = system.on("pad").fire(Launch(1)).cancelable();
    begins.await.unwrap();
    cancel.cancel();
    let complete = system.on("pad").wait::<Complete<Launch>>();
    go.send(()).unwrap();
    assert_eq!(complete.await.unwrap().event.0, 1);
    tokio::task::yield_now().await;
    assert_eq!(log.take(), ["complete 1"]);
}

#[component(channel = "pad")]
struct Guard(Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>);

#[component]
impl Guard {
    #[handler("launch", priority = 1)]
    async fn check(&mut self, _: &Launch) {
        let (begun, goes) = self.0.take().unwrap();
        begun.send(()).unwrap();
        goes.await.unwrap();
    }
}
