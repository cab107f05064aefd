//! Failures on demand.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::component::{Component, Handle, HandlerId};
use crate::testing::CrashError;
use crate::{Address, CallError, Error, Event};

/// Makes a component fail, as if a handler of its own had returned
/// [`Error::fatal`]; returns once it has.
///
/// The failure waits its turn in the mailbox behind what is there already, and
/// has a life to itself: nothing that was fired is lost with it. Whatever a
/// component says about errors, this ends its life, and all that follows is as
/// ever: an `exception` is fired, the mailbox is kept, the supervisor restarts or
/// gives up. That comes after this has returned:
/// [`settle`](crate::testing::settle()), or expect
/// [`Started`](crate::event::Started).
///
/// Other components do not hear of it, except that a handler of `"*"` on all
/// channels gets an event `crash`; a probe leaves it out. To cut a handler off at
/// an await, use [`Address::kill`].
///
/// # Examples
///
/// ```
/// use circuits::event::Started;
/// use circuits::prelude::*;
/// use circuits::testing::{Probe, crash};
///
/// #[component(channel = "store")]
/// struct Store;
///
/// #[component]
/// impl Store {}
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let store = system.supervise(|| Store).await?;
/// let probe = Probe::on(&system, "store").await?;
/// crash(&system, &store, Error::new("the disk is full")).await?;
/// let started = probe.expect::<Started>().within(Duration::from_secs(1)).await?;
/// assert_eq!(started.life, 2);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The component has stopped, is of another system, refuses events because its
/// mailbox is full, or takes no more handlers.
///
/// # Cancel safety
/// Dropped once it was polled, the component may fail all the same. A handler of
/// the component itself must not await this: its failure would wait for that
/// handler.
pub async fn crash<C: Component>(
    system: &Handle,
    address: &Address<C>,
    error: impl Into<Error>,
) -> Result<(), CrashError> {
    if address.is_gone() {
        return Err(CrashError::Unreached(CallError::Stopped));
    }
    let due = Arc::new(Mutex::new(Some(error.into())));
    // A channel of its own, so that no handler of anybody's gets the event.
    let channel = format!("crash {}", address.id());
    let fail = |_: &mut C, crash: &Crash, _: &_| match crash.take() {
        Some(error) => Err(Error::fatal(error)),
        // The component handles a failed event again, or two tests crash it at once.
        None => Ok(None),
    };
    let id = address
        .add_handler_on(&channel, 0.0, fail)
        .map_err(CrashError::Handler)?;
    let _added = Added { address, id };
    let answer = system.on(&channel).call(Crash(due.clone())).await;
    match answer {
        Err(error) if Crash(due).take().is_some() => Err(CrashError::Unreached(error)),
        _ => Ok(()),
    }
}

/// Tells a component to fail with the error in it, once.
#[derive(Event)]
#[event(crate = crate)]
pub(super) struct Crash(Arc<Mutex<Option<Error>>>);

impl Crash {
    fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crash")
    }
}

/// Removes the handler, also where the caller is dropped.
struct Added<'a, C: Component> {
    address: &'a Address<C>,
    id: HandlerId,
}

impl<C: Component> Drop for Added<'_, C> {
    fn drop(&mut self) {
        self.address.remove_handler(self.id);
    }
}
