//! Random failures in a random tree: at the end it is what the model says.

use std::sync::Arc;

use circuits::System;
use circuits::prelude::Duration;
use tokio::runtime::Handle as Runtime;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::model::Model;
use crate::plan::Plan;
use crate::random::{Random, scaled};
use crate::tree::{Member, describe, find, replace, start};

const COMPONENTS: usize = 1000;

/// What happens to a component.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Kill,
    Panic,
    Leave,
    /// It is terminated by a question to its supervisor, and brought back.
    Replace,
}

impl Blow {
    fn draw(random: &mut Random) -> Self {
        random.pick(&[
            Self::Kill,
            Self::Kill,
            Self::Kill,
            Self::Panic,
            Self::Panic,
            Self::Panic,
            Self::Leave,
            Self::Replace,
        ])
    }

    /// Strikes a component; a replacement is to be done by who calls.
    fn strike(self, system: &System, member: &dyn Member) {
        match self {
            Self::Kill => member.kill(),
            Self::Panic => member.fail(system),
            Self::Leave => member.leave(system),
            Self::Replace => {}
        }
    }
}

/// Lets everything run until nothing can go on.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

/// Nothing runs that is not in the tree, and at the end nothing at all.
async fn check_and_stop(plan: &Plan, system: &System) {
    assert_eq!(plan.miscounted(1), [], "values");
    let runtime = Runtime::current().metrics();
    assert_eq!(runtime.num_alive_tasks(), plan.tasks(), "tasks");
    system.stop();
    system.join().await.unwrap();
    assert_eq!(plan.miscounted(0), [], "values after the end");
}

/// Strikes one after the other, and compares the whole tree with the model.
async fn one_by_one(seed: u64, blows: usize, gives_up: bool) {
    let mut random = Random::new(seed);
    let plan = Plan::draw(&mut random, COMPONENTS, gives_up);
    let system = start(&plan).await;
    let mut model = Model::new(&plan);
    for blow_number in 0..blows {
        let number = random.below(COMPONENTS);
        let blow = Blow::draw(&mut random);
        let (siblings, member) = find(&system, &plan, number).await.unwrap();
        if let Blow::Replace = blow {
            replace(&siblings, &plan, number).await;
            model.replace(number);
        } else {
            blow.strike(&system, &*member);
            model.fail(number, Instant::now());
        }
        settle().await;
        let what = || format!("blow {blow_number}, {blow:?} of n{number}");
        assert_eq!(system.restarts(), model.restarts, "{}", what());
        if blow_number % 1000 == 999 || blow_number + 1 == blows {
            let tree = describe(&system, &plan).await.unwrap();
            assert_eq!(tree, model.describe(), "{}", what());
        }
    }
    assert_eq!(model.gave_up > 0, gives_up);
    println!(
        "{} restarts, gave up {} times",
        model.restarts, model.gave_up
    );
    check_and_stop(&plan, &system).await;
}

#[tokio::test(start_paused = true)]
async fn failures_one_by_one_leave_the_tree_and_the_lives_that_the_model_says() {
    one_by_one(1, scaled(50_000, 2_000), false).await;
}

#[tokio::test(start_paused = true)]
async fn levels_that_give_up_are_restarted_by_those_above_as_the_model_says() {
    one_by_one(2, scaled(50_000, 1_000), true).await;
}

/// Drops the lives, and sorts what stands in no order.
fn shape(mut lines: Vec<String>) -> Vec<String> {
    for line in &mut lines {
        if let Some(at) = line.find(" life ") {
            let rest = line[at + 6..]
                .trim_start_matches(char::is_numeric)
                .to_owned();
            line.truncate(at);
            line.push_str(&rest);
        }
    }
    lines.sort();
    lines
}

#[tokio::test(start_paused = true)]
async fn failures_that_cross_leave_the_tree_as_it_was() {
    let mut random = Random::new(3);
    let plan = Plan::draw(&mut random, COMPONENTS, true);
    let system = start(&plan).await;
    let expected = shape(Model::new(&plan).describe());
    let mut left = scaled(100_000, 1_500);
    while left > 0 {
        let number = 1 + random.below(16).min(left - 1);
        left -= number;
        let mut struck = Vec::new();
        for _ in 0..number {
            let number = random.below(COMPONENTS);
            let found = find(&system, &plan, number).await.unwrap();
            struck.push((Blow::draw(&mut random), number, found));
        }
        let mut replaced = JoinSet::new();
        for (blow, number, (siblings, member)) in struck {
            if let Blow::Replace = blow {
                let plan = plan.clone();
                replaced.spawn(async move { replace(&siblings, &plan, number).await });
            } else {
                blow.strike(&system, &*member);
            }
            if random.percent(30) {
                tokio::task::yield_now().await;
            }
        }
        replaced.join_all().await;
        settle().await;
    }
    assert_eq!(shape(describe(&system, &plan).await.unwrap()), expected);
    check_and_stop(&plan, &system).await;
}

/// Strikes again and again, whoever can be found.
async fn strike_on(system: System, plan: Arc<Plan>, mut random: Random, blows: usize) {
    for _ in 0..blows {
        let number = random.below(plan.len());
        // Who is not there is down already.
        if let Ok((siblings, member)) = find(&system, &plan, number).await {
            match Blow::draw(&mut random) {
                Blow::Replace => replace(&siblings, &plan, number).await,
                blow => blow.strike(&system, &*member),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_from_all_threads_leave_the_tree_as_it_was() {
    let mut random = Random::new(4);
    let plan = Plan::draw(&mut random, 300, true);
    let system = start(&plan).await;
    let expected = shape(Model::new(&plan).describe());
    let mut strikers = JoinSet::new();
    for _ in 0..4 {
        let blows = scaled(5_000, 500);
        strikers.spawn(strike_on(
            system.clone(),
            plan.clone(),
            random.split(),
            blows,
        ));
    }
    let bound = Duration::from_secs(60);
    timeout(bound, strikers.join_all())
        .await
        .expect("the strikers end");
    let healed = timeout(bound, async {
        while describe(&system, &plan).await.map(shape).ok().as_ref() != Some(&expected)
            || !plan.miscounted(1).is_empty()
            || Runtime::current().metrics().num_alive_tasks() != plan.tasks()
        {
            tokio::task::yield_now().await;
        }
    });
    if healed.await.is_err() {
        assert_eq!(shape(describe(&system, &plan).await.unwrap()), expected);
    }
    check_and_stop(&plan, &system).await;
}
