//! Who hears an event while components come and go: nobody is missed who has
//! started, and nobody is heard of who has left, whatever was fired before.

use circuits::prelude::*;
use circuits::{Address, CallError};

use crate::support::within;

/// Each handler that hears it answers with the number of its component.
#[derive(Event)]
#[event(reply = u64)]
struct Who;

#[derive(Event)]
#[event(reply = u64)]
struct What;

/// The components of one type for each `TYPE`.
#[component(channel = "ears")]
struct Ear<const TYPE: u8>(u64);

#[component]
impl<const TYPE: u8> Ear<TYPE> {
    #[handler("who")]
    fn who(&self, _: &Who) -> u64 {
        self.0
    }

    #[handler("what")]
    fn what(&self, _: &What) -> u64 {
        self.0
    }
}

/// Listens on a channel of its own handler's, and by its type; and without a type.
#[component(channel = "elsewhere")]
struct Odd(u64);

#[component]
impl Odd {
    #[handler("who", channel = "ears")]
    fn apart(&self, _: &Who) -> u64 {
        self.0
    }

    #[handler("who")]
    fn together(&self, _: &Who) -> u64 {
        self.0 + 100
    }

    #[handler("what")]
    fn notice(&self) {}
}

/// Has two handlers of one event.
#[component(channel = "ears")]
struct Twice(u64);

#[component]
impl Twice {
    #[handler("who")]
    fn one(&self, _: &Who) -> u64 {
        self.0
    }

    #[handler("who", priority = 1)]
    fn first(&self, _: &Who) -> u64 {
        self.0 + 200
    }
}

async fn ear<const TYPE: u8>(system: &System, number: u64, channel: &str) -> Address<Ear<TYPE>> {
    let ear = system.register(Ear::<TYPE>(number)).channel(channel);
    within(ear).await.unwrap()
}

/// Returns who answers, in the order of the handlers.
async fn who(system: &System, channel: &str) -> Vec<u64> {
    let answers = within(system.on(channel).call_all(Who)).await;
    answers.into_iter().filter_map(Result::ok).collect()
}

async fn what(system: &System, channel: &str) -> Vec<u64> {
    let answers = within(system.on(channel).call_all(What)).await;
    answers.into_iter().filter_map(Result::ok).collect()
}

#[tokio::test]
async fn handlers_of_one_priority_keep_the_order_of_registration_however_they_listen() {
    let system = System::new();
    let first = ear::<0>(&system, 1, "ears").await;
    system.register(Odd(2)).await.unwrap();
    ear::<1>(&system, 3, "ears").await;
    let deaf = || Ear::<0>(4);
    let deaf = system.supervise(deaf).except(["what"]);
    deaf.await.unwrap();
    let twice = system.register(Twice(5)).await.unwrap();
    let all = ear::<1>(&system, 6, "*").await;
    ear::<0>(&system, 7, "ears").await;
    // It belongs to the component that was registered first.
    let added = first.add_handler_on("ears", 0.0, |_, _: &Who, _| Ok(Some(10)));
    let expected = [205, 1, 10, 2, 3, 4, 5, 6, 7];
    assert_eq!(who(&system, "ears").await, expected);
    assert_eq!(what(&system, "ears").await, [1, 3, 6, 7]);
    assert_eq!(who(&system, "elsewhere").await, [102, 6]);
    let several = system.on_all(&["elsewhere", "ears"]).call_all(Who).await;
    let several: Vec<u64> = several.into_iter().map(Result::unwrap).collect();
    let expected = [205, 1, 10, 2, 102, 3, 4, 5, 6, 7];
    assert_eq!(several, expected);
    assert_eq!(who(&system, "*").await, expected);
    assert_eq!(who(&system, "nobody").await, [6]);

    assert!(first.remove_handler(added.unwrap()));
    twice.unregister().await;
    all.unregister().await;
    assert_eq!(who(&system, "ears").await, [1, 2, 3, 4, 7]);
    assert_eq!(who(&system, "*").await, [1, 2, 102, 3, 4, 7]);
    assert!(who(&system, "nobody").await.is_empty());
}

