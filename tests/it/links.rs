//! Links: who takes whom along, for how long, and where it ends.

use circuits::component::Declare;
use circuits::event::Down;
use circuits::event::End;
use circuits::prelude::*;
use circuits::{Incarnation, LinkBroken, OnLink, Options, Restart};

use crate::actor::{Actor, run, start, system};
use crate::support::{Log, settle, until, watch, within};

/// Links one actor with another.
async fn link(system: &System, from: &Address<Actor>, to: &Address<Actor>) {
    let to = to.clone();
    let job = run(move |actor, cx| actor.links.push(cx.link(&to)));
    system.to(from).call(job).await.unwrap();
}

fn lives(actors: &[Address<Actor>]) -> Vec<u64> {
    actors.iter().map(Address::life).collect()
}

async fn three(system: &System, log: &Log) -> Vec<Address<Actor>> {
    let mut actors = Vec::new();
    for name in ["a", "b", "c"] {
        actors.push(start(system, log, name, Restart::Permanent).await);
    }
    actors
}

#[tokio::test(start_paused = true)]
async fn a_ring_of_links_fails_once_and_restarts_without_links() {
    let (system, log) = (system(), Log::default());
    let reports = watch(&system).await;
    let actors = three(&system, &log).await;
    for at in 0..3 {
        link(&system, &actors[at], &actors[(at + 1) % 3]).await;
    }
    actors[0].kill();
    settle().await;
    assert_eq!((lives(&actors), system.restarts()), (vec![2, 2, 2], 3));
    let broken = "exception link link true: the linked component `a` was killed";
    assert_eq!(reports.take(), [broken, broken]);
    // The links belonged to the lives that are over.
    actors[1].kill();
    settle().await;
    assert_eq!(lives(&actors), [2, 3, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_links_keeps_the_chain_of_causes() {
    let (system, log) = (system(), Log::default());
    let actors = three(&system, &log).await;
    link(&system, &actors[2], &actors[1]).await;
    link(&system, &actors[0], &actors[1]).await;
    let last = actors[2].incarnation();
    system.to(&actors[0]).fire(run(|_, _| panic!("boom")));
    let End::Failed(error) = within(last.ended()).await.end else {
        panic!("it did not fail");
    };
    let causes = "the linked component `b` failed\n  because the linked component `a` failed\n  \
                  because panicked: boom";
    assert_eq!(format!("{error:?}"), causes);
    assert_eq!(&*error.downcast_ref::<LinkBroken>().unwrap().name, "b");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_link_takes_nobody_along() {
    let (system, log) = (system(), Log::default());
    let actors = three(&system, &log).await;
    link(&system, &actors[0], &actors[1]).await;
    link(&system, &actors[0], &actors[2]).await;
    let cancel = run(|actor, _| actor.links[0].cancel());
    system.to(&actors[0]).call(cancel).await.unwrap();
    actors[1].kill();
    settle().await;
    assert_eq!(lives(&actors), [1, 2, 1]);
    actors[2].kill();
    settle().await;
    assert_eq!(lives(&actors), [2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_end_in_order_takes_nobody_along() {
    let (system, log) = (system(), Log::default());
    let actors = three(&system, &log).await;
    link(&system, &actors[0], &actors[1]).await;
    link(&system, &actors[2], &actors[0]).await;
    actors[1].drain().await;
    system.to(&actors[2]).fire(run(|_, cx| cx.stop()));
    settle().await;
    assert_eq!(lives(&actors), [1, 1, 2]);
    system.stop();
    assert_eq!(within(system.join()).await.unwrap(), 0);
    assert_eq!(system.exceptions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_link_with_who_has_ended_breaks_at_once() {
    let (system, log) = (system(), Log::default());
    let reports = watch(&system).await;
    let actors = three(&system, &log).await;
    let first = actors[2].incarnation();
    actors[1].stop().await;
    actors[2].kill();
    settle().await;
    link(&system, &actors[0], &actors[1]).await;
    settle().await;
    let job = move |first: &Incarnation<Actor>| {
        let first = first.clone();
        run(move |_, cx| drop(cx.link(&first)))
    };
    system.to(&actors[0]).fire(job(&first));
    settle().await;
    assert_eq!(lives(&actors), [3, 1, 2]);
    let broken = |name| {
        format!("exception link link true: the component to be linked, `{name}`, had ended before")
    };
    assert_eq!(reports.take(), [broken("b"), broken("c")]);
    // With itself it is nothing, and with a former life of its own it breaks.
    link(&system, &actors[0], &actors[0]).await;
    assert_eq!(lives(&actors), [3, 1, 2]);
}

/// Links itself when asked to, and wants to be told.
struct Trap(Log);

impl Declare for Trap {
    const OPTIONS: Options = Options::new().channel("trap").on_link(OnLink::Tell);
}

#[derive(Event)]
struct Join(Address<Actor>);

#[component]
impl Trap {
    #[handler("join")]
    fn join(&mut self, event: &Join, cx: &Context<Self>) {
        cx.link(&event.0);
    }

    #[handler("down")]
    fn down(&mut self, event: &Down) {
        self.0
            .add(format_args!("down {}: {}", event.name, event.end));
    }
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_be_told_is_told_of_every_end_and_still_takes_others_along() {
    let (system, log) = (system(), Log::default());
    let actors = three(&system, &log).await;
    let made = log.clone();
    let trap = system.supervise(move || Trap(made.clone())).await.unwrap();
    for actor in &actors {
        system.to(&trap).fire(Join(actor.clone()));
    }
    settle().await;
    actors[0].kill();
    actors[1].stop().await;
    system.to(&trap).fire(Join(actors[1].clone()));
    settle().await;
    let told = [
        "down a: it was killed",
        "down b: it was told to end",
        "down b: it had ended before",
    ];
    assert_eq!(
        (log.take().as_slice(), trap.life()),
        (told.map(String::from).as_slice(), 1)
    );
    trap.kill();
    settle().await;
    assert_eq!(lives(&actors), [2, 1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_meant_for_one_life_never_ends_the_next() {
    let (system, log) = (system(), Log::default());
    let actors = three(&system, &log).await;
    let (a, b) = (&actors[0], &actors[1]);
    for round in 1..=300 {
        link(&system, a, b).await;
        let (first, second) = (a.incarnation(), b.incarnation());
        // Both fail at once; each hears of the other as its next life may begin.
        tokio::join!(
            async {
                first.kill();
            },
            async {
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
                second.kill();
            },
        );
        until(|| !first.is_current() && !second.is_current()).await;
        for actor in [a, b] {
            let life = within(system.to(actor).call(run(|_, _| {}))).await.unwrap();
            assert_eq!(life, round + 1);
        }
    }
    assert_eq!(system.restarts(), 600);
}
