//! How a child is added: who makes it, and what happens when it ends.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::backoff::Delays;
use crate::core::component::birth::{Factory, Once};
use crate::core::component::scope::StartWait;
use crate::core::component::{
    Address, AutoShutdown, Backoff, Birth, Cell, ChildSpec, Component, Inbox, OnRestart, Options,
    Order, Scope, Shutdown, SpecError, StartError,
};
use crate::core::id::{Channel, ChannelError};
use crate::core::route::Hub;

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

/// How a supervisor treats one child.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) restart: Restart,
    /// Whether the name was given, and so must be the only one of its kind.
    pub(crate) named: bool,
    pub(crate) significant: bool,
    /// Boxed, since most children have nothing in there.
    rare: Option<Box<Rare>>,
}

#[derive(Debug, Default)]
struct Rare {
    delays: Option<Delays>,
    shutdown: Option<Shutdown>,
    start_limit: Option<Duration>,
    /// What holds from its next start on.
    update: Option<ChildSpec>,
}

impl Spec {
    fn new(restart: Restart) -> Self {
        Self {
            restart,
            named: false,
            significant: false,
            rare: None,
        }
    }

    /// Finds what contradicts itself, or the supervisor.
    ///
    /// Most names are made when somebody asks for them, so this does not.
    pub(crate) fn check(
        &self,
        name: impl FnOnce() -> String,
        options: &Options,
    ) -> Result<(), SpecError> {
        options.check()?;
        if self.significant && options.auto_shutdown == AutoShutdown::Never {
            return Err(SpecError::NeverSignificant(name()));
        }
        if self.significant && self.restart == Restart::Permanent {
            return Err(SpecError::PermanentSignificant(name()));
        }
        Ok(())
    }

    pub(crate) fn delays(&mut self) -> Option<&mut Delays> {
        self.rare.as_mut()?.delays.as_mut()
    }

    /// How long the child may take to end; `None` leaves it to the child's type.
    pub(crate) fn shutdown(&self) -> Option<Shutdown> {
        self.rare.as_ref()?.shutdown
    }

    /// How long it may take to start.
    pub(crate) fn start_limit(&self) -> Duration {
        let said = self.rare.as_ref().and_then(|rare| rare.start_limit);
        said.unwrap_or(Duration::from_secs(30))
    }

    /// Hands in what holds from its next start on.
    pub(crate) fn set_update(&mut self, update: ChildSpec) {
        self.rare().update = Some(update);
    }

