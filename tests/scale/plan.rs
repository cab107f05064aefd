//! What a tree shall be: who is whose child, and how each is supervised.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use circuits::Strategy;
use circuits::prelude::*;

use crate::random::Random;

/// The strategies, by the number that is the parameter of a `Node`.
pub(crate) const STRATEGIES: [Strategy; 4] = [
    Strategy::OneForOne,
    Strategy::OneForAll,
    Strategy::RestForOne,
    Strategy::Dynamic,
];

/// So many levels, without the root.
const DEPTH: usize = 5;

/// A tree on paper; its components are numbered, parents first.
#[derive(Debug)]
pub(crate) struct Plan {
    members: Vec<Member>,
    /// The children of the root.
    top: Vec<usize>,
}

#[derive(Debug)]
struct Member {
    parent: Option<usize>,
    children: Vec<usize>,
    kind: Kind,
    /// How many of its values there are right now.
    alive: Arc<AtomicI64>,
}

/// What a component is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A component that supervises its children with one of [`STRATEGIES`], and
    /// never gives up.
    Node(usize),
    /// A `Supervisor`, which gives up where it has a limit.
    Declared(Strategy, Option<Limit>),
}

/// So many restarts within a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) restarts: u32,
    pub(crate) within: Duration,
}

impl Plan {
    /// Draws a tree of so many components. Where it may, some levels give up.
    pub(crate) fn draw(random: &mut Random, size: usize, gives_up: bool) -> Arc<Self> {
        let mut parents: Vec<Option<usize>> = Vec::new();
        let mut depths: Vec<usize> = Vec::new();
        for number in 0..size {
            let mut parent = None;
            // The first few stand at the root, and so do some others.
            while number >= 5 && parent.is_none() && !random.percent(1) {
                parent = Some(random.below(number)).filter(|it| depths[*it] < DEPTH);
            }
            depths.push(parent.map_or(1, |it| depths[it] + 1));
            parents.push(parent);
        }
        let children_of = |parent: Option<usize>| {
            let numbers = 0..size;
            let theirs = numbers.filter(|number| parents[*number] == parent);
            theirs.collect::<Vec<_>>()
        };
        let member = |number: usize| {
            let children = children_of(Some(number));
            let kind = if !children.is_empty() && random.percent(50) {
                let limit = (gives_up && random.percent(50)).then(|| Limit {
                    restarts: random.below(4) as u32,
                    within: random.pick(&[Duration::from_millis(20), Duration::from_secs(3600)]),
                });
                Kind::Declared(random.pick(&STRATEGIES), limit)
            } else {
                Kind::Node(random.below(STRATEGIES.len()))
            };
            Member {
                parent: parents[number],
                children,
                kind,
                alive: Arc::default(),
            }
        };
        Arc::new(Self {
            members: (0..size).map(member).collect(),
            top: children_of(None),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn kind(&self, number: usize) -> Kind {
        self.members[number].kind
    }

    pub(crate) fn parent(&self, number: usize) -> Option<usize> {
        self.members[number].parent
    }

    /// Returns the children of a component, or of the root, in the order of their start.
    pub(crate) fn children(&self, parent: Option<usize>) -> &[usize] {
        match parent {
            Some(number) => &self.members[number].children,
            None => &self.top,
        }
    }

    /// Returns how a component, or the root, supervises its children.
    pub(crate) fn strategy(&self, parent: Option<usize>) -> Strategy {
        match parent.map(|number| self.kind(number)) {
            Some(Kind::Node(strategy)) => STRATEGIES[strategy],
            Some(Kind::Declared(strategy, _)) => strategy,
            None => Strategy::OneForOne,
        }
    }

    /// Returns when a component, or the root, gives up.
    pub(crate) fn limit(&self, parent: Option<usize>) -> Option<Limit> {
        match parent.map(|number| self.kind(number)) {
            Some(Kind::Declared(_, limit)) => limit,
            Some(Kind::Node(_)) | None => None,
        }
    }

    pub(crate) fn name(number: usize) -> String {
        format!("n{number}")
    }

    /// Returns the numbers from the top of the tree down to a component.
    pub(crate) fn path(&self, number: usize) -> Vec<usize> {
        let mut path = vec![number];
        while let Some(parent) = self.parent(path[path.len() - 1]) {
            path.push(parent);
        }
        path.reverse();
        path
    }

    /// Counts one more value of a component, as long as the token lives.
    pub(crate) fn count_value(&self, number: usize) -> Alive {
        let alive = self.members[number].alive.clone();
        alive.fetch_add(1, Ordering::SeqCst);
        Alive(alive)
    }

    /// Returns the components of which there are more or fewer values than
    /// there should be, with how many there are.
    pub(crate) fn miscounted(&self, expected: i64) -> Vec<(usize, i64)> {
        let members = self.members.iter().enumerate();
        let counted = members.filter(|(_, member)| matches!(member.kind, Kind::Node(_)));
        let counts = counted.map(|(number, member)| (number, member.alive.load(Ordering::SeqCst)));
        counts.filter(|(_, count)| *count != expected).collect()
    }

    /// Returns how many tasks run when all of it does: one a component, and one
    /// for each who has children, the root among them.
    pub(crate) fn tasks(&self) -> usize {
        let parents = self.members.iter().filter(|it| !it.children.is_empty());
        self.len() + parents.count() + 1
    }
}

/// One value of a component.
#[derive(Debug)]
pub(crate) struct Alive(Arc<AtomicI64>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
