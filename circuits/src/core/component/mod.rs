//! Who acts: components, their handlers, and what a handler can do.
//!
//! `#[component]` and `#[handler]` write [`Declare`], [`Component`] and
//! [`Handles`] for a type, and no more than that: the example `by_hand.rs` writes
//! the same with public items alone, each part beside the attribute that stands
//! for it, and needs no feature.

mod accept;
mod added;
mod address;
mod any_address;
mod attach;
mod backoff;
mod base;
mod birth;
mod body;
mod bury;
mod call;
mod cell;
mod child_spec;
mod children;
mod context;
mod crash;
mod direct;
mod enlist;
mod error;
mod exclusive;
mod fire;
mod flow;
mod handle;
mod handler;
mod inbox;
mod incarnation;
mod keyed;
mod life;
mod link;
mod listing;
mod monitor;
mod options;
mod order;
mod own;
mod phase;
mod plain;
mod ran;
mod reach;
mod readers;
mod recipient;
mod replace;
mod report;
mod scope;
mod spec;
mod state;
mod target;
mod timer;
mod turn;
mod unwanted;
mod wait;
mod watch;

use std::future::Future;

pub use self::added::{Added, HandlerError, HandlerId};
pub use self::address::Address;
pub use self::any_address::AnyAddress;
pub use self::backoff::Backoff;
pub use self::base::{Base, StartBase};
pub(crate) use self::body::{Body, Command, Control, Fate};
pub use self::call::{Call, CallAll};
pub(crate) use self::cell::Cell;
pub use self::child_spec::ChildSpec;
pub use self::children::{Child, ChildCount, ChildKind, ChildRef, ChildState, Children};
pub(crate) use self::children::{Question, Terminating, Which};
pub use self::context::{Context, HandlerTimeout};
pub use self::direct::Direct;
pub use self::error::{ChildError, SpecError, StartError};
pub use self::fire::{Cancel, Completed, Fire};
pub use self::handle::Handle;
pub use self::handler::Handler;
pub(crate) use self::inbox::{Attendant, Inbox};
pub use self::incarnation::Incarnation;
pub use self::keyed::Timer;
pub use self::link::{Link, LinkBroken};
pub use self::listing::{HandlerInfo, Handlers};
pub use self::monitor::Monitor;
pub use self::options::{AutoShutdown, OnError, OnLink, OnRestart, Options, Shutdown, Strategy};
pub(crate) use self::order::{Adopted, Birth, Nursery, Order, Serve, discard};
pub(crate) use self::phase::Phases;
pub use self::phase::{Phase, PhaseError};
pub use self::ran::Ran;
pub use self::reach::{Offered, OnChannel, OnChannels, Reach, ToComponent};
pub use self::recipient::Recipient;
pub use self::replace::ReplaceError;
pub(crate) use self::scope::{Errand, Scope, Sender};
pub(crate) use self::spec::Spec;
pub use self::spec::{Register, Restart, Supervise};
pub(crate) use self::state::{Finished, Keep};
pub use self::state::{Owned, Shared, State};
pub use self::target::{Target, Targets};
pub use self::timer::TimerHandle;
pub use self::wait::{Wait, WaitError};

use crate::core::event::{Error, Event};
use crate::core::mailbox::Message;
use crate::core::reply::Envelope;

/// What a component says about itself: written by `#[component(..)]` on the struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no component: its options are missing",
    label = "`#[component]` is missing on the definition of this type",
    note = "write `#[component]` above the struct as well as above its impl block"
)]
pub trait Declare {
    /// Its channel, mailbox and supervision.
    const OPTIONS: Options;

    /// Decides what an error of its handlers does; `None` leaves it to
    /// [`Options::on_error`].
    fn on_error(error: &Error) -> Option<OnError> {
        let _ = error;
        None
    }

    /// Starts the component that this one extends, at the begin of each life,
    /// before any of its handlers; for `extends = field` that is
    /// `Some(self.field.start(cx))`. `None`, unless said.
    ///
    /// Where it does not start, neither does this life.
    fn start_base<'a>(&'a mut self, cx: &'a Context<Self>) -> Option<StartBase<'a>>
    where
        Self: Component,
    {
        let _ = cx;
        None
    }
}

/// A component: state, and the handlers that act on it.
///
/// Written by `#[component]` on the impl block; the example `by_hand.rs` shows
/// every line of it written by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no component: it has no handlers",
    label = "`#[component]` is missing on an impl block of this type",
    note = "write `#[component] impl {Self} {{ .. }}` with its `#[handler]` methods"
)]
pub trait Component: Declare + Sized + Send + 'static {
    /// What its mailbox holds: one variant for each handler.
    type Message: Message + From<Added<Self>>;

    /// How its value is kept: [`Owned`], or [`Shared`] if a handler takes `&self`.
    type State: State<Self>;

    /// The name of the type.
    const NAME: &'static str;

    /// Its handlers; a handler's place in this list is its number.
    const HANDLERS: &'static [Handler<Self>];

    /// Decides what an error of one handler does; `None` leaves it to
    /// [`Declare::on_error`].
    fn on_handler_error(message: &Self::Message, error: &Error) -> Option<OnError> {
        let _ = (message, error);
        None
    }

    /// Runs a handler that is a plain function, if no other handler runs;
    /// [`Ran::Later`] where it is not, and [`Component::exclusive`] or
    /// [`Component::shared`] has to run it.
    ///
    /// Each arm asks [`Context::begin`] first, or [`Context::begin_beside`] for
    /// `&self`, and ends with [`Ran::of`]. Without it, a future is made for each event.
    fn now(&mut self, message: &Self::Message, cx: &mut Context<Self>) -> Ran {
        let _ = (message, cx);
        Ran::Later
    }

    /// Runs a `&self` handler that is a plain function beside others; `None` where it
    /// is not, and [`Component::shared`] has to run it.
    fn shared_now(&self, message: &Self::Message, cx: &Context<Self>) -> Option<Result<(), Error>> {
        let _ = (message, cx);
        None
    }

    /// Runs a `&mut self` handler that [`Component::now`] did not run. It begins and ends
    /// as one of that does.
    fn exclusive<'a>(
        &'a mut self,
        message: &'a Self::Message,
        cx: &'a mut Context<Self>,
    ) -> impl Future<Output = Ran> + Send + 'a;

    /// Runs a `&self` handler.
    fn shared<'a>(
        &'a self,
        message: &'a Self::Message,
        cx: &'a Context<Self>,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'a;
}

/// Says that a component handles an event, by its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{E}`",
    label = "this component has no handler for `{E}`",
    note = "add a method with `#[handler(\"..\")]` and `event: &{E}`, or fire on a channel"
)]
pub trait Handles<E: Event>: Component {
    /// The numbers of its handlers of this event, in the order of the list.
    const HANDLERS: &'static [u16];

    /// Wraps an event for one of them.
    fn wrap(handler: u16, envelope: Envelope<E>) -> Self::Message;
}
