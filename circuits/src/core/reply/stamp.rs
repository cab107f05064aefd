//! What ties an event to one life of a component.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::core::id::ComponentId;

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const REVOKED: u8 = 2;

/// The one life of a component that may handle an event; other components may
/// as they like.
///
/// Timers and notices carry that of the life that asked for them, so that they
/// are void for later ones; it may revoke them. What is sent to one life carries
/// that of its receiver.
#[derive(Debug)]
pub(crate) struct Stamp {
    component: ComponentId,
    life: u64,
    /// Whether somebody sent it to that life, and has to hear that it is over.
    addressed: bool,
    state: AtomicU8,
}

impl Stamp {
    /// Marks what one life asked for.
    pub(crate) fn of(component: ComponentId, life: u64) -> Self {
        Self {
            component,
            life,
            addressed: false,
            state: AtomicU8::new(WAITING),
        }
    }

    /// Marks what is sent to one life.
    pub(crate) fn to(component: ComponentId, life: u64) -> Self {
        Self {
            addressed: true,
            ..Self::of(component, life)
        }
    }

    pub(crate) fn life(&self) -> u64 {
        self.life
    }

    pub(crate) fn is_addressed(&self) -> bool {
        self.addressed
    }

    /// Keeps the component from handling it, unless a handler has begun.
    pub(crate) fn revoke(&self) {
        self.state.store(REVOKED, Ordering::SeqCst);
    }

    /// Tells whether no handler of the component has begun with it.
    pub(crate) fn is_waiting(&self) -> bool {
        self.state.load(Ordering::SeqCst) == WAITING
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.state.load(Ordering::SeqCst) == REVOKED
    }

    /// Tells whether a component may handle it in this life, which begins now.
    pub(crate) fn admits(&self, component: ComponentId, life: u64) -> bool {
        if component != self.component {
            return true;
        }
        let taken = self
            .state
            .compare_exchange(WAITING, TAKEN, Ordering::SeqCst, Ordering::SeqCst);
        life == self.life && taken.unwrap_or_else(|state| state) != REVOKED
    }
}
