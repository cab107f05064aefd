//! Who still has to finish with an event, as far as a deadlock needs to know.

use crate::core::reply::{Blocker, Run};

/// The components that still have to finish; kept for callers that can deadlock.
pub(super) enum Parties {
    None,
    One(u32, Blocker),
    Many(Vec<(u32, Blocker)>),
}

impl Parties {
    pub(super) fn add(&mut self, place: u32, party: Blocker) {
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::One(place, party),
            Self::One(first, other) => Self::Many(vec![(first, other), (place, party)]),
            Self::Many(mut list) => {
                list.push((place, party));
                Self::Many(list)
            }
        };
    }

    pub(super) fn remove(&mut self, place: u32) {
        match self {
            Self::One(at, _) if *at == place => *self = Self::None,
            Self::Many(list) => list.retain(|(at, _)| *at != place),
            _ => {}
        }
    }

    /// Notes that a reader has the event now.
    pub(super) fn begin(&mut self, place: u32, run: Run) {
        match self {
            Self::One(at, blocker) if *at == place => blocker.run = run,
            Self::Many(list) => {
                for (_, blocker) in list.iter_mut().filter(|(at, _)| *at == place) {
                    blocker.run = run;
                }
            }
            _ => {}
        }
    }
}
