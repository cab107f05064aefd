//! Single lives: what is sent to one is handled by it or by nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use circuits::prelude::*;
use circuits::{Backoff, CallError, Restart};
use tokio::sync::Semaphore;

use crate::actor::{Hold, Note, actor, run, start, system};
use crate::support::{Log, settle, until, watch, within};

#[derive(Event)]
#[event(reply = u64, complete)]
struct Ask;

/// Two handlers of one event, both of which take `&self`.
#[component(channel = "pair")]
struct Pair(Log);

#[component]
impl Pair {
    #[handler("ask", priority = 1)]
    async fn first(&self, _event: &Ask, cx: &Context<Self>) -> Option<u64> {
        self.0.add(format_args!("first {}", cx.life()));
        None
    }

    #[handler("ask")]
    fn second(&self, _event: &Ask, cx: &Context<Self>) -> u64 {
        cx.life()
    }

    #[handler("hold")]
    async fn hold(&mut self, event: &Hold) -> circuits::Result {
        event.0.acquire().await?.forget();
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn stages_readers_and_completion_work_for_one_life_as_for_all() {
    let (system, log) = (system(), Log::default());
    let dead = watch(&system).await;
    let made = log.clone();
    let pair = system.supervise(move || Pair(made.clone())).await.unwrap();
    let first = pair.incarnation();
    assert_eq!(system.to(&first).call(Ask).await.unwrap(), 1);
    system.to(&first).fire(Ask).completed().await.unwrap();
    assert_eq!(log.take(), ["first 1", "first 1"]);
    first.kill();
    settle().await;
    let answer = system.to(&first).call(Ask).await;
    assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
    within(system.to(&first).fire(Ask).completed())
        .await
        .unwrap();
    let answers = system.to(&first).call_all(Ask).await;
    assert!(matches!(answers.as_slice(), [Err(CallError::Stopped)]));
    system.to(&first).fire(Ask).await;
    settle().await;
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(dead.take(), ["dead ask Stopped"; 4]);
    // By a reference to a reference as well, as a loop over a list gives.
    for address in [&pair] {
        assert_eq!(system.to(&address).call(Ask).await.unwrap(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_handle_kills_no_later_life() {
    let (system, log) = (system(), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    let first = a.incarnation();
    assert!(first.is_current());
    first.kill();
    settle().await;
    first.kill();
    settle().await;
    assert_eq!((a.life(), first.life(), first.is_current()), (2, 1, false));
    assert_eq!(first.address().id(), a.id());
    let second = a.incarnation();
    a.stop().await;
    assert!(!second.is_current());
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_life_ends_with_it_and_the_rest_waits_on() {
    let (system, log) = (system(), Log::default());
    let dead = watch(&system).await;
    let made = log.clone();
    let a = system.supervise(move || actor(&made)).named("a");
    let backoff = Backoff::constant(Duration::from_secs(60));
    let a = a.backoff(backoff).await.unwrap();
    let first = a.incarnation();
    system.to(&a).fire(Hold(Arc::new(Semaphore::new(0))));
    for note in 0..4 {
        if note % 2 == 0 {
            system.to(&first).fire(Note(note));
        } else {
            system.to(&a).fire(Note(note));
        }
    }
    let taken_back = system.to(&first).fire(Note(4)).cancelable();
    taken_back.cancel();
    settle().await;
    a.kill();
    settle().await;
    // Between two lives: they are gone before the next one begins.
    let gone = [
        "dead hold Crashed",
        "dead note Stopped",
        "dead note Stopped",
    ];
    assert_eq!(dead.take(), gone);
    system.to(&first).fire(Note(5));
    system.to(&a.incarnation()).fire(Note(6));
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(dead.take(), ["dead note Stopped"; 2]);
    assert_eq!(log.take(), ["a 2 note 1", "a 2 note 3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_later_life_ever_answers_however_calls_race_with_its_end() {
    let (system, log) = (system(), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    let (answered, stopped) = (AtomicU64::new(0), AtomicU64::new(0));
    for round in 1..=300 {
        let life = a.incarnation();
        let calls = async {
            for _ in 0..10 {
                match within(system.to(&life).call(run(|_, _| {}))).await {
                    Ok(by) => {
                        assert_eq!(by, round);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(CallError::Stopped | CallError::Crashed) => {
                        stopped.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        };
        let end = async {
            for _ in 0..round % 11 {
                tokio::task::yield_now().await;
            }
            life.kill();
        };
        tokio::join!(calls, end);
        until(|| a.life() == round + 1).await;
    }
    assert_eq!(answered.into_inner() + stopped.into_inner(), 3000);
}
