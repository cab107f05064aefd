//! Events: what they are called, how they wait, how they travel without a type.

mod any;
mod describe;
mod end;
mod error;
mod exception;
mod feedback;
mod lifecycle;
mod name;
mod named;
mod origin;
mod slot;
mod watch;

use std::fmt;

pub use self::any::{AnyEvent, EventRef};
pub use self::describe::{ByName, Describe};
pub use self::end::End;
pub use self::error::Error;
pub use self::exception::{DeadLetter, Exception, Reason};
pub(crate) use self::feedback::Told;
pub use self::feedback::{Complete, Copier, CopyOf, Failure, Feedback, Success, Uncopied};
pub use self::lifecycle::{
    Crashed, PrepareUnregister, Registered, ShutdownPhase, Signal, Started, Stopped, Unregistered,
};
pub(crate) use self::name::same;
pub use self::name::{NameOf, Nameless, check_name, listed_name};
pub use self::named::{Name, NameError, Named};
pub use self::origin::Origin;
pub(crate) use self::origin::Who;
pub use self::slot::{Boxed, Fit, Fits, INLINE_LIMIT, Inline, Slot};
pub use self::watch::{Down, Restarted};

/// A fact or a request that components fire and handle.
///
/// Written by `#[derive(Event)]`; by hand it takes five lines:
///
/// ```
/// use circuits::event::{Event, Inline};
///
/// struct Hello {
///     name: String,
/// }
///
/// impl Event for Hello {
///     type Reply = String;
///     type Slot = Inline<Self>;
///     const NAME: &'static str = "hello";
/// }
/// assert_eq!(Hello::NAME, "hello");
/// # let _ = Hello { name: String::new() }.name;
/// ```
///
/// An event goes to one receiver by value and to several in one `Arc`, hence
/// `Send + Sync`; it is never cloned.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "write `#[derive(Event)]` above its definition"
)]
pub trait Event: Sized + Send + Sync + 'static {
    /// What a handler may answer; `()` unless `#[event(reply = ..)]` says otherwise.
    type Reply: Send + 'static;

    /// How the event waits in a mailbox: [`Inline`], or [`Boxed`] where it is large.
    type Slot: Slot<Self>;

    /// The name that handlers listen for.
    const NAME: &'static str;

    /// The channel that it is fired on when the sender names none.
    const CHANNEL: Option<&'static str> = None;

    /// Its priority when the sender names none; higher goes first.
    const PRIORITY: i32 = 0;

    /// Which feedback events the framework fires about it.
    const FEEDBACK: Feedback = Feedback::NONE;

    /// Copies a reply for [`Success`], whose receivers and the caller both get it.
    ///
    /// `None` where replies are not cloned: then [`Success`] tells of none.
    const COPY: Option<Copier<Self::Reply>> = None;

    /// Returns the name of this very event, where its type gives none: then
    /// [`Event::NAME`] is `"*"`, and this is never `None`; see [`Named`].
    #[inline]
    fn own_name(&self) -> Option<&Name> {
        None
    }

    /// Writes the event for a log line; its name unless it can say more.
    ///
    /// # Errors
    /// The formatter failed.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)
    }
}
