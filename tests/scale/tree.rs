//! The components of a planned tree, and how one gets at them.

use std::sync::Arc;

use circuits::component::Declare;
use circuits::prelude::*;
use circuits::supervisor::{ChildError, ChildSpec, ChildState, Children, Supervisor};
use circuits::{Handle, Options, StartError, Strategy};

use crate::plan::{Alive, Kind, Plan, STRATEGIES};
use crate::random::ON_PURPOSE;

#[derive(Event)]
pub(crate) struct Fail;

#[derive(Event)]
pub(crate) struct Leave;

/// A component that starts its children as planned.
pub(crate) struct Node<const STRATEGY: usize> {
    number: usize,
    plan: Arc<Plan>,
    _alive: Alive,
}

impl<const STRATEGY: usize> Declare for Node<STRATEGY> {
    const OPTIONS: Options = Options::new()
        .channel("node")
        .strategy(STRATEGIES[STRATEGY])
        .unlimited_restarts();
}

#[component]
impl<const STRATEGY: usize> Node<STRATEGY> {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        for child in self.plan.children(Some(self.number)) {
            cx.children().start(spec(&self.plan, *child)).await?;
        }
        Ok(())
    }

    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) {
        panic!("{ON_PURPOSE}");
    }

    #[handler("leave")]
    fn leave(&mut self, _event: &Leave, cx: &Context<Self>) {
        cx.stop();
    }
}

/// Describes a component with all below it.
pub(crate) fn spec(plan: &Arc<Plan>, number: usize) -> ChildSpec {
    match plan.kind(number) {
        Kind::Node(0) => node::<0>(plan, number),
        Kind::Node(1) => node::<1>(plan, number),
        Kind::Node(2) => node::<2>(plan, number),
        Kind::Node(_) => node::<3>(plan, number),
        Kind::Declared(..) => {
            let plan = plan.clone();
            ChildSpec::new(Plan::name(number), move || declared(&plan, number))
        }
    }
}

fn node<const STRATEGY: usize>(plan: &Arc<Plan>, number: usize) -> ChildSpec {
    let plan = plan.clone();
    ChildSpec::new(Plan::name(number), move || Node::<STRATEGY> {
        number,
        plan: plan.clone(),
        _alive: plan.count_value(number),
    })
}

fn declared(plan: &Arc<Plan>, number: usize) -> Supervisor {
    let mut supervisor = Supervisor::new(plan.strategy(Some(number)));
    supervisor = match plan.limit(Some(number)) {
        Some(limit) => supervisor.max_restarts(limit.restarts).within(limit.within),
        None => supervisor.unlimited_restarts(),
    };
    for child in plan.children(Some(number)) {
        supervisor = supervisor.child(spec(plan, *child));
    }
    supervisor
}

/// Starts all of a planned tree.
pub(crate) async fn start(plan: &Arc<Plan>) -> System {
    let system = System::with(Options::new().unlimited_restarts());
    for number in plan.children(None) {
        let started = system.children().start(spec(plan, *number)).await;
        started.unwrap();
    }
    system
}

/// One component of the tree, whatever its type.
pub(crate) trait Member: Send + Sync {
    fn children(&self) -> Children;
    fn kill(&self);
    /// Lets it panic; or kills it where it has no handler that could.
    fn fail(&self, system: &Handle);
    /// Lets it end by itself; or kills it where it has no handler that could.
    fn leave(&self, system: &Handle);
}

impl<const STRATEGY: usize> Member for Address<Node<STRATEGY>> {
    fn children(&self) -> Children {
        Address::children(self)
    }

    fn kill(&self) {
        Address::kill(self);
    }

    fn fail(&self, system: &Handle) {
        drop(system.to(self).fire(Fail));
    }

    fn leave(&self, system: &Handle) {
        drop(system.to(self).fire(Leave));
    }
}

impl Member for Address<Supervisor> {
    fn children(&self) -> Children {
        Address::children(self)
    }

    fn kill(&self) {
        Address::kill(self);
    }

    fn fail(&self, _system: &Handle) {
        Address::kill(self);
    }

    fn leave(&self, _system: &Handle) {
        Address::kill(self);
    }
}

async fn find_among(
    children: &Children,
    plan: &Plan,
    number: usize,
) -> Result<Box<dyn Member>, ChildError> {
    let name = Plan::name(number);
    Ok(match plan.kind(number) {
        Kind::Node(0) => Box::new(children.find::<Node<0>>(&name).await?),
        Kind::Node(1) => Box::new(children.find::<Node<1>>(&name).await?),
        Kind::Node(2) => Box::new(children.find::<Node<2>>(&name).await?),
        Kind::Node(_) => Box::new(children.find::<Node<3>>(&name).await?),
        Kind::Declared(..) => Box::new(children.find::<Supervisor>(&name).await?),
    })
}

/// Finds a component from the root on, and the children that it is one of.
///
/// # Errors
/// Somebody on the way is not there right now.
pub(crate) async fn find(
    system: &Handle,
    plan: &Plan,
    number: usize,
) -> Result<(Children, Box<dyn Member>), ChildError> {
    let mut siblings = system.children();
    for above in plan.path(number) {
        let member = find_among(&siblings, plan, above).await?;
        if above == number {
            return Ok((siblings, member));
        }
        siblings = member.children();
    }
    unreachable!("a path ends with the one whose path it is")
}

/// Terminates a child, and brings it back; where others are at it as well, until
/// somebody has.
pub(crate) async fn replace(siblings: &Children, plan: &Arc<Plan>, number: usize) {
    let name = Plan::name(number);
    if siblings.terminate(&*name).await.is_err() {
        // Its parent has ended, and brings it back.
        return;
    }
    // Killed while it starts, it stays as it was: then it is asked for again.
    // Where its parent has ended meanwhile, the next life of that brings it back.
    while siblings.count().await.is_ok() {
        let is_back = if plan.strategy(plan.parent(number)) == Strategy::Dynamic {
            let started = siblings.start(spec(plan, number)).await;
            matches!(started, Ok(_) | Err(StartError::AlreadyStarted { .. }))
        } else {
            let restarted = siblings.restart(&*name).await;
            matches!(
                restarted,
                Ok(()) | Err(ChildError::Running(_) | ChildError::NotFound(_))
            )
        };
        if is_back {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// One line for each component, parents first and in the order of listing.
///
/// # Errors
/// Somebody is not there right now.
pub(crate) async fn describe(system: &Handle, plan: &Plan) -> Result<Vec<String>, ChildError> {
    let mut lines = Vec::new();
    describe_children(system.children(), plan, 0, &mut lines).await?;
    Ok(lines)
}

async fn describe_children(
    children: Children,
    plan: &Plan,
    depth: usize,
    lines: &mut Vec<String>,
) -> Result<(), ChildError> {
    for child in children.list().await? {
        let mut line = format!("{depth} {} life {}", child.name, child.life);
        if child.state != ChildState::Running {
            line.push_str(&format!(" {:?}", child.state));
        }
        lines.push(line);
        let number = child.name[1..].parse().unwrap();
        // Whoever has no children is not asked: asking makes a supervisor.
        if !plan.children(Some(number)).is_empty() {
            let member = find_among(&children, plan, number).await?;
            Box::pin(describe_children(member.children(), plan, depth + 1, lines)).await?;
        }
    }
    Ok(())
}
