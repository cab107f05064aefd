//! How an event waits in a mailbox: by value, or behind one pointer.

use std::sync::Arc;

use crate::core::event::Event;

/// Events of at most this many bytes wait in the mailbox by value.
pub const INLINE_LIMIT: usize = 48;

/// The place of one event in a message.
pub trait Slot<E>: Send + Sync + Sized + 'static {
    /// Takes an event that only one receiver gets.
    fn owned(event: E) -> Self;
    /// Takes a share of an event that several receivers get.
    fn shared(event: Arc<E>) -> Self;
    /// Borrows the event.
    fn get(&self) -> &E;
    /// Turns the place into a share of the event.
    fn into_shared(self) -> Arc<E>;
    /// Tells whether to drop the place does nothing; may be `false` where it does not.
    fn is_spent(&self) -> bool {
        false
    }
}

/// Keeps an event by value where it has one receiver: nothing is allocated.
#[derive(Debug)]
pub enum Inline<E> {
    /// The only receiver's.
    Owned(E),
    /// One of several receivers'.
    Shared(Arc<E>),
}

#[diagnostic::do_not_recommend]
impl<E: Event> Slot<E> for Inline<E> {
    fn owned(event: E) -> Self {
        Self::Owned(event)
    }

    fn shared(event: Arc<E>) -> Self {
        Self::Shared(event)
    }

    fn get(&self) -> &E {
        match self {
            Self::Owned(event) => event,
            Self::Shared(event) => event,
        }
    }

    fn into_shared(self) -> Arc<E> {
        match self {
            Self::Owned(event) => Arc::new(event),
            Self::Shared(event) => event,
        }
    }

    fn is_spent(&self) -> bool {
        matches!(self, Self::Owned(_)) && const { !std::mem::needs_drop::<E>() }
    }
}

/// Keeps an event behind a pointer, so that a large one does not fatten the
/// mailbox of every receiver: one allocation for each event.
#[derive(Debug)]
pub struct Boxed<E>(Arc<E>);

#[diagnostic::do_not_recommend]
impl<E: Event> Slot<E> for Boxed<E> {
    fn owned(event: E) -> Self {
        Self(Arc::new(event))
    }

    fn shared(event: Arc<E>) -> Self {
        Self(event)
    }

    fn get(&self) -> &E {
        &self.0
    }

    fn into_shared(self) -> Arc<E> {
        self.0
    }
}

/// Chooses the slot by size: `Fits<true>` is [`Inline`], `Fits<false>` is [`Boxed`].
#[derive(Debug)]
pub struct Fits<const INLINE: bool>;

/// The choice that [`Fits`] makes.
pub trait Fit<E> {
    /// The chosen slot.
    type Slot: Slot<E>;
}

impl<E: Event> Fit<E> for Fits<true> {
    type Slot = Inline<E>;
}

impl<E: Event> Fit<E> for Fits<false> {
    type Slot = Boxed<E>;
}
