//! A component that does what it is asked to in its own handlers, and writes
//! down what it is told: for tests of what a context can do.

use std::sync::Arc;

use circuits::event::{Down, Restarted};
use circuits::prelude::*;
use circuits::{Link, Monitor, Options, Restart};
use tokio::sync::Semaphore;

use crate::support::Log;

type Job = Box<dyn Fn(&mut Actor, &Context<Actor>) + Send + Sync>;

/// Asks an actor to run a closure; the reply is the number of its life.
#[derive(Event)]
#[event(reply = u64)]
pub(crate) struct Run(Job);

pub(crate) fn run(job: impl Fn(&mut Actor, &Context<Actor>) + Send + Sync + 'static) -> Run {
    Run(Box::new(job))
}

/// Keeps an actor busy until there is a permit.
#[derive(Event)]
pub(crate) struct Hold(pub(crate) Arc<Semaphore>);

/// Is written down, with the number of the life that hears it.
#[derive(Event, Clone)]
pub(crate) struct Note(pub(crate) u32);

#[component(channel = "actor")]
pub(crate) struct Actor {
    pub(crate) log: Log,
    pub(crate) monitors: Vec<Monitor>,
    pub(crate) links: Vec<Link>,
}

#[component]
impl Actor {
    #[handler("run")]
    fn run(&mut self, event: &Run, cx: &Context<Self>) -> u64 {
        (event.0)(self, cx);
        cx.life()
    }

    #[handler("hold")]
    async fn hold(&mut self, event: &Hold) -> circuits::Result {
        event.0.acquire().await?.forget();
        Ok(())
    }

    #[handler("note")]
    fn note(&mut self, event: &Note, cx: &Context<Self>) {
        let (name, life) = (cx.name(), cx.life());
        self.log.add(format_args!("{name} {life} note {}", event.0));
    }

    #[handler("down")]
    fn down(&mut self, event: &Down, cx: &Context<Self>) {
        let Down {
            name, life, end, ..
        } = event;
        let (own, number) = (cx.name(), cx.life());
        self.log
            .add(format_args!("{own} {number} down {name} {life}: {end}"));
    }

    #[handler("restarted")]
    fn restarted(&mut self, event: &Restarted, cx: &Context<Self>) {
        let Restarted { name, life, .. } = event;
        let (own, number) = (cx.name(), cx.life());
        self.log
            .add(format_args!("{own} {number} restarted {name} {life}"));
    }
}

pub(crate) fn actor(log: &Log) -> Actor {
    Actor {
        log: log.clone(),
        monitors: Vec::new(),
        links: Vec::new(),
    }
}

/// A system that allows any number of restarts.
pub(crate) fn system() -> System {
    System::with(Options::new().unlimited_restarts())
}

/// Starts an actor at the root, under a name.
pub(crate) async fn start(
    system: &System,
    log: &Log,
    name: &str,
    restart: Restart,
) -> Address<Actor> {
    let log = log.clone();
    let actor = system.supervise(move || actor(&log)).named(name);
    actor.restart(restart).await.unwrap()
}
