//! The routes of one type of event that were found last, one for each group of
//! threads: whoever fires on one channel again and again finds it at once.
//!
//! ```text
//! thread ─► place ─► channel, route      a lock that nobody else wants, one
//!                                        comparison of names, one share
//! ```
//!
//! A map that is read without a lock still has to keep what is read from being
//! freed meanwhile, to hash, and to probe: several times the cost of this.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::Event;
use crate::core::id::Channel;
use crate::core::route::Route;
use crate::core::runtime;

/// So many threads at most fire without getting into each other's way.
const PLACES: usize = 8;

pub(crate) struct Recent<E: Event> {
    places: [Place<E>; PLACES],
    /// One bit for each place that may hold a route.
    used: AtomicU8,
}

/// Apart from its neighbors, which other threads write.
#[repr(align(64))]
struct Place<E: Event>(Mutex<Option<Found<E>>>);

struct Found<E: Event> {
    channel: Channel,
    route: Arc<Share<E>>,
}

/// A route with a count of its own: threads that count on one place in memory
/// would wait for each other.
pub(crate) struct Share<E: Event>(pub(crate) Arc<Route<E>>);

impl<E: Event> Recent<E> {
    pub(crate) fn new() -> Self {
        Self {
            places: std::array::from_fn(|_| Place(Mutex::new(None))),
            used: AtomicU8::new(0),
        }
    }

    /// Returns the route of a channel: the one that was found last, else what
    /// `find` does.
    #[inline]
    pub(crate) fn find(
        &self,
        channel: &str,
        find: impl FnOnce() -> Option<Arc<Route<E>>>,
    ) -> Option<Arc<Share<E>>> {
        let number = runtime::thread_hint() % PLACES;
        let Some(mut place) = self.places[number].0.try_lock() else {
            return find().map(|route| Arc::new(Share(route)));
        };
        if let Some(found) = &*place
            && found.channel.as_str() == channel
        {
            return Some(found.route.clone());
        }
        // First: whoever forgets routes from now on waits for this place.
        self.used.fetch_or(1 << number, Ordering::SeqCst);
        let route = Arc::new(Share(find()?));
        let channel = Channel::new(channel).ok()?;
        let found = Found {
            channel,
            route: route.clone(),
        };
        let former = place.replace(found);
        drop(place);
        // The last share of a handler may go with it: not under the lock.
        drop(former);
        Some(route)
    }

    /// Forgets all of them. Call it when the map of routes has forgotten its own.
    pub(crate) fn forget(&self) {
        let used = self.used.load(Ordering::SeqCst);
        if used == 0 {
            return;
        }
        for (number, place) in self.places.iter().enumerate() {
            if used & (1 << number) != 0 {
                let mut place = place.lock();
                let former = place.take();
                // Under the lock, as it is set: unused places are empty.
                self.used.fetch_and(!(1 << number), Ordering::SeqCst);
                drop(place);
                drop(former);
            }
        }
    }

    /// Tells whether there is nothing to forget.
    pub(crate) fn is_unused(&self) -> bool {
        self.used.load(Ordering::SeqCst) == 0
    }
}

impl<E: Event> Place<E> {
    fn lock(&self) -> MutexGuard<'_, Option<Found<E>>> {
        self.0.lock()
    }
}
