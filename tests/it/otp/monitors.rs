//! S94 to S102: monitors, links, names that are free in time, single lives.

use std::sync::Arc;

use circuits::component::Declare;
use circuits::event::{Down, End, Restarted, Started};
use circuits::prelude::*;
use circuits::{Backoff, CallError, Incarnation, LinkBroken, Monitor, OnLink, Options, Restart};
use tokio::sync::Semaphore;

use super::{Trace, World, cases};

cases!(
    s94_one_down_comes_after_the_last_message,
    s95_who_has_ended_is_down_at_once,
    s96_a_restart_is_told_by_address_and_the_end_of_a_life_by_incarnation,
    s97_a_down_that_waits_is_not_delivered_after_a_cancel,
    s98_each_of_two_handles_has_a_down_of_its_own,
    s99_a_linked_component_fails_too_unless_it_wants_to_be_told,
    s101_a_name_is_free_before_its_down_is_delivered,
    s102_an_address_reaches_the_new_life_and_an_incarnation_none,
);

type Job = Box<dyn Fn(&mut Actor, &Context<Actor>) -> circuits::Result + Send + Sync>;

/// Asks an actor to do something; its reply is the number of its life.
#[derive(Event)]
#[event(reply = u64)]
struct Run(Job);

fn run(job: impl Fn(&mut Actor, &Context<Actor>) + Send + Sync + 'static) -> Run {
    Run(Box::new(move |actor, cx| {
        job(actor, cx);
        Ok(())
    }))
}

#[derive(Event)]
struct Note(u32);

/// Keeps an actor busy until there is a permit.
#[derive(Event)]
struct Hold(Arc<Semaphore>);

/// Does what it is asked to, and writes down what it is told.
#[component(channel = "actor")]
struct Actor {
    name: &'static str,
    trace: Trace,
    monitors: Vec<Monitor>,
}

#[component]
impl Actor {
    #[handler("started")]
    fn started(&mut self, event: &Started) {
        self.trace.add(self.name, event.life, "started");
    }

    #[handler("run")]
    fn run(&mut self, event: &Run, cx: &Context<Self>) -> circuits::Result<u64> {
        (event.0)(self, cx)?;
        Ok(cx.life())
    }

    #[handler("note")]
    fn note(&mut self, event: &Note, cx: &Context<Self>) {
        let what = format_args!("hears {}", event.0);
        self.trace.add(self.name, cx.life(), what);
    }

    #[handler("hold")]
    async fn hold(&mut self, event: &Hold) -> circuits::Result {
        event.0.acquire().await?.forget();
        Ok(())
    }

    #[handler("down")]
    fn down(&mut self, event: &Down, cx: &Context<Self>) {
        let Down {
            name, life, end, ..
        } = event;
        let what = format_args!("down {name} {life}: {end}");
        self.trace.add(self.name, cx.life(), what);
    }

    #[handler("restarted")]
    fn restarted(&mut self, event: &Restarted, cx: &Context<Self>) {
        let Restarted {
            name, life, end, ..
        } = event;
        let what = format_args!("restarted {name} {life}: {end}");
        self.trace.add(self.name, cx.life(), what);
    }
}

