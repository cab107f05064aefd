//! Sources of events that are attached to a component, and replies that are streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use circuits::component::TimerHandle;
use circuits::prelude::*;
use tokio::sync::mpsc;

use crate::support::{Log, settle, until, watch, within};

#[derive(Event, Debug)]
struct Hello(u32);

#[derive(Event)]
struct Done;

/// Yields this many greetings, and counts those that were taken.
fn count(number: u32, taken: Arc<AtomicU32>) -> impl FnMut() -> Option<Hello> {
    move || {
        let next = taken.load(Ordering::Relaxed);
        (next < number).then(|| Hello(taken.fetch_add(1, Ordering::Relaxed)))
    }
}

#[component(channel = "app", mailbox = 4)]
#[derive(Clone)]
struct App {
    log: Log,
    taken: Arc<AtomicU32>,
    number: u32,
}

#[component]
impl App {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        let mut next = count(self.number, self.taken.clone());
        cx.attach_then(move |_| Poll::Ready(next()), Done);
    }

    #[handler("hello")]
    fn hello(&mut self, event: &Hello) {
        self.log.add(format_args!("hello {}", event.0));
    }

    #[handler("done")]
    fn done(&mut self) {
        self.log.add("done");
    }
}

#[tokio::test(start_paused = true)]
async fn core_049_a_source_fires_what_it_yields_in_order_and_its_end_is_known() {
    let (system, log) = (System::new(), Log::default());
    let app = App {
        log: log.clone(),
        taken: Arc::default(),
        number: 10,
    };
    system.register(app).await.unwrap();
    settle().await;
    let mut expected: Vec<_> = (0..10).map(|number| format!("hello {number}")).collect();
    expected.push("done".to_owned());
    assert_eq!(log.take(), expected);
}

/// Takes nothing until it is told to.
#[component(channel = "slow", mailbox = 4)]
struct Slow(Option<tokio::sync::oneshot::Receiver<()>>, Log);

#[derive(Event)]
struct Block;

#[component]
impl Slow {
    #[handler("block")]
    async fn block(&mut self, _: &Block) {
        self.0.take().unwrap().await.unwrap();
    }

    #[handler("hello", channel = "app")]
    fn hello(&mut self, event: &Hello) {
        self.1.add(event.0);
    }
}

#[tokio::test(start_paused = true)]
async fn core_049_a_source_is_held_back_by_a_full_mailbox() {
    let (system, log) = (System::new(), Log::default());
    let (go, goes) = tokio::sync::oneshot::channel();
    let slow = Slow(Some(goes), log.clone());
    let slow = system.register(slow).await.unwrap();
    system.to(&slow).fire(Block);
    let taken = Arc::new(AtomicU32::new(0));
    let app = App {
        log: Log::default(),
        taken: taken.clone(),
        number: 1000,
    };
    system.register(app).await.unwrap();
    settle().await;
    // Its mailbox of 4, and the one that waits for room.
    assert_eq!(taken.load(Ordering::Relaxed), 5);
    go.send(()).unwrap();
    settle().await;
    let expected: Vec<_> = (0..1000).map(|number: u32| number.to_string()).collect();
    assert_eq!(log.take(), expected);
    assert_eq!(system.dead_letters(), 0);
}

#[derive(Event)]
#[event(reply = bool)]
struct IsRunning;

#[derive(Event)]
struct Cancel;

#[derive(Event)]
struct Crash;

/// Attaches the receiver that it was made with, in its first life.
#[component(channel = "feed")]
struct Feed {
    lines: Option<mpsc::Receiver<u32>>,
    source: Option<TimerHandle>,
    log: Log,
}

#[component]
impl Feed {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        if let Some(mut lines) = self.lines.take() {
            let source = cx.attach(move |task| lines.poll_recv(task).map(|it| it.map(Hello)));
            self.source = Some(source);
        }
    }

    #[handler("hello")]
    fn hello(&mut self, event: &Hello, origin: &circuits::Origin) {
        assert_eq!(origin.sender_name(), Some("feed"));
        assert!(event.0 != 13, "unlucky");
        self.log.add(event.0);
    }

    #[handler]
    fn is_running(&self, _: &IsRunning) -> bool {
        self.source.as_ref().is_some_and(TimerHandle::is_running)
    }

    #[handler]
    fn cancel(&mut self, _: &Cancel) {
        assert!(self.source.as_ref().is_some_and(TimerHandle::cancel));
    }

    #[handler]
    fn crash(&mut self, _: &Crash) {
        panic!("crash");
    }
}

