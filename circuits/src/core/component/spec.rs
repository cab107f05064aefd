//! How a child is added: who makes it, and what happens when it ends.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::birth::{Factory, Value};
use crate::core::component::scope::StartWait;
use crate::core::component::{Address, Birth, Cell, Component, Inbox, Order, Scope, Shutdown};
use crate::core::event::Error;
use crate::core::id::{Channel, ChannelError};
use crate::core::route::Hub;
use crate::core::runtime::Instant;

/// When a child that ended is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Always, also after a normal end.
    #[default]
    Permanent,
    /// After a failure only.
    Transient,
    /// Never; it is forgotten when it ends.
    Temporary,
}

/// How long to wait before a failed child is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    limit: Duration,
}

impl Backoff {
    /// The same delay each time.
    pub const fn constant(delay: Duration) -> Self {
        Self {
            first: delay,
            limit: delay,
        }
    }

    /// A delay that doubles with each restart, up to a limit; it starts anew
    /// once the child has run for longer than the limit.
    pub const fn exponential(first: Duration, limit: Duration) -> Self {
        Self { first, limit }
    }

    /// The delay before the next start, after so many starts in a row.
    fn delay(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.limit)
    }
}

/// The delays of one child's restarts.
#[derive(Clone, Debug)]
pub(crate) struct Delays {
    backoff: Backoff,
    /// Restarts in a row.
    failures: u32,
    /// When the current life began.
    since: Option<Instant>,
}

impl Delays {
    pub(crate) fn begin(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// Returns the delay before the next start.
    pub(crate) fn next(&mut self, now: Instant) -> Duration {
        let ran = self
            .since
            .map_or(Duration::ZERO, |since| now.duration_since(since));
        if ran > self.backoff.limit {
            self.failures = 0;
        }
        let delay = self.backoff.delay(self.failures);
        self.failures = self.failures.saturating_add(1);
        delay
    }
}

/// How a supervisor treats one child.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) restart: Restart,
    pub(crate) delays: Option<Box<Delays>>,
    pub(crate) start_limit: Duration,
    /// Whether the name was given, and so must be the only one of its kind.
    pub(crate) named: bool,
}

/// Why a child could not be added or started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A sibling has the same name.
    NameTaken(String),
    /// The channel's name is empty or too long.
    BadChannel(ChannelError),
    /// The factory or its `started` handler failed or panicked.
    Failed(Error),
    /// The `started` handler took longer than the start limit.
    TimedOut(Duration),
    /// The supervisor, or the component, has stopped.
    Stopped,
    /// No tokio runtime runs.
    NoRuntime,
    /// A component cannot be moved below itself.
    OwnDescendant,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NameTaken(name) => write!(f, "a sibling is named `{name}` already"),
            Self::BadChannel(_) => f.write_str("the component cannot listen on this channel"),
            Self::Failed(_) => f.write_str("the component failed to start"),
            Self::TimedOut(limit) => write!(f, "the component did not start within {limit:?}"),
            Self::Stopped => f.write_str("the supervisor has stopped"),
            Self::NoRuntime => f.write_str("components need a running tokio runtime"),
            Self::OwnDescendant => f.write_str("a component cannot be moved below itself"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error.as_dyn()),
            Self::BadChannel(error) => Some(error),
            _ => None,
        }
    }
}

/// What can be said about a child before it is started.
pub(crate) struct Draft {
    pub(crate) name: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) spec: Spec,
}

impl Draft {
    fn new(restart: Restart) -> Self {
        let start_limit = Duration::from_secs(30);
        let spec = Spec {
            restart,
            delays: None,
            start_limit,
            named: false,
        };
        Self {
            name: None,
            channel: None,
            shutdown: None,
            spec,
        }
    }
}

/// A child that is about to be added; await it.
///
/// # Examples
///
/// ```
/// use circuits::{Backoff, Restart};
/// # use circuits::prelude::*;
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// # let system = System::new();
/// let (first, longest) = (Duration::from_millis(10), Duration::from_secs(5));
/// let worker = system
///     .supervise(Worker::default)
///     .named("worker")
///     .channel("jobs")
///     .restart(Restart::Transient)
///     .backoff(Backoff::exponential(first, longest))
///     .await?;
/// assert_eq!((worker.name(), worker.channel()), ("worker", "jobs"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// See [`StartError`].
#[must_use = "a child is added when this is awaited"]
pub struct Supervise<'a, F> {
    pub(crate) place: Place<'a>,
    pub(crate) draft: Draft,
    pub(crate) factory: F,
}

