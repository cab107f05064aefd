//! What supervision shall do, in a few lines: which lives follow which failures.

use std::collections::VecDeque;
use std::sync::Arc;

use circuits::Strategy;
use tokio::time::Instant;

use crate::plan::Plan;

/// A planned tree that is told of one failure after the other, each when what
/// followed the one before is over.
pub(crate) struct Model {
    plan: Arc<Plan>,
    pub(crate) restarts: u64,
    pub(crate) gave_up: u64,
    lives: Vec<u64>,
    /// The last one is the root.
    groups: Vec<Group>,
}

/// The children of one component.
#[derive(Clone, Default)]
struct Group {
    order: Vec<usize>,
    restarts: VecDeque<Instant>,
}

impl Model {
    pub(crate) fn new(plan: &Arc<Plan>) -> Self {
        let mut model = Self {
            plan: plan.clone(),
            restarts: 0,
            gave_up: 0,
            lives: vec![0; plan.len()],
            groups: vec![Group::default(); plan.len() + 1],
        };
        model.start_children(None);
        model
    }

    /// A component has failed.
    pub(crate) fn fail(&mut self, number: usize, now: Instant) {
        let parent = self.plan.parent(number);
        let limit = self.plan.limit(parent);
        let group = self.group(parent);
        if let Some(limit) = limit {
            let over = |then: &Instant| now - *then >= limit.within;
            while group.restarts.front().is_some_and(over) {
                group.restarts.pop_front();
            }
            if group.restarts.len() >= limit.restarts as usize {
                self.gave_up += 1;
                return self.fail(parent.expect("the root has no limit"), now);
            }
            group.restarts.push_back(now);
        }
        let order = group.order.clone();
        let at = order.iter().position(|it| *it == number).unwrap();
        self.restarts += 1;
        match self.plan.strategy(parent) {
            Strategy::OneForAll => self.renew_all(&order),
            Strategy::RestForOne => self.renew_all(&order[at..]),
            _ => self.renew_all(&[number]),
        }
    }

    /// A component was terminated, and brought back.
    pub(crate) fn replace(&mut self, number: usize) {
        let parent = self.plan.parent(number);
        if self.plan.strategy(parent) == Strategy::Dynamic {
            // It was forgotten, and is a new one.
            let order = &mut self.group(parent).order;
            order.retain(|it| *it != number);
            order.push(number);
            self.lives[number] = 0;
        }
        self.renew_all(&[number]);
    }

    /// One line for each component, as `tree::describe` makes them.
    pub(crate) fn describe(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.describe_children(None, 0, &mut lines);
        lines
    }

    fn describe_children(&self, parent: Option<usize>, depth: usize, lines: &mut Vec<String>) {
        let root = self.plan.len();
        for number in &self.groups[parent.unwrap_or(root)].order {
            let name = Plan::name(*number);
            lines.push(format!("{depth} {name} life {}", self.lives[*number]));
            self.describe_children(Some(*number), depth + 1, lines);
        }
    }

    fn renew_all(&mut self, numbers: &[usize]) {
        for number in numbers {
            self.lives[*number] += 1;
            self.start_children(Some(*number));
        }
    }

    /// A life has begun, which starts all children anew.
    fn start_children(&mut self, parent: Option<usize>) {
        let children = self.plan.children(parent).to_vec();
        *self.group(parent) = Group {
            order: children.clone(),
            restarts: VecDeque::new(),
        };
        for child in &children {
            self.lives[*child] = 0;
        }
        self.renew_all(&children);
    }

    fn group(&mut self, parent: Option<usize>) -> &mut Group {
        let root = self.plan.len();
        &mut self.groups[parent.unwrap_or(root)]
    }
}
