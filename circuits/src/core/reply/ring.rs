//! The search for rings among those who wait.
//!
//! ```text
//! A.first ──► B ──► B.second ──► C ──► C.third ──► A      a ring: A.first is told
//!             └───► D (free)                              no ring: D can still answer
//! ```
//!
//! A wait ends when any of its blockers acts; a component acts when none of its
//! handlers' waits is stuck. What is stuck is thus found by elimination: all
//! that can go on are struck out, until nothing more changes.

use std::sync::Arc;

use crate::core::reply::{Blocker, Deadlock, Edge, Party};

/// So many components are looked at; a ring over more is not found.
const REACH: usize = 4096;

/// Looks for a ring that this edge closes; the edge must be published.
///
/// Waits on the ring that can yield are broken off instead, and then there is
/// no deadlock.
pub(crate) fn find_deadlock(party: &Arc<dyn Party>, edge: &Edge) -> Option<Deadlock> {
    if edge.wait.is_free() {
        return None;
    }
    let mut ring = Graph::collect(party, edge).ring()?;
    // The edges were read one after the other, and one may have gone before the
    // next came. A ring that is seen twice was there in between, as a whole.
    loop {
        let again = Graph::collect(party, edge).ring()?;
        let same = ring.len() == again.len();
        if same && ring.iter().zip(&again).all(|(one, two)| one.1.is(&two.1)) {
            break;
        }
        ring = again;
    }
    let path = ring.iter().map(|(party, edge)| step(party, edge)).collect();
    let deadlock = Deadlock::new(path);
    let mut yielding = ring.iter().filter(|(_, edge)| edge.wait.is_yielding());
    let first = yielding.next();
    for (_, edge) in first.into_iter().chain(yielding) {
        edge.wait.break_off(deadlock.clone());
    }
    first.is_none().then_some(deadlock)
}

fn step(party: &Arc<dyn Party>, edge: &Edge) -> String {
    format!("{}.{}", party.label(), edge.handler)
}

struct Graph {
    /// The first is the one who asks, with only the edge that it asks about.
    nodes: Vec<Node>,
    start: Edge,
}

struct Node {
    blocker: Blocker,
    waits: Vec<(Edge, Vec<usize>)>,
    stuck: bool,
}

impl Graph {
    /// Reads all edges that can be reached from one.
    fn collect(party: &Arc<dyn Party>, edge: &Edge) -> Self {
        let blocker = Blocker {
            party: party.clone(),
            run: edge.run,
        };
        let mut graph = Self {
            nodes: vec![Node {
                blocker,
                waits: vec![(edge.clone(), Vec::new())],
                stuck: true,
            }],
            start: edge.clone(),
        };
        let mut at = 0;
        while at < graph.nodes.len() {
            let mut waits = std::mem::take(&mut graph.nodes[at].waits);
            for (edge, blockers) in &mut waits {
                edge.wait
                    .blockers(&mut |blocker| blockers.push(graph.node(blocker)));
            }
            graph.nodes[at].waits = waits;
            at += 1;
        }
        graph
    }

    fn node(&mut self, blocker: Blocker) -> usize {
        let is_it = |node: &Node| {
            node.blocker.party.id() == blocker.party.id() && node.blocker.run == blocker.run
        };
        // The start stands for one wait only, so it is no place to arrive at.
        if let Some(at) = self.nodes.iter().skip(1).position(is_it) {
            return at + 1;
        }
        let edges = if self.nodes.len() < REACH {
            blocker.edges()
        } else {
            Vec::new()
        };
        self.nodes.push(Node {
            blocker,
            stuck: !edges.is_empty(),
            waits: edges.into_iter().map(|edge| (edge, Vec::new())).collect(),
        });
        self.nodes.len() - 1
    }

    /// Returns the waits of the ring through the start, if it can never go on.
    fn ring(mut self) -> Option<Vec<(Arc<dyn Party>, Edge)>> {
        while let Some(free) = self.nodes.iter().position(|node| {
            node.stuck && !node.waits.iter().any(|(_, blockers)| self.holds(blockers))
        }) {
            self.nodes[free].stuck = false;
        }
        if !self.nodes[0].stuck {
            return None;
        }
        let mut seen = vec![false; self.nodes.len()];
        let mut path = Vec::new();
        self.leads_back(0, &mut seen, &mut path).then_some(path)
    }

    fn holds(&self, blockers: &[usize]) -> bool {
        !blockers.is_empty() && blockers.iter().all(|at| self.nodes[*at].stuck)
    }

    /// Follows what is stuck until it waits as the start does.
    fn leads_back(
        &self,
        at: usize,
        seen: &mut [bool],
        path: &mut Vec<(Arc<dyn Party>, Edge)>,
    ) -> bool {
        // A stack of its own, since a ring may be long: the node, and which of
        // its ways were tried.
        let mut trail: Vec<(usize, usize)> = vec![(at, 0)];
        seen[at] = true;
        while let Some((at, tried)) = trail.last_mut() {
            let way = self.ways(*at).nth(*tried);
            *tried += 1;
            let Some((edge, next)) = way else {
                trail.pop();
                path.pop();
                continue;
            };
            let node = &self.nodes[next];
            let back = node.waits.iter().any(|(edge, _)| edge.is(&self.start));
            if back || !seen[next] {
                path.push((self.nodes[*at].blocker.party.clone(), edge.clone()));
                if back {
                    return true;
                }
                seen[next] = true;
                trail.push((next, 0));
            }
        }
        false
    }

    /// The waits of a node that are stuck, with each who could end them.
    fn ways(&self, at: usize) -> impl Iterator<Item = (&Edge, usize)> {
        let waits = self.nodes[at].waits.iter();
        waits
            .filter(|(_, blockers)| self.holds(blockers))
            .flat_map(|(edge, blockers)| blockers.iter().map(move |next| (edge, *next)))
    }
}
