//! Who listens on a channel, in the order of registration.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::core::id::{Channel, ComponentId};
use crate::core::runtime::SeededHash;

/// Names one subscription; they sort in the order of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SubscriptionId(u64);

impl SubscriptionId {
    /// A system would have to make a billion components a second for three
    /// days before the number of one did not fit beside that of a handler.
    pub(crate) fn new(component: ComponentId, handler: u16) -> Self {
        Self((component.number() << u16::BITS) | u64::from(handler))
    }

    pub(crate) fn handler(self) -> u16 {
        (self.0 & u64::from(u16::MAX)) as u16
    }

    /// Returns the id of another handler of the same component.
    pub(crate) fn with_handler(self, handler: u16) -> Self {
        Self((self.0 & !u64::from(u16::MAX)) | u64::from(handler))
    }

    pub(crate) fn rank(self) -> u64 {
        self.0
    }
}

/// Lists by channel; `*` is a channel like others here.
///
/// Most have one channel only. That stands apart from the map: it is found by a
/// comparison of names, without a hash.
pub(crate) struct ByChannel<L> {
    first: Option<(Channel, L)>,
    others: HashMap<Channel, L, SeededHash>,
}

impl<L> ByChannel<L> {
    pub(crate) fn new() -> Self {
        Self {
            first: None,
            others: HashMap::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }

    pub(crate) fn get(&self, channel: &str) -> Option<&L> {
        match &self.first {
            Some((name, list)) if name.as_str() == channel => Some(list),
            _ => self.others.get(channel),
        }
    }

    pub(crate) fn get_mut(&mut self, channel: &str) -> Option<&mut L> {
        match &mut self.first {
            Some((name, list)) if name.as_str() == channel => Some(list),
            _ => self.others.get_mut(channel),
        }
    }

    pub(crate) fn get_or_insert_with(
        &mut self,
        channel: &Channel,
        make: impl FnOnce() -> L,
    ) -> &mut L {
        let is_first = match &self.first {
            Some((name, _)) => name == channel,
            None => !self.others.contains_key(channel),
        };
        if is_first {
            let first = self.first.get_or_insert_with(|| (channel.clone(), make()));
            return &mut first.1;
        }
        self.others.entry(channel.clone()).or_insert_with(make)
    }

    pub(crate) fn remove(&mut self, channel: &str) {
        match &self.first {
            Some((name, _)) if name.as_str() == channel => self.first = None,
            _ => drop(self.others.remove(channel)),
        }
    }

    /// Calls `visit` once with each list of those who hear an event that is fired
    /// on channels; on none, that are those on `*`.
    pub(crate) fn each_heard_on(&self, channels: &[&str], mut visit: impl FnMut(&L)) {
        if channels.contains(&"*") {
            let first = self.first.iter().map(|(_, list)| list);
            first.chain(self.others.values()).for_each(visit);
            return;
        }
        for (at, channel) in channels.iter().enumerate() {
            if !channels[..at].contains(channel) {
                self.get(channel).map(&mut visit);
            }
        }
        self.get("*").map(&mut visit);
    }
}

/// What listens on one channel, by id. One that leaves only marks its place,
/// so that a hundred thousand can leave one by one, in whatever order.
pub(crate) struct Listeners<T> {
    entries: SmallVec<[(SubscriptionId, Option<T>); 1]>,
    left: usize,
}

impl<T> Listeners<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: SmallVec::new(),
            left: 0,
        }
    }

    /// Adds one; returns what had the same id.
    pub(crate) fn add(&mut self, id: SubscriptionId, entry: T) -> Option<T> {
        match self.entries.last() {
            Some((last, _)) if *last >= id => {
                match self.entries.binary_search_by_key(&id, |(id, _)| *id) {
                    Ok(at) => {
                        let former = self.entries[at].1.replace(entry);
                        self.left -= usize::from(former.is_none());
                        return former;
                    }
                    Err(at) => self.entries.insert(at, (id, Some(entry))),
                }
            }
            _ => {
                // A list of a hundred thousand shall not be half empty.
                if self.entries.len() == self.entries.capacity() {
                    self.entries.reserve_exact(1 + self.entries.len() / 8);
                }
                self.entries.push((id, Some(entry)));
            }
        }
        None
    }

    /// Takes one out, if it is there.
    pub(crate) fn remove(&mut self, id: SubscriptionId) -> Option<T> {
        let at = self.entries.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let entry = self.entries[at].1.take()?;
        if at + 1 == self.entries.len() {
            self.entries.pop();
        } else {
            self.left += 1;
        }
        if self.left * 2 > self.entries.len() {
            self.entries.retain(|(_, entry)| entry.is_some());
            self.left = 0;
        }
        if self.entries.spilled() && self.entries.len() * 4 < self.entries.capacity() {
            self.entries.shrink_to_fit();
        }
        Some(entry)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left == self.entries.len()
    }

    pub(crate) fn each(&self, mut visit: impl FnMut(SubscriptionId, &T)) {
        for (id, entry) in &self.entries {
            if let Some(entry) = entry {
                visit(*id, entry);
            }
        }
    }
}
