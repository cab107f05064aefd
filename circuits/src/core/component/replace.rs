//! Replacing an event on its way from stage to stage.

use std::fmt;

use crate::core::component::{Component, Context};
use crate::core::event::Event;
use crate::core::reply::Replaced;

/// Why an event was not replaced; the new one is in it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError<E: Event> {
    /// The event that is being handled is of another type.
    #[error("only a `{}` can take the place of the event", E::NAME)]
    OtherType(E),
    /// Nobody gets the event later: no handler of lower priority hears it, and it
    /// asks for no feedback.
    #[error(
        "nobody sees the new `{}`: give its handlers a lower priority",
        E::NAME
    )]
    Unseen(E),
}

impl<E: Event> ReplaceError<E> {
    /// Returns the event that was not taken.
    pub fn into_inner(self) -> E {
        match self {
            Self::OtherType(event) | Self::Unseen(event) => event,
        }
    }
}

impl<E: Event> fmt::Debug for ReplaceError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherType(_) => "OtherType(",
            Self::Unseen(_) => "Unseen(",
        })?;
        let (Self::OtherType(event) | Self::Unseen(event)) = self;
        event.describe(f)?;
        f.write_str(")")
    }
}

impl<C: Component> Context<C> {
    /// Puts another event in the place of the one that is being handled, for the
    /// handlers of lower priority.
    ///
    /// Those of the same priority keep what they have; where several of them
    /// replace the event, the last one counts. `Success`, `Failure` and `Complete`
    /// tell of the last version, and so does a dead letter of a later stage. It is
    /// the same event otherwise: its channel, its caller, its cause stay.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::prelude::*;
    ///
    /// #[derive(Event)]
    /// struct Line(String);
    ///
    /// #[component]
    /// struct Trim;
    ///
    /// #[component]
    /// impl Trim {
    ///     #[handler("line", priority = 10)]
    ///     fn trim(&self, event: &Line, cx: &Context<Self>) {
    ///         // Where nobody hears it after this, there is nothing to do.
    ///         let _ = cx.replace(Line(event.0.trim().to_owned()));
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// The event is of another type, or nobody gets it after this handler.
    pub fn replace<E: Event>(&self, event: E) -> Result<(), ReplaceError<E>> {
        let Some(track) = self.track() else {
            return Err(ReplaceError::Unseen(event));
        };
        let mut place = Some(event);
        let replaced = track.replace(&mut place);
        match place {
            None => Ok(()),
            Some(event) if replaced == Replaced::OtherType => Err(ReplaceError::OtherType(event)),
            Some(event) => Err(ReplaceError::Unseen(event)),
        }
    }
}