#[tokio::test]
async fn who_comes_is_heard_on_routes_that_were_there_before_its_type() {
    for (before, after) in [("ears", "ears"), ("*", "ears"), ("ears", "*"), ("*", "*")] {
        let system = System::new();
        let first = ear::<0>(&system, 1, before).await;
        for channel in ["ears", "*", "nobody"] {
            who(&system, channel).await;
        }
        let second = ear::<1>(&system, 2, after).await;
        let third = ear::<1>(&system, 3, after).await;
        assert_eq!(who(&system, "ears").await, [1, 2, 3]);
        assert_eq!(who(&system, "*").await, [1, 2, 3]);
        for last in [second, third] {
            last.unregister().await;
        }
        first.unregister().await;
        assert!(who(&system, "*").await.is_empty());
    }
    let system = System::new();
    // One after the other, none of which is on the channel of the one before.
    for channel in ["a", "b", "a", "*", "c"] {
        let one = ear::<2>(&system, 1, channel).await;
        assert_eq!(who(&system, channel).await, [1]);
        assert_eq!(who(&system, "*").await, [1]);
        let other = ear::<3>(&system, 2, channel).await;
        assert_eq!(who(&system, channel).await, [1, 2]);
        one.unregister().await;
        assert_eq!(who(&system, channel).await, [2]);
        other.unregister().await;
        let nobody = system.on(channel).call(Who).await;
        assert!(matches!(nobody, Err(CallError::NoHandler)), "{nobody:?}");
    }
}

#[tokio::test]
async fn who_comes_to_a_channel_that_only_others_name_is_heard() {
    let system = System::new();
    ear::<0>(&system, 1, "a").await;
    ear::<1>(&system, 2, "b").await;
    for round in 0..3 {
        // The type of the second one is asked for `a` as well.
        assert_eq!(who(&system, "a").await, [1]);
        let third = ear::<1>(&system, 3, "a").await;
        assert_eq!(who(&system, "a").await, [1, 3], "round {round}");
        let fourth = ear::<1>(&system, 4, "a").await;
        assert_eq!(who(&system, "a").await, [1, 3, 4], "round {round}");
        third.unregister().await;
        fourth.unregister().await;
    }
    assert_eq!(who(&system, "b").await, [2]);
}

/// Its children have a supervisor of their own, and so come and go beside others.
#[component]
struct Nest;

#[component]
impl Nest {}

/// Comes and goes again and again, and asks each time who hears: on its channel
/// and on all.
async fn come_and_go<const TYPE: u8>(system: System, channel: &str, task: u64, rounds: u64) {
    let nest = system.register(Nest).await.unwrap();
    let nest = nest.children();
    for round in 0..rounds {
        let number = task * rounds + round;
        let started = nest.register(Ear::<TYPE>(number));
        let started = within(started.channel(channel)).await.unwrap();
        let on = [channel, "*"][usize::from(round % 3 == 0)];
        assert!(who(&system, on).await.contains(&number), "on {on}");
        assert!(what(&system, channel).await.contains(&number), "{channel}");
        within(started.unregister()).await;
        assert!(!who(&system, on).await.contains(&number), "on {on}");
        assert!(!what(&system, channel).await.contains(&number));
    }
}

/// Each of them on one of these channels.
async fn check_races(channels: [&'static str; 4], rounds: u64) {
    let system = System::new();
    let mut tasks = tokio::task::JoinSet::new();
    for (task, channel) in (0..).zip(channels) {
        let system = system.clone();
        // Two are of one type, so that the roster is empty now and then.
        if task % 2 == 0 {
            tasks.spawn(async move { come_and_go::<0>(system, channel, task, rounds).await });
        } else {
            tasks.spawn(async move { come_and_go::<1>(system, channel, task, rounds).await });
        }
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert!(who(&system, "*").await.is_empty());
    for channel in channels {
        let nobody = system.on(channel).call(What).await;
        assert!(matches!(nobody, Err(CallError::NoHandler)), "{nobody:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_has_started_is_heard_and_who_has_left_is_not_whoever_else_comes_and_goes() {
    const ROUNDS: u64 = 100;
    check_races(["a", "a", "a", "a"], ROUNDS).await;
    check_races(["a", "b", "a", "b"], ROUNDS).await;
    check_races(["a", "b", "b", "a"], ROUNDS).await;
    check_races(["a", "b", "c", "d"], ROUNDS).await;
    check_races(["a", "a", "*", "*"], ROUNDS).await;
}