async fn feed() -> (System, Log, mpsc::Sender<u32>) {
    let (system, log) = (System::new(), Log::default());
    let (sender, lines) = mpsc::channel(100);
    let lines = std::sync::Mutex::new(Some(lines));
    let shared = log.clone();
    let feed = system.supervise(move || Feed {
        lines: lines.lock().unwrap().take(),
        source: None,
        log: shared.clone(),
    });
    feed.named("feed").await.unwrap();
    (system, log, sender)
}

#[tokio::test(start_paused = true)]
async fn core_049_a_source_ends_by_itself_or_by_its_handle() {
    let (system, log, sender) = feed().await;
    sender.send(1).await.unwrap();
    settle().await;
    assert!(system.on("feed").call(IsRunning).await.unwrap());
    drop(sender);
    settle().await;
    assert!(!system.on("feed").call(IsRunning).await.unwrap());
    assert_eq!(log.take(), ["1"]);

    let (system, log, sender) = feed().await;
    system.on("feed").fire(Cancel).completed().await.unwrap();
    settle().await;
    assert!(sender.is_closed());
    assert!(!system.on("feed").call(IsRunning).await.unwrap());
    assert_eq!(log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn core_049_a_source_ends_with_its_life_and_what_it_fired_stays() {
    let (system, log, sender) = feed().await;
    for number in [12, 13, 14] {
        sender.try_send(number).unwrap();
    }
    settle().await;
    assert!(sender.is_closed());
    assert_eq!((system.restarts(), system.exceptions()), (1, 1));
    assert_eq!(log.take(), ["12", "14"]);
}

#[component]
struct Bad;

#[component]
impl Bad {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.attach(|_| -> Poll<Option<Hello>> { panic!("no source") });
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_source_ends_the_life() {
    let system = System::new();
    let log = watch(&system).await;
    let bad = system.register(Bad).await.unwrap();
    assert!(within(bad.ended()).await.end.is_failure());
    settle().await;
    let expected = "exception attach attach true: panicked: no source";
    assert_eq!(log.take(), [expected]);
}

/// A source that is always ready, beside a component on the same thread.
#[component(channel = "busy")]
struct Busy;

#[component]
impl Busy {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.attach(|_| Poll::Ready(Some(Done)));
    }

    #[handler("done")]
    fn done(&mut self, _: &Done) {}
}

#[tokio::test]
async fn a_source_that_never_waits_leaves_the_thread_to_others() {
    let system = System::new();
    let busy = system.register(Busy).await.unwrap();
    let (feed, log, sender) = feed().await;
    sender.send(1).await.unwrap();
    until(|| log.len() == 1).await;
    within(busy.stop()).await;
    drop(feed);
}

#[derive(Event)]
#[event(reply = mpsc::Receiver<u32>)]
struct CountTo(u32);

/// Streams its answer while it handles other events.
#[component(channel = "counter")]
struct Counter;

#[component]
impl Counter {
    #[handler]
    fn count_to(&mut self, event: &CountTo, cx: &Context<Self>) -> mpsc::Receiver<u32> {
        // One is waited for at a time: who reads sets the pace.
        let (values, stream) = mpsc::channel(1);
        let end = event.0;
        cx.spawn(async move {
            for number in 1..=end {
                if values.send(number).await.is_err() {
                    return; // nobody reads any more
                }
            }
        });
        stream
    }

    #[handler]
    fn is_running(&self, _: &IsRunning) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn core_070_a_reply_that_is_a_stream_yields_result_by_result() {
    let system = System::new();
    let counter = system.register(Counter).await.unwrap();
    let mut stream = system.on("counter").call(CountTo(9)).await.unwrap();
    assert_eq!(stream.recv().await, Some(1));
    assert!(system.on("counter").call(IsRunning).await.unwrap());
    let mut rest = Vec::new();
    while let Some(number) = stream.recv().await {
        rest.push(number);
    }
    assert_eq!(rest, (2..=9).collect::<Vec<_>>());

    // Endless: it ends with the component.
    let mut endless = system.on("counter").call(CountTo(u32::MAX)).await.unwrap();
    assert_eq!(endless.recv().await, Some(1));
    counter.stop().await;
    within(async { while endless.recv().await.is_some() {} }).await;
}