/// A child made from a value, about to be added; await it.
#[must_use = "a child is added when this is awaited"]
pub struct Register<'a, C> {
    pub(crate) place: Place<'a>,
    pub(crate) draft: Draft,
    pub(crate) value: C,
}

/// Where a child is added.
pub(crate) struct Place<'a> {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) scope: Option<&'a dyn Scope>,
}

impl<'a, F> Supervise<'a, F> {
    pub(crate) fn new(place: Place<'a>, factory: F) -> Self {
        Self {
            place,
            draft: Draft::new(Restart::Permanent),
            factory,
        }
    }

    /// Sets when the child is started again; always, unless said.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.draft.spec.restart = restart;
        self
    }

    /// Sets how long to wait before each restart; not at all, unless said.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.draft.spec.delays = Some(Box::new(Delays {
            backoff,
            failures: 0,
            since: None,
        }));
        self
    }
}

impl<'a, C> Register<'a, C> {
    pub(crate) fn new(place: Place<'a>, value: C) -> Self {
        Self {
            place,
            draft: Draft::new(Restart::Temporary),
            value,
        }
    }
}

macro_rules! draft_setters {
    ($type:ident, $param:ident) => {
        impl<'a, $param> $type<'a, $param> {
            /// Names the child; no sibling may have the same name.
            pub fn named(mut self, name: impl Into<String>) -> Self {
                self.draft.name = Some(name.into());
                self.draft.spec.named = true;
                self
            }

            /// Puts the child on another channel than its type says.
            pub fn channel(mut self, channel: impl Into<String>) -> Self {
                self.draft.channel = Some(channel.into());
                self
            }

            /// Sets how long the child may take to end before it is killed;
            /// what its type says, unless said.
            pub fn shutdown(mut self, limit: impl Into<Shutdown>) -> Self {
                self.draft.shutdown = Some(limit.into());
                self
            }

            /// Sets how long the child may take to start; 30 s, unless said.
            pub fn start_limit(mut self, limit: Duration) -> Self {
                self.draft.spec.start_limit = limit;
                self
            }
        }
    };
}

draft_setters!(Supervise, F);
draft_setters!(Register, C);

type Starting<'a, C> = Pin<Box<dyn Future<Output = Result<Address<C>, StartError>> + Send + 'a>>;

impl<'a, C, F> IntoFuture for Supervise<'a, F>
where
    C: Component,
    F: Fn() -> C + Send + Sync + 'static,
{
    type Output = Result<Address<C>, StartError>;
    type IntoFuture = Starting<'a, C>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            place,
            draft,
            factory,
        } = self;
        Box::pin(start(place, draft, move |cell| {
            Box::new(Factory::new(cell, factory))
        }))
    }
}

impl<'a, C: Component> IntoFuture for Register<'a, C> {
    type Output = Result<Address<C>, StartError>;
    type IntoFuture = Starting<'a, C>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            place,
            draft,
            value,
        } = self;
        Box::pin(start(place, draft, move |cell| {
            Box::new(Value::new(cell, value))
        }))
    }
}

async fn start<C: Component>(
    place: Place<'_>,
    draft: Draft,
    birth: impl FnOnce(Arc<Cell<C>>) -> Box<dyn Birth> + Send,
) -> Result<Address<C>, StartError> {
    let channel = match &draft.channel {
        Some(name) => Channel::new(name),
        None => Channel::literal(C::OPTIONS.channel),
    };
    let channel = channel.map_err(StartError::BadChannel)?;
    if !place.hub.runtime().is_there() {
        // Nobody would read the order.
        return Err(StartError::NoRuntime);
    }
    let cell = Cell::new(
        place.hub,
        place.inbox.clone(),
        draft.name,
        channel,
        draft.shutdown,
    );
    let birth = birth(cell.clone());
    let _waiting = place
        .scope
        .map(|scope| StartWait::publish(scope, cell.clone()));
    let order = |reply| Order::Start {
        birth,
        spec: draft.spec,
        reply,
    };
    match place.inbox.ask(order).await {
        Some(Ok(())) => Ok(Address::new(cell)),
        Some(Err(error)) => Err(error),
        None => Err(StartError::Stopped),
    }
}
