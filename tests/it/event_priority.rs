//! Priorities of events: what goes first in a receiver's next batch.

use circuits::prelude::*;
use tokio::sync::oneshot;

use crate::log::Log;

#[derive(Event)]
struct Plain(u32);

#[derive(Event)]
#[event(priority = 5)]
struct Urgent(u32);

/// Keeps its receiver busy, so that what is fired meanwhile makes one batch.
#[derive(Event)]
struct Busy(std::sync::Mutex<Option<oneshot::Receiver<()>>>);

#[component(channel = "desk")]
struct Desk(Log);

#[component]
impl Desk {
    #[handler("busy")]
    async fn busy(&mut self, event: &Busy) {
        let receiver = event.0.lock().unwrap().take();
        receiver.unwrap().await.unwrap();
    }

    #[handler("plain")]
    fn plain(&mut self, event: &Plain) {
        self.0.add(format!("plain {}", event.0));
    }

    #[handler("urgent")]
    fn urgent(&self, event: &Urgent) {
        self.0.add(format!("urgent {}", event.0));
    }
}

struct Bench {
    system: System,
    desk: Address<Desk>,
    log: Log,
    go: oneshot::Sender<()>,
}

async fn bench() -> Bench {
    let (system, log) = (System::new(), Log::default());
    let desk = system.register(Desk(log.clone())).await.unwrap();
    let (go, receiver) = oneshot::channel();
    system.on("desk").fire(Busy(Some(receiver).into()));
    tokio::task::yield_now().await;
    Bench {
        system,
        desk,
        log,
        go,
    }
}

impl Bench {
    async fn lines(self) -> Vec<String> {
        self.go.send(()).unwrap();
        self.desk.drain().await;
        self.log.take()
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_batch_is_put_in_order_as_a_short_one() {
    let bench = bench().await;
    let desk = bench.system.on("desk");
    // As many as the mailbox holds, in an order that jumps about.
    let events: Vec<(i32, u32)> = (0..60).map(|at| (at * 37 % 11 - 5, at as u32)).collect();
    for (priority, number) in &events {
        desk.priority(*priority).fire(Plain(*number));
    }
    let mut sorted = events;
    sorted.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
    let expected: Vec<_> = sorted.iter().map(|it| format!("plain {}", it.1)).collect();
    assert_eq!(bench.lines().await, expected);
}

#[tokio::test(start_paused = true)]
async fn higher_priorities_go_first_and_equals_keep_their_order() {
    let bench = bench().await;
    let desk = bench.system.on("desk");
    desk.fire(Plain(1));
    desk.priority(-1).fire(Plain(2));
    desk.priority(10).fire(Plain(3));
    desk.fire(Plain(4));
    desk.priority(10).fire(Plain(5));
    desk.priority(-1).fire(Plain(6));
    let expected = [3, 5, 1, 4, 2, 6].map(|number| format!("plain {number}"));
    assert_eq!(bench.lines().await, expected);
}

#[tokio::test(start_paused = true)]
async fn the_senders_priority_goes_before_that_of_the_type() {
    let bench = bench().await;
    let (system, desk) = (&bench.system, &bench.desk);
    system.on("desk").fire(Plain(1));
    system.on("desk").priority(0).fire(Urgent(2));
    system.on("desk").fire(Urgent(3));
    system.to(desk).priority(6).fire(Plain(4));
    system.to(desk).fire(Urgent(5));
    let call = system.on("desk").priority(7).call(Plain(6));
    let mut call = std::pin::pin!(call);
    let first_poll =
        std::future::poll_fn(|task| std::task::Poll::Ready(call.as_mut().poll(task).is_pending()));
    assert!(first_poll.await);
    let expected = [
        "plain 6", "plain 4", "urgent 3", "urgent 5", "plain 1", "urgent 2",
    ];
    assert_eq!(bench.lines().await, expected);
}