fn factory(world: &World, name: &'static str) -> impl Fn() -> Actor + Send + Sync + 'static {
    let trace = world.trace.clone();
    move || Actor {
        name,
        trace: trace.clone(),
        monitors: Vec::new(),
    }
}

async fn actor(
    world: &World,
    system: &System,
    name: &'static str,
    restart: Restart,
) -> Address<Actor> {
    let actor = system.supervise(factory(world, name)).named(name);
    let actor = actor.restart(restart).await.unwrap();
    world
        .until("it has started", || {
            world.trace.has(&format!("{name} 1 started"))
        })
        .await;
    actor
}

/// Makes one actor monitor another.
async fn monitors(system: &System, watcher: &Address<Actor>, watched: &Address<Actor>) {
    let watched = watched.clone();
    let monitor = run(move |actor, cx| actor.monitors.push(cx.monitor(&watched)));
    system.to(watcher).call(monitor).await.unwrap();
}

async fn monitors_life(system: &System, watcher: &Address<Actor>, watched: Incarnation<Actor>) {
    let monitor = run(move |actor, cx| actor.monitors.push(cx.monitor(&watched)));
    system.to(watcher).call(monitor).await.unwrap();
}

/// The ways to end, each with what is told of it.
const ENDS: [(&str, &str); 5] = [
    ("leave", "it ended by itself"),
    ("fail", "fatal"),
    ("panic", "panicked: boom"),
    ("kill", "it was killed"),
    ("stop", "it was told to end"),
];

fn end(how: &'static str, cx: &Context<Actor>) -> circuits::Result {
    match how {
        "leave" => cx.stop(),
        "fail" => return Err(Error::fatal(Error::new("fatal"))),
        "panic" => panic!("boom"),
        "kill" => cx.address().kill(),
        _ => {
            let address = cx.address();
            // Dropped in time, it asks all the same.
            cx.spawn(async move { address.stop().await });
        }
    }
    Ok(())
}

async fn s94_one_down_comes_after_the_last_message(world: World) {
    for (how, reason) in ENDS {
        let system = world.system().await;
        let m = actor(&world, &system, "m", Restart::Permanent).await;
        let a = actor(&world, &system, "a", Restart::Temporary).await;
        monitors(&system, &m, &a).await;
        let m = m.clone();
        let last_words = move |_: &mut Actor, cx: &Context<Actor>| {
            for note in 1..=2 {
                cx.to(&m).fire(Note(note));
            }
            end(how, cx)
        };
        system.to(&a).fire(Run(Box::new(last_words)));
        a.ended().await;
        let down = format!("m 1 down a 1: {reason}");
        let expected = [
            "m 1 started",
            "a 1 started",
            "m 1 hears 1",
            "m 1 hears 2",
            &down,
        ];
        world.expect(&expected).await;
        world.reports.take();
    }
}

async fn s95_who_has_ended_is_down_at_once(world: World) {
    let system = world.system().await;
    let m = actor(&world, &system, "m", Restart::Permanent).await;
    let a = actor(&world, &system, "a", Restart::Permanent).await;
    let first = a.incarnation();
    first.kill();
    world
        .until("it is back", || world.trace.has("a 2 started"))
        .await;
    let before = world.trace.elapsed();
    monitors_life(&system, &m, first).await;
    let second = a.incarnation();
    a.stop().await;
    monitors(&system, &m, &a).await;
    monitors_life(&system, &m, second).await;
    let gone = "it had ended before";
    let downs = [1, 2, 2].map(|life| format!("m 1 down a {life}: {gone}"));
    let [first, second, third] = downs.each_ref().map(String::as_str);
    let started = ["m 1 started", "a 1 started", "a 2 started"];
    let entries = world
        .expect(&[started.as_slice(), &[first, second, third]].concat())
        .await;
    assert!(!world.is_paused() || entries[5].at == before);
    assert!(matches!(a.ended().await.end, End::Gone));
}

async fn s96_a_restart_is_told_by_address_and_the_end_of_a_life_by_incarnation(world: World) {
    let system = world.system().await;
    let m = actor(&world, &system, "m", Restart::Permanent).await;
    let n = actor(&world, &system, "n", Restart::Permanent).await;
    let a = actor(&world, &system, "a", Restart::Permanent).await;
    monitors(&system, &m, &a).await;
    monitors_life(&system, &n, a.incarnation()).await;
    system.to(&a).fire(run(|_, _| panic!("boom")));
    let started = ["m 1 started", "n 1 started", "a 1 started"];
    let told = [
        "m 1 restarted a 1: panicked: boom",
        "n 1 down a 1: panicked: boom",
        "a 2 started",
    ];
    world.expect_in_any_order(&[started, told].concat()).await;
    a.stop().await;
    world.expect(&["m 1 down a 2: it was told to end"]).await;
    let reports = ["a crashed in run: panicked: boom", "dead run: Crashed"];
    world.expect_reports(&reports).await;
}

async fn s97_a_down_that_waits_is_not_delivered_after_a_cancel(world: World) {
    let system = world.system().await;
    let m = actor(&world, &system, "m", Restart::Permanent).await;
    let a = actor(&world, &system, "a", Restart::Temporary).await;
    monitors(&system, &m, &a).await;
    let permits = Arc::new(Semaphore::new(0));
    system.to(&m).fire(Hold(permits.clone()));
    let cancel = |actor: &mut Actor, _: &Context<Actor>| {
        actor
            .monitors
            .drain(..)
            .for_each(|monitor| monitor.cancel());
    };
    system.to(&m).fire(run(cancel));
    a.stop().await;
    // The cancel and the notice, which is behind it.
    world.until("the notice waits", || m.waiting() == 2).await;
    permits.add_permits(1);
    system.to(&m).call(run(|_, _| {})).await.unwrap();
    world.expect(&["m 1 started", "a 1 started"]).await;
    world.expect_reports(&[]).await;
}

async fn s98_each_of_two_handles_has_a_down_of_its_own(world: World) {
    for cancelled in [false, true] {
        let system = world.system().await;
        let m = actor(&world, &system, "m", Restart::Permanent).await;
        let a = actor(&world, &system, "a", Restart::Temporary).await;
        monitors(&system, &m, &a).await;
        monitors(&system, &m, &a).await;
        if cancelled {
            let cancel = run(|actor, _| actor.monitors[0].cancel());
            system.to(&m).call(cancel).await.unwrap();
        }
        a.kill();
        let expected = [
            "m 1 started",
            "a 1 started",
            "m 1 down a 1: it was killed",
            "m 1 down a 1: it was killed",
        ];
        let expected = &expected[..if cancelled { 3 } else { 4 }];
        world.expect(expected).await;
    }
}

/// Links itself with an actor as it starts, and wants to be told.
struct Trap {
    trace: Trace,
    actor: Address<Actor>,
}

impl Declare for Trap {
    const OPTIONS: Options = Options::new().on_link(OnLink::Tell);
}

#[component]
impl Trap {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.link(&self.actor);
    }

    #[handler("down")]
    fn down(&mut self, event: &Down, cx: &Context<Self>) {
        let Down {
            name, life, end, ..
        } = event;
        let what = format_args!("down {name} {life}: {end}");
        self.trace.add("trap", cx.life(), what);
    }
}

