//! The counted operations, done by components.

use std::sync::Arc;

use circuits::prelude::*;
use tokio::sync::Notify;

use crate::counts::PAYLOAD;

#[derive(Event, Debug)]
struct Add {
    amount: u64,
}

#[derive(Event, Debug)]
struct AddLater {
    amount: u64,
}

#[derive(Event, Debug)]
struct Look {
    amount: u64,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Double {
    number: u64,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Sum;

#[derive(Event, Debug)]
struct News {
    bytes: [u8; PAYLOAD],
}

#[component(channel = "sink")]
#[derive(Default)]
struct Sink {
    sum: u64,
}

#[component]
impl Sink {
    #[handler("add")]
    fn add(&mut self, event: &Add) {
        self.sum += event.amount;
    }

    #[handler("add_later")]
    async fn add_later(&mut self, event: &AddLater) {
        self.sum += event.amount;
    }

    #[handler("double")]
    fn double(&mut self, event: &Double) -> u64 {
        event.number * 2
    }

    #[handler("news")]
    fn news(&mut self, event: &News) {
        self.sum += u64::from(event.bytes[0]);
    }

    #[handler("sum")]
    fn sum(&mut self, _event: &Sum) -> u64 {
        self.sum
    }
}

#[component(channel = "reader")]
struct Reader;

#[component]
impl Reader {
    #[handler("look")]
    fn look(&self, event: &Look) {
        std::hint::black_box(event.amount);
    }

    #[handler("sum")]
    fn sum(&self, _event: &Sum) -> u64 {
        0
    }
}

/// Fires or calls so many times, from one handler.
#[derive(Event, Debug)]
#[event(reply = u64)]
struct Tell {
    count: u64,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Ask {
    count: u64,
}

#[component(channel = "source")]
struct Source;

#[component]
impl Source {
    #[handler("tell")]
    async fn tell(&mut self, event: &Tell, cx: &Context<Self>) -> u64 {
        for amount in 0..event.count {
            cx.on("sink").fire(Add { amount }).await;
        }
        event.count
    }

    #[handler("ask")]
    async fn ask(&mut self, event: &Ask, cx: &Context<Self>) -> Result<u64, Error> {
        let mut sum = 0;
        for number in 0..event.count {
            sum += cx.on("sink").call(Double { number }).await?;
        }
        Ok(sum)
    }
}

async fn start() -> (System, Address<Sink>) {
    let system = System::new();
    let sink = system.supervise(Sink::default).await;
    (system, sink.expect("the component starts"))
}

async fn check(system: &System, sink: &Address<Sink>, expected: u64) {
    let sum = system.to(sink).call(Sum).await;
    assert_eq!(sum.expect("the component answers"), expected);
}

pub(crate) async fn tell_by_channel(count: u64) {
    let (system, sink) = start().await;
    for amount in 0..count {
        system.on("sink").fire(Add { amount }).await;
    }
    check(&system, &sink, (0..count).sum()).await;
}

pub(crate) async fn tell_by_address(count: u64) {
    let (system, sink) = start().await;
    for amount in 0..count {
        system.to(&sink).fire(Add { amount }).await;
    }
    check(&system, &sink, (0..count).sum()).await;
}

pub(crate) async fn tell_async(count: u64) {
    let (system, sink) = start().await;
    for amount in 0..count {
        system.on("sink").fire(AddLater { amount }).await;
    }
    check(&system, &sink, (0..count).sum()).await;
}

pub(crate) async fn tell_from_a_handler(count: u64) {
    let (system, sink) = start().await;
    system
        .supervise(|| Source)
        .await
        .expect("the source starts");
    let told = system.on("source").call(Tell { count }).await;
    assert_eq!(told.expect("the source answers"), count);
    check(&system, &sink, (0..count).sum()).await;
}

pub(crate) async fn tell_a_reader(count: u64) {
    let system = System::new();
    system
        .supervise(|| Reader)
        .await
        .expect("the reader starts");
    for amount in 0..count {
        system.on("reader").fire(Look { amount }).await;
    }
    let sum = system.on("reader").call(Sum).await;
    assert_eq!(sum.expect("the reader answers"), 0);
}

pub(crate) async fn call_by_channel(count: u64) {
    let (system, _sink) = start().await;
    for number in 0..count {
        let answer = system.on("sink").call(Double { number }).await;
        assert_eq!(answer.expect("the component answers"), number * 2);
    }
}

pub(crate) async fn call_by_address(count: u64) {
    let (system, sink) = start().await;
    for number in 0..count {
        let answer = system.to(&sink).call(Double { number }).await;
        assert_eq!(answer.expect("the component answers"), number * 2);
    }
}

pub(crate) async fn call_from_a_handler(count: u64) {
    let (system, _sink) = start().await;
    system
        .supervise(|| Source)
        .await
        .expect("the source starts");
    let sum = system.on("source").call(Ask { count }).await;
    assert_eq!(
        sum.expect("the source answers"),
        (0..count).sum::<u64>() * 2
    );
}

pub(crate) async fn deliver(receivers: u64, count: u64) {
    let system = System::new();
    let mut sinks = Vec::new();
    for _ in 0..receivers {
        let sink = system.supervise(Sink::default).await;
        sinks.push(sink.expect("the component starts"));
    }
    for _ in 0..count / receivers {
        let bytes = [1; PAYLOAD];
        system.on("sink").fire(News { bytes }).await;
    }
    for sink in &sinks {
        check(&system, sink, count / receivers).await;
    }
}

/// Two that send a number back and forth, until it is 0.
#[component]
#[derive(Default)]
struct Player {
    other: Option<Address<Player>>,
    done: Arc<Notify>,
}

#[derive(Event)]
struct Meet {
    other: Address<Player>,
}

#[derive(Event, Debug)]
struct Ball {
    left: u64,
}

#[component]
impl Player {
    #[handler("meet")]
    fn meet(&mut self, event: &Meet) {
        self.other = Some(event.other.clone());
    }

    #[handler("ball")]
    fn ball(&mut self, event: &Ball, cx: &Context<Self>) {
        match &self.other {
            Some(other) if event.left > 0 => {
                let left = event.left - 1;
                cx.to(other).fire(Ball { left });
            }
            _ => self.done.notify_one(),
        }
    }
}

pub(crate) async fn ping_pong(count: u64) {
    let system = System::new();
    let done = Arc::new(Notify::new());
    let player = async || {
        let done = done.clone();
        let factory = move || Player {
            other: None,
            done: done.clone(),
        };
        let started = system.supervise(factory).await;
        started.expect("the component starts")
    };
    let (one, other) = (player().await, player().await);
    for (player, other) in [(&one, &other), (&other, &one)] {
        let other = other.clone();
        system.to(player).fire(Meet { other }).await;
    }
    system.to(&one).fire(Ball { left: count }).await;
    done.notified().await;
}

pub(crate) async fn start_and_stop(count: u64) {
    let system = System::new();
    for _ in 0..count {
        let sink = system.supervise(Sink::default).await;
        sink.expect("the component starts").unregister().await;
    }
}
