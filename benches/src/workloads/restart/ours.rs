//! Ours: a component that may be restarted as often as it fails.

use circuits::Options;
use circuits::prelude::*;

use crate::peers::ByAddress;
use crate::workloads::restart::{PANIC, Restart};

#[derive(Event, Debug)]
struct Fail;

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Failures;

#[component]
#[derive(Default)]
pub(crate) struct Child;

#[component]
impl Child {
    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) {
        panic!("{PANIC}");
    }

    #[handler("failures")]
    fn failures(&mut self, _event: &Failures, cx: &Context<Self>) -> u64 {
        cx.life() - 1
    }
}

/// What fails is reported; without an ear for it, each would be logged.
#[component(channel = "*")]
#[derive(Default)]
struct Ears;

#[component]
impl Ears {
    #[handler("exception")]
    fn exception(&mut self) {}

    #[handler("dead_letter")]
    fn dead_letter(&mut self) {}
}

impl Restart for ByAddress {
    /// A system of its own, which never gives up.
    type Child = (System, Address<Child>);

    async fn child(&self) -> Self::Child {
        let system = System::with(Options::new().unlimited_restarts());
        let started = system.supervise(Ears::default).await;
        started.expect("the ears start");
        let started = system.supervise(Child::default).await;
        (system, started.expect("the component starts"))
    }

    async fn fail(&self, (system, child): &Self::Child) -> u64 {
        system.to(child).fire(Fail).await;
        let failures = system.to(child).call(Failures).await;
        failures.expect("the next life answers")
    }
}
