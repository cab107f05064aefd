//! A child that is described before there is anybody to supervise it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::spec::{Draft, birth, draft_setters, restart_setters};
use crate::core::component::{
    Backoff, Birth, Body, Cell, Component, Inbox, OnRestart, Options, Restart, Shutdown, Spec,
    SpecError, StartError,
};
use crate::core::id::{Channel, ChannelError};
use crate::core::route::Hub;

/// How one child is named, made and supervised, whatever its type.
///
/// Made for a [`Supervisor`](crate::supervisor::Supervisor), for
/// [`Children::start`](super::Children::start) and for
/// [`Children::update`](super::Children::update).
///
/// # Examples
///
/// ```
/// use circuits::Restart;
/// use circuits::prelude::*;
/// use circuits::supervisor::ChildSpec;
///
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let spec = ChildSpec::new("worker", Worker::default)
///     .restart(Restart::Transient)
///     .shutdown(Duration::from_secs(1));
/// let system = System::new();
/// system.children().start(spec).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a specification starts nothing by itself"]
pub struct ChildSpec {
    name: String,
    draft: Draft,
    seed: Box<dyn Seed>,
}

impl ChildSpec {
    /// Describes a child: its name among its siblings, and its factory.
    pub fn new<C, F>(name: impl Into<String>, factory: F) -> Self
    where
        C: Component,
        F: Fn() -> C + Send + Sync + 'static,
    {
        let name = name.into();
        let mut draft = Draft::new(Restart::Permanent);
        draft.name(name.clone());
        Self {
            name,
            draft,
            seed: Box::new(Sown {
                factory,
                component: PhantomData,
            }),
        }
    }

    /// Returns the name of the child.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Finds what contradicts itself, or the supervisor.
    pub(crate) fn check(&self, options: &Options) -> Result<(), SpecError> {
        self.draft.spec.check(|| self.name.clone(), options)
    }

    /// Checks its channel.
    pub(crate) fn check_channel(&self) -> Result<(), StartError> {
        let channel = self.seed.channel(&self.draft);
        channel.map(drop).map_err(StartError::BadChannel)
    }

    /// Makes the child; in the place of an old one where that is of its kind.
    pub(crate) fn plant(
        self,
        hub: &Arc<Hub>,
        inbox: &Arc<Inbox>,
        old: Option<Arc<dyn Body>>,
    ) -> Result<(Arc<dyn Birth>, Spec), StartError> {
        let birth = self.seed.plant(hub, inbox, &self.draft, old)?;
        Ok((birth, self.draft.spec))
    }
}

draft_setters!(impl[] ChildSpec);
restart_setters!(impl[] ChildSpec);

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildSpec({}, {:?})", self.name, self.draft.spec.restart)
    }
}

/// What a child grows from.
trait Seed: Send + Sync {
    /// Returns the channel that the child shall listen on.
    fn channel(&self, draft: &Draft) -> Result<Channel, ChannelError>;

    fn plant(
        self: Box<Self>,
        hub: &Arc<Hub>,
        inbox: &Arc<Inbox>,
        draft: &Draft,
        old: Option<Arc<dyn Body>>,
    ) -> Result<Arc<dyn Birth>, StartError>;
}

struct Sown<C, F> {
    factory: F,
    component: PhantomData<fn() -> C>,
}

impl<C, F> Seed for Sown<C, F>
where
    C: Component,
    F: Fn() -> C + Send + Sync + 'static,
{
    fn channel(&self, draft: &Draft) -> Result<Channel, ChannelError> {
        draft.channel_of::<C>()
    }

    fn plant(
        self: Box<Self>,
        hub: &Arc<Hub>,
        inbox: &Arc<Inbox>,
        draft: &Draft,
        old: Option<Arc<dyn Body>>,
    ) -> Result<Arc<dyn Birth>, StartError> {
        let channel = self.channel(draft).map_err(StartError::BadChannel)?;
        let same = old.filter(|old| *old.channel() == channel);
        let same = same.and_then(|old| old.into_any().downcast::<Cell<C>>().ok());
        let same = same.filter(|cell| cell.except() == draft.except);
        let cell = same
            .unwrap_or_else(|| Cell::new(hub.clone(), inbox.clone(), draft.name.clone(), channel));
        cell.set_on_restart(draft.on_restart);
        cell.set_except(&draft.except);
        Ok(birth(cell, draft.spec.restart, self.factory))
    }
}
