//! The routes of one type of event that were found last, one for each group of
//! threads: whoever fires on one channel again and again finds it at once.
//!
//! ```text
//! thread ─► place ─► name, version, route     a lock that nobody waits for, and
//!                                             one comparison of names
//! ```
//!
//! A map that is read without a lock still has to keep what is read from being
//! freed meanwhile, to hash, and to probe: several times the cost of this.
//!
//! An event is sent along a route while its place is locked, so that no share of the
//! route has to be counted. What runs meanwhile may be a user's (the drop of an event
//! that nobody takes), so nothing ever waits for a place: who finds one locked goes
//! by the map, and a route that cannot be taken out is out of date by its version.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::core::event::Event;
use crate::core::route::Route;
use crate::core::runtime;

/// So many threads at most fire without getting into each other's way.
const PLACES: usize = 8;

pub(crate) struct Recent<E: Event> {
    places: [Place<E>; PLACES],
    /// One bit for each place that may hold a route.
    used: AtomicU8,
    /// Grows with each change that routes here do not know of.
    version: AtomicU64,
}

/// Apart from its neighbors, which other threads write.
#[repr(align(64))]
struct Place<E: Event>(Mutex<Option<Found<E>>>);

struct Found<E: Event> {
    name: Box<str>,
    ends: Ends,
    version: u64,
    route: Arc<Route<E>>,
}

impl<E: Event> Recent<E> {
    pub(crate) fn new() -> Self {
        Self {
            places: std::array::from_fn(|_| Place(Mutex::new(None))),
            used: AtomicU8::new(0),
            version: AtomicU64::new(0),
        }
    }

    /// Runs `send` with the route of a channel: the one that was found last, else what
    /// `find` does.
    #[inline]
    pub(crate) fn with<T>(
        &self,
        channel: &str,
        find: impl FnOnce() -> Option<Arc<Route<E>>>,
        send: impl FnOnce(Option<&Arc<Route<E>>>) -> T,
    ) -> T {
        let number = runtime::thread_hint() % PLACES;
        if let Some(place) = self.places[number].0.try_lock()
            && let Some(found) = &*place
            && found.is_of(channel)
        {
            let version = found.version;
            if version == self.version() {
                let sent = send(Some(&found.route));
                drop(place);
                // Who changed the routes meanwhile has found the place locked.
                if version != self.version() {
                    self.clear(number);
                }
                return sent;
            }
        }
        send(self.find(number, channel, find).as_ref())
    }

    /// Finds a route by the map, and keeps it at hand.
    #[cold]
    #[inline(never)]
    fn find(
        &self,
        number: usize,
        channel: &str,
        find: impl FnOnce() -> Option<Arc<Route<E>>>,
    ) -> Option<Arc<Route<E>>> {
        let Some(mut place) = self.places[number].0.try_lock() else {
            return find();
        };
        // First, and then the version: a change that does not see the bit comes before
        // the search, and one that does makes what is found out of date.
        self.used.fetch_or(1 << number, Ordering::SeqCst);
        let version = self.version();
        let route = find()?;
        let former = place.replace(Found {
            name: channel.into(),
            ends: Ends::of(channel),
            version,
            route: route.clone(),
        });
        drop(place);
        // The last share of a handler may go with it: not under the lock.
        drop(former);
        if version != self.version() {
            self.clear(number);
        }
        Some(route)
    }

    /// Forgets all of them. Call it when the map of routes has forgotten its own.
    pub(crate) fn forget(&self) {
        let used = self.used.load(Ordering::SeqCst);
        if used == 0 {
            return;
        }
        self.version.fetch_add(1, Ordering::SeqCst);
        for number in 0..PLACES {
            if used & (1 << number) != 0 {
                self.clear(number);
            }
        }
    }

    /// Takes out what is out of date, unless somebody is in the place, who then does.
    #[cold]
    fn clear(&self, number: usize) {
        let Some(mut place) = self.places[number].0.try_lock() else {
            return;
        };
        let version = self.version();
        let former = place.take_if(|found| found.version != version);
        if place.is_none() {
            self.used.fetch_and(!(1 << number), Ordering::SeqCst);
        }
        drop(place);
        drop(former);
    }

    /// Tells whether there is nothing to forget.
    pub(crate) fn is_unused(&self) -> bool {
        self.used.load(Ordering::SeqCst) == 0
    }

    fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }
}

impl<E: Event> Found<E> {
    #[inline(always)]
    fn is_of(&self, channel: &str) -> bool {
        self.ends == Ends::of(channel) && (channel.len() <= 16 || *self.name == *channel)
    }
}

/// The ends of a name, and its length: all of it where it has at most 16 bytes. To
/// compare these is cheaper than to call what compares any bytes.
#[derive(PartialEq, Eq)]
struct Ends(usize, u64, u64);

impl Ends {
    #[inline(always)]
    fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let (first, last) = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (bytes.first_chunk(), bytes.last_chunk(), bytes) {
                (Some(first), Some(last), _) => (
                    u32::from_le_bytes(*first).into(),
                    u32::from_le_bytes(*last).into(),
                ),
                (_, _, [first, .., last]) => {
                    let middle = bytes[bytes.len() / 2];
                    (u64::from(*first) | u64::from(middle) << 8, u64::from(*last))
                }
                (_, _, [only]) => (u64::from(*only), 0),
                (_, _, []) => (0, 0),
            },
        };
        Self(bytes.len(), first, last)
    }
}
