//! Who listens in: taps, and the trace of one firing that they are told from.
//!
//! ```text
//! fire ─► Trace ─► fired ─► begins ─► handled ─► … ─► done
//!           │                 │                       │
//!           └── in the notes of the delivery, over all its handlers
//! ```
//!
//! Nobody listens: then there is no trace, and each firing looks at one flag.

mod activity;
mod counts;
mod firing;
mod handling;
mod taps;
mod trace;
mod turn;

pub use self::activity::{Activity, LastError, Running};
pub(crate) use self::activity::{ActivityLog, Entry};
pub(crate) use self::counts::Counters;
pub use self::counts::EventCount;
pub use self::firing::{Firing, FiringId, Member, Source};
pub use self::handling::{Done, Handled, Handling, Outcome};
pub use self::taps::TapGuard;
pub(crate) use self::taps::{Set, Tapped, Taps};
pub(crate) use self::trace::{Start, Trace, is_spanned};
pub(crate) use self::turn::Turn;

use crate::core::event::{DeadLetter, End, EventRef};

/// Hears everything that is fired in a system, and what becomes of it.
///
/// Hung onto a system by [`Handle::tap`](crate::Handle::tap). All methods have a
/// body that does nothing: write those that you want.
///
/// They are called synchronously, where it happens: on the thread that fires or
/// handles. So a tap must be quick and must not block; what takes time belongs
/// behind a bounded queue of its own. Several threads may call it at once.
///
/// # What is heard
///
/// - All that is fired after the tap was hung up, by whomever, on a channel and by
///   address. The framework's own events are heard as well, also those that nobody
///   handles; of `dead_letter`, which [`Tap::dead`] tells, only what is handled. A
///   `started` that a component hears of itself is a firing with that target.
/// - What a tap fires itself, while it is being called, no tap hears: it would
///   never end. So it is with events that its own calls bring about in place.
///
/// # Order
///
/// - Of one firing: `fired`, then for each handler that begins `begins` and
///   `handled`, then `done`, once. `fired` comes before anybody gets the event, and
///   `done` after the last `handled`. What went nowhere is told by `dead` before
///   `done`, but for a reply that came too late ([`Reason::Late`]).
/// - A firing comes after the `begins` of the handler that fired it, and before its
///   `handled` unless it left the handler.
/// - A caller may have its reply before `handled` is told.
/// - Nothing is said of the order of calls on different threads.
///
/// An event that crashed a component and is handled again by its next life has a
/// `begins` and a `handled` for each try.
///
/// # Panics
///
/// A tap that panics is logged at error level, and hears nothing more. Nobody
/// else notices.
///
/// [`Reason::Late`]: crate::event::Reason::Late
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use circuits::event::EventRef;
/// use circuits::prelude::*;
/// use circuits::tap::{Firing, Tap};
///
/// #[derive(Event, Debug)]
/// struct Tick;
///
/// static UNHEARD: AtomicU64 = AtomicU64::new(0);
///
/// struct Unheard;
///
/// impl Tap for Unheard {
///     fn fired(&self, firing: &Firing, event: EventRef<'_>) {
///         if firing.receivers == 0 && event.is::<Tick>() {
///             UNHEARD.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let system = System::new();
/// let guard = system.tap(Unheard);
/// system.on("nobody").fire(Tick);
/// drop(guard); // nobody listens in any more
/// system.on("nobody").fire(Tick);
/// assert_eq!(UNHEARD.load(Ordering::Relaxed), 1);
/// # }
/// ```
pub trait Tap: Send + Sync + 'static {
    /// An event is fired; nobody has it yet.
    fn fired(&self, firing: &Firing, event: EventRef<'_>) {
        let _ = (firing, event);
    }

    /// A handler begins with it.
    fn begins(&self, firing: &Firing, handling: &Handling) {
        let _ = (firing, handling);
    }

    /// A handler has ended, in whatever way.
    fn handled(&self, firing: &Firing, handling: &Handling, handled: &Handled) {
        let _ = (firing, handling, handled);
    }

    /// All handlers of an event are done with it, or will never get it.
    fn done(&self, firing: &Firing, done: &Done) {
        let _ = (firing, done);
    }

    /// An event, or its copy for one receiver, went nowhere. The firing is known
    /// where somebody listened in when it was fired.
    fn dead(&self, firing: Option<&Firing>, letter: &DeadLetter) {
        let _ = (firing, letter);
    }

    /// A supervisor starts a component again: the life that `component` names
    /// has ended so.
    fn restarts(&self, component: &Member, end: &End) {
        let _ = (component, end);
    }
}

/// Hears nothing: hung up, it keeps the counts going that are read by
/// [`Handle::event_counts`](crate::Handle::event_counts) and
/// [`Address::activity`](crate::Address::activity).
impl Tap for () {}
