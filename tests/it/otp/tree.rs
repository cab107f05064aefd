//! Declared trees of scripted children, below a plain `Supervisor`.

use circuits::prelude::*;
use circuits::supervisor::{Child as Listed, ChildSpec, ChildState, Children, Supervisor};
use circuits::{Options, Restart};

use super::{Do, Script, Step, World, child};

/// A supervisor with scripted children, at the root of a system.
pub(super) struct Tree {
    pub(super) world: World,
    pub(super) system: System,
    pub(super) boss: Address<Supervisor>,
    pub(super) children: Children,
}

impl Tree {
    /// Starts a supervisor with these children; the trace of that is taken. The
    /// supervisor is temporary, so that it is gone once it has given up.
    pub(super) async fn start(
        world: &World,
        empty: impl Fn() -> Supervisor + Send + Sync + 'static,
        scripts: impl Into<Vec<Script>>,
    ) -> Self {
        let (world, trace) = (world.clone(), world.trace.clone());
        let system = world.system_with(Options::new().max_restarts(0)).await;
        let scripts = scripts.into();
        let make = move || {
            let specs = scripts.iter().map(|script| script.spec(&trace));
            specs.fold(empty(), Supervisor::child)
        };
        let boss = system.supervise(make).restart(Restart::Temporary);
        let boss = boss.await.unwrap();
        let children = boss.children();
        drop(world.trace.take());
        Self {
            world,
            system,
            boss,
            children,
        }
    }

    /// Tells a child to do a step, and does not wait for it.
    pub(super) fn tell(&self, name: &str, step: Step) {
        self.system.on(name).fire(Do(step));
    }

    pub(super) fn spec(&self, script: &Script) -> ChildSpec {
        script.spec(&self.world.trace)
    }

    /// Lists name, state and life of each child.
    pub(super) async fn list(&self) -> Vec<(String, ChildState, u64)> {
        let line = |child: Listed| (child.name.to_string(), child.state, child.life);
        let list = self.children.list().await.unwrap();
        list.into_iter().map(line).collect()
    }

    /// How far a child is.
    pub(super) async fn state(&self, name: &str) -> Option<ChildState> {
        let list = self.list().await;
        list.into_iter()
            .find(|(listed, ..)| listed == name)
            .map(|(_, state, _)| state)
    }

    /// Waits until the supervisor has ended; its children stopped before.
    pub(super) async fn gone(&self) {
        self.world.until("it is gone", || self.boss.is_gone()).await;
    }
}

/// Children that only have names.
pub(super) fn called<const N: usize>(names: [&str; N]) -> [Script; N] {
    names.map(child)
}