async fn s99_a_linked_component_fails_too_unless_it_wants_to_be_told(world: World) {
    for (how, reason) in ENDS {
        let system = world.system_with(Options::new().max_restarts(9)).await;
        let a = actor(&world, &system, "a", Restart::Temporary).await;
        let b = actor(&world, &system, "b", Restart::Permanent).await;
        let (trace, linked) = (world.trace.clone(), a.clone());
        let trap = Trap {
            trace,
            actor: a.clone(),
        };
        system.register(trap).await.unwrap();
        let link = run(move |_, cx| drop(cx.link(&linked)));
        system.to(&b).call(link).await.unwrap();
        let first = b.incarnation();
        let fail = async {
            system.to(&a).fire(Run(Box::new(move |_, cx| end(how, cx))));
            a.ended().await;
        };
        let down = format!("trap 1 down a 1: {reason}");
        let mut expected = vec!["a 1 started", "b 1 started", &down];
        if matches!(how, "leave" | "stop") {
            fail.await;
            assert_eq!(system.to(&b).call(run(|_, _| {})).await.unwrap(), 1);
        } else {
            let (broken, ()) = tokio::join!(first.ended(), fail);
            let End::Failed(error) = broken.end else {
                panic!("b did not fail");
            };
            let broken: &LinkBroken = error.downcast_ref().unwrap();
            let told = (&*broken.name, broken.end.to_string());
            assert_eq!(told, ("a", reason.to_owned()));
            expected.push("b 2 started");
        }
        world.expect_in_any_order(&expected).await;
        world.reports.take();
    }
}

/// Starts the next one of the same name when one has left.
#[component]
struct Heir(World);

#[component]
impl Heir {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result {
        self.next(cx).await
    }

    #[handler("down")]
    async fn down(&mut self, event: &Down, cx: &Context<Self>) -> circuits::Result {
        self.0.trace.note(format!("{}: {}", event.name, event.end));
        self.next(cx).await
    }
}

impl Heir {
    async fn next(&self, cx: &Context<Self>) -> circuits::Result {
        let system = cx.system();
        let next = system.supervise(factory(&self.0, "a")).named("a");
        let next = next.restart(Restart::Temporary).await?;
        cx.monitor(&next);
        self.0.trace.note("a is monitored");
        Ok(())
    }
}

async fn s101_a_name_is_free_before_its_down_is_delivered(world: World) {
    let system = world.system().await;
    system.register(Heir(world.clone())).await.unwrap();
    let next = ["a 1 started", "a is monitored"];
    world.expect(&next).await;
    for (how, reason) in ENDS {
        system.fire(Run(Box::new(move |_, cx| end(how, cx)))).await;
        let ended = format!("a: {reason}");
        world.expect(&[&ended, next[0], next[1]]).await;
        world.reports.take();
    }
}

async fn s102_an_address_reaches_the_new_life_and_an_incarnation_none(world: World) {
    let system = world.system().await;
    let backoff = Backoff::constant(world.secs(10));
    let a = system
        .supervise(factory(&world, "a"))
        .backoff(backoff)
        .await
        .unwrap();
    let first = a.incarnation();
    let life = || run(|_, _| {});
    assert_eq!(system.to(&first).call(life()).await.unwrap(), 1);
    // One of each waits in the mailbox when the life ends.
    system.to(&a).fire(Hold(Arc::new(Semaphore::new(0))));
    let (handle, address, trace) = (system.handle(), a.clone(), world.trace.clone());
    let by_address = tokio::spawn(async move {
        let life = handle.to(&address).call(run(|_, _| {})).await.unwrap();
        (life, trace.elapsed())
    });
    let (handle, same, trace) = (system.handle(), first.clone(), world.trace.clone());
    let by_life = tokio::spawn(async move {
        let answer = handle.to(&same).call(run(|_, _| {})).await;
        (answer, trace.elapsed())
    });
    world.until("both wait", || a.waiting() == 2).await;
    let killed = world.trace.elapsed();
    first.kill();
    let (answer, at) = by_life.await.unwrap();
    assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
    assert!(at < killed + world.secs(10) && (!world.is_paused() || at == killed));
    // Between the two lives as well as later.
    system.to(&first).fire(Note(1));
    let (life_of_answer, at) = by_address.await.unwrap();
    assert_eq!(life_of_answer, 2);
    assert!(at >= killed + world.secs(10));
    let answer = system.to(&first).call(life()).await;
    assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
    assert_eq!(system.to(&a.incarnation()).call(life()).await.unwrap(), 2);
    world.expect(&["a 1 started", "a 2 started"]).await;
    let reports = [
        "dead hold: Crashed",
        "dead run: Stopped",
        "dead note: Stopped",
    ];
    let reports = [reports.as_slice(), &["dead run: Stopped"]].concat();
    world.expect_reports(&reports).await;
}
