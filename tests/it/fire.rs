//! Firing: when an event leaves, who waits for room, and what is never lost.

use circuits::prelude::*;
use tokio::sync::oneshot;

use crate::log::Log;

#[derive(Event)]
#[event(channel = "small")]
struct Item(u32);

#[derive(Event)]
struct Hold(std::sync::Mutex<Option<oneshot::Receiver<()>>>);

#[component(channel = "small", mailbox = 4)]
struct Small(Log);

#[component]
impl Small {
    #[handler("hold")]
    async fn hold(&mut self, event: &Hold) {
        let receiver = event.0.lock().unwrap().take();
        receiver.unwrap().await.unwrap();
    }

    #[handler("item")]
    fn item(&mut self, event: &Item) {
        self.0.add(event.0.to_string());
    }
}

async fn held() -> (System, Address<Small>, Log, oneshot::Sender<()>) {
    let (system, log) = (System::new(), Log::default());
    let small = system.register(Small(log.clone())).await.unwrap();
    let (go, receiver) = oneshot::channel();
    system.on("small").fire(Hold(Some(receiver).into()));
    tokio::task::yield_now().await;
    (system, small, log, go)
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fire_in_a_statement_leaves_at_its_end_in_order() {
    let (system, small, log, go) = held().await;
    for number in 0..3 {
        system.fire(Item(number));
        assert_eq!(small.waiting(), number as usize + 1);
    }
    let kept = system.fire(Item(4));
    system.fire(Item(3));
    drop(kept);
    go.send(()).unwrap();
    small.drain().await;
    assert_eq!(log.take(), numbers(0..5));
}

#[tokio::test(start_paused = true)]
async fn an_awaited_fire_waits_for_room_and_a_dropped_one_was_sent_all_the_same() {
    let (system, small, log, go) = held().await;
    for number in 0..4 {
        system.fire(Item(number)).await;
    }
    let waiting = tokio::spawn({
        let system = system.clone();
        async move { system.fire(Item(4)).await }
    });
    let dropped = tokio::spawn({
        let system = system.clone();
        async move { system.fire(Item(5)).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished() && small.waiting() == 6);
    dropped.abort();
    go.send(()).unwrap();
    waiting.await.unwrap();
    small.drain().await;
    assert_eq!(log.take(), numbers(0..6));
}

#[tokio::test(start_paused = true)]
async fn a_fire_into_a_stopped_system_is_a_dead_letter() {
    let (system, small, log, go) = held().await;
    go.send(()).unwrap();
    system.stop();
    system.join().await.unwrap();
    let before = system.dead_letters();
    system.fire(Item(1));
    system.fire(Item(2)).await;
    system.to(&small).fire(Item(3)).await;
    assert_eq!(system.dead_letters(), before + 3);
    assert!(log.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_without_a_runtime_fire_each_in_its_order() {
    let (system, log) = (System::new(), Log::default());
    let small = system.register(Small(log.clone())).await.unwrap();
    let threads = (0..4).map(|thread| {
        let system = system.clone();
        std::thread::spawn(move || {
            for number in 0..1_000 {
                system.fire(Item(thread * 1_000 + number));
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
    small.drain().await;
    let lines: Vec<u32> = log
        .take()
        .iter()
        .map(|line| line.parse().unwrap())
        .collect();
    for thread in 0..4 {
        let from = lines.iter().filter(|number| **number / 1_000 == thread);
        let expected = thread * 1_000..(thread + 1) * 1_000;
        assert!(from.copied().eq(expected), "thread {thread}");
    }
}

/// Two of these fire at each other through mailboxes of one place.
#[component(mailbox = 1)]
struct Player {
    other: &'static str,
    left: u32,
    log: Log,
}

#[derive(Event)]
struct Ball(u32);

#[derive(Event)]
#[event(reply = u32)]
struct Look;

#[component]
impl Player {
    /// Fires more than there is room for, and waits each time.
    #[handler("ball")]
    async fn ball(&mut self, event: &Ball, cx: &Context<Self>) {
        self.log.add("ball");
        for _ in 0..event.0.min(self.left) {
            self.left -= 1;
            cx.on(self.other).fire(Ball(2)).await;
        }
    }

    #[handler("look")]
    fn look(&self, _: &Look) -> u32 {
        self.left
    }

    /// Crowds the other, and then needs an answer from its own component.
    #[handler("crowd")]
    async fn crowd(&self, _: &Crowd, cx: &Context<Self>) -> Result<u32, Error> {
        for _ in 0..3 {
            cx.on(self.other).fire(Back);
        }
        Ok(cx.call(Look).await?)
    }

    #[handler("back")]
    async fn back(&mut self, _: &Back, cx: &Context<Self>) {
        // The other does not listen while it waits for room here.
        let outcome = cx.on(self.other).call(Look).await;
        self.log.add(format!("{outcome:?}"));
    }
}

#[derive(Event)]
#[event(reply = u32)]
struct Crowd;

#[derive(Event)]
struct Back;

async fn players() -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    for (name, other) in [("left", "right"), ("right", "left")] {
        let log = log.clone();
        let player = Player {
            other,
            left: 500,
            log,
        };
        let player = system.register(player).channel(name);
        player.await.unwrap();
    }
    (system, log)
}

async fn ring() {
    let (system, log) = players().await;
    let ball = system.on("left").fire(Ball(2));
    let limit = Duration::from_secs(60);
    let done = tokio::time::timeout(limit, ball.completed()).await;
    done.expect("it hangs").unwrap();
    let balls = log.take().len();
    let mut left = 0;
    for name in ["left", "right"] {
        left += system.on(name).call(Look).await.unwrap() as usize;
    }
    assert_eq!(balls, 1 + 1_000 - left);
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test]
async fn a_ring_of_full_mailboxes_goes_on_and_loses_nothing() {
    ring().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_of_full_mailboxes_goes_on_over_threads() {
    for _ in 0..20 {
        ring().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_crowded_a_mailbox_still_gets_its_answers() {
    let (system, log) = players().await;
    let crowd = system.on("left").call(Crowd);
    let reply = crowd.timeout(Duration::from_secs(60)).await;
    assert_eq!(reply.unwrap(), 500);
    system.on("right").call(Look).await.unwrap();
    assert_eq!(log.take(), ["Ok(500)"; 3]);
}