    pub(crate) fn take_update(&mut self) -> Option<ChildSpec> {
        self.rare.as_mut()?.update.take()
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

/// What can be said about a child before it is started.
pub(crate) struct Draft {
    pub(crate) name: Option<String>,
    pub(crate) channel: Option<String>,
    /// `None` leaves it to the child's type.
    pub(crate) on_restart: Option<OnRestart>,
    /// The names of events that it does not hear on its channel.
    pub(crate) except: Vec<String>,
    pub(crate) spec: Spec,
}

impl Draft {
    pub(crate) fn new(restart: Restart) -> Self {
        Self {
            name: None,
            channel: None,
            on_restart: None,
            except: Vec::new(),
            spec: Spec::new(restart),
        }
    }

    pub(crate) fn name(&mut self, name: String) {
        self.name = Some(name);
        self.spec.named = true;
    }

    /// Returns the channel that the child shall listen on.
    pub(crate) fn channel_of<C: Component>(&self) -> Result<Channel, ChannelError> {
        match &self.channel {
            Some(name) => Channel::new(name),
            None => Channel::literal(C::OPTIONS.channel),
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
    place: Place<'a>,
    draft: Draft,
    factory: F,
}

/// A child made from a value, about to be added; await it.
#[must_use = "a child is added when this is awaited"]
pub struct Register<'a, C> {
    place: Place<'a>,
    draft: Draft,
    value: C,
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

    /// Names the child; no sibling may have the same name.
    ///
    /// The supervisor keeps the specification of a named child that has ended,
    /// unless it is temporary: see [`Children`](super::Children).
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.draft.name(name.into());
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

    /// Names the child; no sibling may have the same name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.draft.name(name.into());
        self
    }
}

/// What can be said about every child.
macro_rules! draft_setters {
    (impl[$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> $type {
            /// Puts the child on another channel than its type says.
            pub fn channel(mut self, channel: impl Into<String>) -> Self {
                self.draft.channel = Some(channel.into());
                self
            }

            /// Sets how long the child may take to end before it is killed: a
            /// `Duration`, or `Shutdown::Brutal` or `Infinite`; what its type
            /// says, unless said.
            pub fn shutdown(mut self, limit: impl Into<Shutdown>) -> Self {
                self.draft.spec.set_shutdown(limit.into());
                self
            }

            /// Sets how long the child may take to start; 30 s, unless said.
            pub fn start_limit(mut self, limit: Duration) -> Self {
                self.draft.spec.set_start_limit(limit);
                self
            }

            /// Sets what becomes of the events that wait when the child is
            /// started again; what its type says, unless said.
            pub fn on_restart(mut self, on_restart: OnRestart) -> Self {
                self.draft.on_restart = Some(on_restart);
                self
            }

            /// Leaves out its handlers of events of these names, as they are
            /// written in `#[handler(..)]`: they hear nothing that is fired on a
            /// channel, except for handlers with a channel of their own; nor do
            /// those of what it [extends](crate::Base). By address, and of its own
            /// life, the child still hears all.
            pub fn except(mut self, names: impl IntoIterator<Item: Into<String>>) -> Self {
                let names = names.into_iter().map(Into::into);
                self.draft.except.extend(names);
                self
            }

            /// Makes the child significant: its end may end its supervisor, as
            /// [`AutoShutdown`](crate::AutoShutdown) says.
            pub fn significant(mut self) -> Self {
                self.draft.spec.significant = true;
                self
            }
        }
    };
}

/// What can be said about children that can be started again.
macro_rules! restart_setters {
    (impl[$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> $type {
            /// Sets when the child is started again; always, unless said.
            pub fn restart(mut self, restart: Restart) -> Self {
                self.draft.spec.restart = restart;
                self
            }

            /// Sets how long to wait before each restart; not at all, unless said.
            pub fn backoff(mut self, backoff: Backoff) -> Self {
                self.draft.spec.set_backoff(backoff);
                self
            }
        }
    };
}

pub(crate) use {draft_setters, restart_setters};

draft_setters!(impl['a, F] Supervise<'a, F>);
restart_setters!(impl['a, F] Supervise<'a, F>);
draft_setters!(impl['a, C] Register<'a, C>);

impl Spec {
    pub(crate) fn set_shutdown(&mut self, shutdown: Shutdown) {
        self.rare().shutdown = Some(shutdown);
    }

    pub(crate) fn set_start_limit(&mut self, limit: Duration) {
        self.rare().start_limit = Some(limit);
    }

    pub(crate) fn set_backoff(&mut self, backoff: Backoff) {
        self.rare().delays = Some(Delays::new(backoff));
    }
}

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
        let restart = draft.spec.restart;
        Box::pin(start(place, draft, move |cell| {
            birth(cell, restart, factory)
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
            Arc::new(Once::new(cell, move || value))
        }))
    }
}

/// Makes what makes the lives: of a temporary child only one, so that nothing
/// of its factory is kept.
pub(crate) fn birth<C, F>(cell: Arc<Cell<C>>, restart: Restart, factory: F) -> Arc<dyn Birth>
where
    C: Component,
    F: Fn() -> C + Send + Sync + 'static,
{
    if restart == Restart::Temporary {
        Arc::new(Once::new(cell, factory))
    } else {
        Arc::new(Factory::new(cell, factory))
    }
}

async fn start<C: Component>(
    place: Place<'_>,
    draft: Draft,
    birth: impl FnOnce(Arc<Cell<C>>) -> Arc<dyn Birth> + Send,
) -> Result<Address<C>, StartError> {
    let channel = draft.channel_of::<C>().map_err(StartError::BadChannel)?;
    if !place.hub.runtime().is_there() {
        // Nobody would read the order.
        return Err(StartError::NoRuntime);
    }
    // It may have been made where no runtime ran yet.
    let nursery = place.inbox.nursery();
    nursery.serve(&place.hub, &nursery.root());
    let cell = Cell::new(place.hub, place.inbox.clone(), draft.name, channel);
    cell.set_on_restart(draft.on_restart);
    cell.set_except(&draft.except);
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
