//! Order over a bridge, and what holds back who is too quick.

use circuits::bridge::Bridge;
use circuits::prelude::*;
use serde::{Deserialize, Serialize};

use super::{News, Pair, Slow};
use crate::support::{until, within};

#[derive(Event, Serialize, Deserialize, Debug)]
struct Other(u32);

#[component(channel = "app")]
struct Both(crate::support::Log);

#[component]
impl Both {
    #[handler("news")]
    fn news(&mut self, event: &News) {
        self.0.add(event.0);
    }

    #[handler("other")]
    fn other(&mut self, event: &Other) {
        self.0.add(event.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn core_110_all_events_of_one_sender_arrive_in_the_order_fired() {
    let pair = Pair::new(
        |it| it.send::<News>().send::<Other>().max_in_flight(7),
        |it| it.receive::<News>().receive::<Other>().on("both"),
    )
    .await;
    let log = pair.log.clone();
    let both = pair.there.supervise(move || Both(log.clone()));
    both.channel("both").await.unwrap();
    let to = pair.here.on("bridge");
    for number in 0..5_000 {
        if number % 3 == 0 {
            to.fire(News(number)).await;
        } else {
            to.fire(Other(number)).await;
        }
    }
    until(|| pair.log.len() == 5_000).await;
    let expected: Vec<String> = (0..5_000).map(|number: u32| number.to_string()).collect();
    assert_eq!(pair.log.take(), expected);
}

#[tokio::test]
async fn events_beyond_the_limit_wait_here_and_go_when_there_is_room() {
    let pair = Pair::new(
        |it| it.send::<Slow>().max_in_flight(4),
        |it| it.receive::<Slow>().on("app"),
    )
    .await;
    let calls = async {
        let to = pair.here.on("bridge");
        let calls: Vec<_> = (0..4)
            .map(|number| Box::pin(to.call(Slow(number))))
            .collect();
        let mut calls = calls.into_iter();
        let (mut one, mut two, mut three) = (
            calls.next().unwrap(),
            calls.next().unwrap(),
            calls.next().unwrap(),
        );
        let mut four = calls.next().unwrap();
        let mut fifth = Box::pin(to.call(Slow(4)));
        let all_wait = tokio::time::timeout(Duration::from_millis(50), async {
            tokio::select! {
                biased;
                _ = &mut one => {}
                _ = &mut two => {}
                _ = &mut three => {}
                _ = &mut four => {}
                _ = &mut fifth => {}
            }
        });
        assert!(all_wait.await.is_err());
        // The fifth has not left: four are in flight.
        assert_eq!(pair.log.len(), 4);
        drop(one);
        until(|| pair.log.len() == 6).await;
        drop(fifth);
    };
    within(calls).await;
    let lines = pair.log.take();
    assert_eq!(lines[4..6], ["unwanted 0", "slow 4"]);
}

#[tokio::test]
async fn a_thousand_calls_overlap() {
    let both = |it: Bridge| it.max_in_flight(1024);
    let pair = Pair::new(
        |it| both(it.send::<Slow>()),
        |it| both(it.receive::<Slow>().on("app")),
    )
    .await;
    let here = &pair.here;
    let calls = (0..1000).map(|number| async move {
        let call = here.on("bridge").call(Slow(number));
        call.timeout(Duration::from_millis(500)).await
    });
    let mut running: Vec<_> = calls.map(Box::pin).collect();
    let all = std::future::poll_fn(|task| {
        running.retain_mut(|call| call.as_mut().poll(task).is_pending());
        if running.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    });
    within(all).await;
    until(|| pair.log.len() == 2000).await;
}
