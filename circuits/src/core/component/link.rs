//! Links: two components that fail together.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::core::component::watch::{Listener, Watch, WatchId, Watched, ear, enter, withdraw};
use crate::core::component::{Body, Cell, Command, Component, OnLink};
use crate::core::event::{Down, End, Error};
use crate::core::id::ComponentId;
use crate::core::reply::{Party, Stamp};
use crate::core::runtime;

/// Two lives that are linked: where one fails, so does the other.
///
/// Made by [`Context::link`](crate::Context::link). Dropping the handle changes
/// nothing.
///
/// # Examples
///
/// ```
/// # use circuits::Link;
/// # use circuits::prelude::*;
/// # #[derive(Event)]
/// # struct Finished;
/// # #[component]
/// # struct Reader;
/// # #[component]
/// # impl Reader {}
/// #[component]
/// struct Writer {
///     reader: Address<Reader>,
///     link: Option<Link>,
/// }
///
/// #[component]
/// impl Writer {
///     #[handler("started")]
///     fn started(&mut self, cx: &Context<Self>) {
///         self.link = Some(cx.link(&self.reader));
///     }
///
///     #[handler("finished")]
///     fn finished(&mut self, _event: &Finished) {
///         if let Some(link) = self.link.take() {
///             link.cancel(); // from here on each is on its own
///         }
///     }
/// }
/// ```
pub struct Link {
    id: WatchId,
    sides: [Side; 2],
}

struct Side {
    body: Weak<dyn Body>,
    stamp: Arc<Stamp>,
}

impl Link {
    /// Ends the link: neither side hears of the other any more, not even by a
    /// `down` event that waits in its mailbox already.
    pub fn cancel(&self) {
        for side in &self.sides {
            side.stamp.revoke();
            withdraw(&side.body, self.id);
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.id)
    }
}

/// A component failed because one that it is linked with did.
///
/// It is the error in the [`End::Failed`] of the one that was taken along, and in
/// an `exception` event; its source is the error of the one that failed.
///
/// # Examples
///
/// ```
/// use circuits::LinkBroken;
/// use circuits::event::{Down, End};
///
/// fn culprit(down: &Down) -> Option<&str> {
///     let End::Failed(error) = &down.end else {
///         return None;
///     };
///     let broken: &LinkBroken = error.downcast_ref()?;
///     Some(&broken.name)
/// }
/// # let _ = culprit;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LinkBroken {
    /// The other component.
    pub component: ComponentId,
    /// Its name.
    pub name: Arc<str>,
    /// How its life ended.
    pub end: End,
}

impl fmt::Display for LinkBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, end, .. } = self;
        match end {
            End::Killed => write!(f, "the linked component `{name}` was killed"),
            End::Gone => write!(f, "the component to be linked, `{name}`, had ended before"),
            _ => write!(f, "the linked component `{name}` failed"),
        }
    }
}

impl std::error::Error for LinkBroken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.end {
            End::Failed(error) => Some(error.as_dyn()),
            _ => None,
        }
    }
}

/// Links a life of a component with one of another.
pub(crate) fn link<C: Component, D: Component>(
    cell: &Arc<Cell<C>>,
    stamp: Arc<Stamp>,
    other: &Arc<Cell<D>>,
    life: u64,
) -> Link {
    let id = WatchId::new(cell.hub());
    let far = Arc::new(Stamp::of(other.id(), life));
    let (near_ear, far_ear) = (ear(cell, &stamp), ear(other, &far));
    let link = Link {
        id,
        sides: [
            Side {
                body: near_ear.watcher.clone(),
                stamp: stamp.clone(),
            },
            Side {
                body: far_ear.watcher.clone(),
                stamp: far,
            },
        ],
    };
    let is_own = std::ptr::addr_eq(Arc::as_ptr(cell), Arc::as_ptr(other));
    if is_own && stamp.life() == life {
        // Nobody needs to be told of the own end.
        return link;
    }
    // The own side first: the other may end as soon as it is entered there.
    let own: Arc<dyn Body> = cell.clone();
    let listener = Listener::Link(far_ear);
    let life_of = |stamp: &Stamp| Some(stamp.life());
    enter(
        &own,
        id,
        Watch {
            life: life_of(&stamp),
            listener,
        },
    );
    let other: Arc<dyn Body> = other.clone();
    let listener = Listener::Link(near_ear);
    let life = Some(life);
    enter(&other, id, Watch { life, listener });
    link
}

/// Hears of the end of a linked component.
pub(crate) fn hear<C: Component>(cell: &Cell<C>, stamp: &Arc<Stamp>, down: Down) {
    if C::OPTIONS.on_link == OnLink::Tell {
        return cell.hear_down(stamp, down);
    }
    let holds = || !stamp.is_revoked() && cell.is_current(stamp.life());
    if !down.end.is_failure() || !holds() || cell.control().command() == Command::Kill {
        return;
    }
    let error = Error::from(LinkBroken {
        component: down.component,
        name: down.name,
        end: down.end,
    });
    // The error is the user's, and this runs in a supervisor: showing it must not
    // end that.
    let _ = runtime::guard(|| cell.report_failure("link", &error));
    cell.control().end_if(Some(error), holds);
}
