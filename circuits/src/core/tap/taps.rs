//! The taps of one system, and the flag that says whether there are any.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, ThreadId};

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::{DeadLetter, End, Error};
use crate::core::runtime;
use crate::core::tap::{Counters, EventCount, Firing, FiringId, Member, Tap};

/// Part of what all components of a system share.
pub(crate) struct Taps {
    /// Whether there is any; all that a firing looks at.
    on: AtomicBool,
    next: AtomicU64,
    set: Mutex<Arc<Set>>,
}

/// The taps of one moment, which hear of a firing from its begin to its end.
pub(crate) struct Set {
    taps: Vec<Arc<Hung>>,
    pub(crate) counters: Arc<Counters>,
}

/// One tap that hangs on a system.
pub(crate) struct Hung {
    tap: Box<dyn Tap>,
    /// Cleared when its guard is dropped, or when it has panicked.
    hears: AtomicBool,
    /// The threads that call it now.
    inside: Mutex<Vec<ThreadId>>,
}

/// Who has taps.
pub(crate) trait Tapped: Send + Sync {
    fn taps(&self) -> &Taps;
}

/// A tap that hangs on a system; it hears nothing more once this is dropped.
///
/// A call that another thread makes in this instant may still come to its end.
#[must_use = "the tap is taken off when this is dropped"]
pub struct TapGuard {
    owner: Weak<dyn Tapped>,
    hung: Arc<Hung>,
}

impl Taps {
    pub(crate) fn new() -> Self {
        let set = Set {
            taps: Vec::new(),
            counters: Arc::default(),
        };
        Self {
            on: AtomicBool::new(false),
            next: AtomicU64::new(1),
            set: Mutex::new(Arc::new(set)),
        }
    }

    #[inline]
    pub(crate) fn are_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(crate) fn hang<T: Tapped + 'static>(owner: &Arc<T>, tap: Box<dyn Tap>) -> TapGuard {
        let hung = Arc::new(Hung {
            tap,
            hears: AtomicBool::new(true),
            inside: Mutex::default(),
        });
        owner.taps().change(|list| list.push(hung.clone()));
        let owner: Arc<dyn Tapped> = owner.clone();
        TapGuard {
            owner: Arc::downgrade(&owner),
            hung,
        }
    }

    pub(crate) fn next_id(&self) -> FiringId {
        FiringId::new(self.next.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn set(&self) -> Arc<Set> {
        self.lock().clone()
    }

    pub(crate) fn event_counts(&self) -> Vec<EventCount> {
        self.set().counters.list()
    }

    /// Tells of an event that went nowhere.
    pub(crate) fn dead(&self, firing: Option<&Firing>, letter: &DeadLetter) {
        let set = self.set();
        let kind = firing.map_or_else(|| letter.event.type_name(), |firing| firing.kind);
        set.counters.of(kind).add_dead();
        set.each(|tap| tap.dead(firing, letter));
    }

    pub(crate) fn restarts(&self, component: &Member, end: &End) {
        self.set().each(|tap| tap.restarts(component, end));
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Hung>>)) {
        let mut set = self.lock();
        let mut taps = set.taps.clone();
        change(&mut taps);
        self.on.store(!taps.is_empty(), Ordering::Relaxed);
        let counters = set.counters.clone();
        let before = std::mem::replace(&mut *set, Arc::new(Set { taps, counters }));
        // The last share of a tap is not dropped under the lock: it is the user's.
        drop(set);
        drop(before);
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Set>> {
        self.set.lock()
    }
}

impl Set {
    pub(crate) fn is_empty(&self) -> bool {
        self.taps.is_empty()
    }

    /// Calls all taps, in the order in which they were hung up.
    pub(crate) fn each(&self, call: impl Fn(&dyn Tap)) {
        for hung in &self.taps {
            hung.call(&call);
        }
    }
}

impl Hung {
    fn call(&self, call: impl Fn(&dyn Tap)) {
        let thread = thread::current().id();
        if !self.hears.load(Ordering::Relaxed) || !self.enter(thread) {
            return;
        }
        let outcome = runtime::guard(|| call(&*self.tap));
        self.inside().retain(|it| *it != thread);
        if let Err(panic) = outcome {
            self.hears.store(false, Ordering::Relaxed);
            let error = Error::from(panic);
            tracing::error!(target: "circuits", "a tap is taken off: {error:?}");
        }
    }

    /// Tells whether this thread does not call it already.
    fn enter(&self, thread: ThreadId) -> bool {
        let mut inside = self.inside();
        let enters = !inside.contains(&thread);
        if enters {
            inside.push(thread);
        }
        enters
    }

    fn inside(&self) -> MutexGuard<'_, Vec<ThreadId>> {
        self.inside.lock()
    }
}

impl Drop for TapGuard {
    fn drop(&mut self) {
        self.hung.hears.store(false, Ordering::Relaxed);
        if let Some(owner) = self.owner.upgrade() {
            owner
                .taps()
                .change(|list| list.retain(|hung| !Arc::ptr_eq(hung, &self.hung)));
        }
    }
}

impl fmt::Debug for TapGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TapGuard")
    }
}
