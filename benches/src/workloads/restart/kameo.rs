//! On kameo: a child of a supervisor.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::message::{Context, Message};

use crate::peers::Kameo;
use crate::workloads::restart::{PANIC, Restart};

struct Supervisor;

impl Actor for Supervisor {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(supervisor: Self, _this: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(supervisor)
    }
}

pub(crate) struct Child {
    failures: u64,
}

impl Actor for Child {
    /// Counts the lives.
    type Args = Arc<AtomicU64>;
    type Error = Infallible;

    async fn on_start(lives: Self::Args, _this: ActorRef<Self>) -> Result<Self, Infallible> {
        let failures = lives.fetch_add(1, Ordering::Relaxed);
        Ok(Self { failures })
    }
}

struct Fail;

impl Message<Fail> for Child {
    type Reply = ();

    async fn handle(&mut self, _message: Fail, _cx: &mut Context<Self, ()>) {
        panic!("{PANIC}");
    }
}

struct Failures;

impl Message<Failures> for Child {
    type Reply = u64;

    async fn handle(&mut self, _message: Failures, _cx: &mut Context<Self, u64>) -> u64 {
        self.failures
    }
}

impl Restart for Kameo {
    /// The supervisor lives as long as it is held.
    type Child = (ActorRef<Child>, Box<dyn std::any::Any + Send + Sync>);

    async fn child(&self) -> Self::Child {
        let supervisor = Supervisor::spawn(Supervisor);
        let child = Child::supervise(&supervisor, Arc::default())
            .restart_limit(u32::MAX, Duration::from_secs(1))
            .spawn()
            .await;
        (child, Box::new(supervisor))
    }

    async fn fail(&self, (child, _supervisor): &Self::Child) -> u64 {
        child.tell(Fail).await.expect("the actor is there");
        loop {
            match child.ask(Failures).await {
                Ok(failures) => return failures,
                // It came while the child was between two lives.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}
