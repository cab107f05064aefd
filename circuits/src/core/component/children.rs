//! The children of a component, as those who ask its supervisor see them.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::core::component::scope::StartWait;
use crate::core::component::spec::Place;
use crate::core::component::{
    Address, AnyAddress, Body, Cell, ChildError, ChildSpec, Component, Inbox, Order, Register,
    Restart, Scope, StartError, Supervise,
};
use crate::core::id::ComponentId;
use crate::core::route::Hub;

/// The children of one component: to list, count, start, terminate, restart and
/// delete them while they are supervised.
///
/// Got from `system.children()`, `cx.children()` or `address.children()`.
///
/// A child is asked for by its name or by its address. The supervisor *keeps the
/// specification* of a child that was named and is not temporary: when it ends
/// without being started again, or is terminated here, it stays listed without
/// a life, and can be restarted or deleted. Unnamed and temporary children, and
/// those of a supervisor with [`Strategy::Dynamic`](crate::Strategy), are
/// forgotten when they end.
///
/// A supervisor answers one question after the other, also while children start,
/// end, or wait out a backoff.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(Worker::default).named("worker").await?;
/// let children = system.children();
/// children.terminate("worker").await?;
/// assert_eq!(children.count().await?.active, 0);
/// children.restart("worker").await?;
/// assert_eq!(children.find::<Worker>("worker").await?.life(), 2);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// All questions fail with [`ChildError::Stopped`] at once when the component
/// has no life in which it could supervise.
#[derive(Clone)]
pub struct Children {
    hub: Arc<Hub>,
    inbox: Arc<Inbox>,
}

impl Children {
    pub(crate) fn new(place: Place<'_>) -> Self {
        Self {
            hub: place.hub,
            inbox: place.inbox,
        }
    }

    /// Adds a child, made by a factory.
    ///
    /// In a handler, prefer [`Context::supervise`](crate::Context::supervise): it
    /// tells a child that calls its parent before it has started that this is a
    /// deadlock, where this lets it wait until the start limit is over.
    pub fn supervise<C, F>(&self, factory: F) -> Supervise<'_, F>
    where
        C: Component,
        F: Fn() -> C + Send + Sync + 'static,
    {
        Supervise::new(self.place(), factory)
    }

    /// Adds a child by value: it is never restarted.
    pub fn register<C: Component>(&self, component: C) -> Register<'_, C> {
        Register::new(self.place(), component)
    }

    /// Adds a child that is described already; returns its id.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(&self, spec: ChildSpec) -> Result<ComponentId, StartError> {
        self.start_from(None, spec).await
    }

    /// Adds a child in a handler, which waits for its start.
    pub(crate) async fn start_in(
        &self,
        scope: &dyn Scope,
        spec: ChildSpec,
    ) -> Result<ComponentId, StartError> {
        self.start_from(Some(scope), spec).await
    }

    async fn start_from(
        &self,
        scope: Option<&dyn Scope>,
        spec: ChildSpec,
    ) -> Result<ComponentId, StartError> {
        if !self.hub.runtime().is_there() {
            return Err(StartError::NoRuntime);
        }
        let (birth, spec) = spec.plant(&self.hub, &self.inbox, None)?;
        let body = birth.body();
        let id = body.id();
        let _waiting = scope.map(|scope| StartWait::publish(scope, body));
        let order = |reply| Order::Start { birth, spec, reply };
        let started = self.inbox.ask(order).await;
        started.unwrap_or(Err(StartError::Stopped)).map(|()| id)
    }

    /// Lists the children, in the order of their start.
    ///
    /// # Errors
    /// [`ChildError::Stopped`].
    pub async fn list(&self) -> Result<Vec<Child>, ChildError> {
        self.ask(Question::List).await
    }

    /// Looks up one child.
    ///
    /// # Errors
    /// No such child.
    pub async fn get(&self, child: impl Into<ChildRef>) -> Result<Child, ChildError> {
        let child = child.into();
        self.ask(|reply| Question::Look(child, reply)).await?
    }

    /// Counts the children.
    ///
    /// # Errors
    /// [`ChildError::Stopped`].
    pub async fn count(&self) -> Result<ChildCount, ChildError> {
        self.ask(Question::Count).await
    }

    /// Finds a child by its name.
    ///
    /// An address stays valid over restarts, so it is the same before, during
    /// and after one.
    ///
    /// # Errors
    /// No child has that name, or it is of another type.
    pub async fn find<C: Component>(&self, name: &str) -> Result<Address<C>, ChildError> {
        let wanted = ChildRef::from(name);
        let found = self.ask(|reply| Question::Find(wanted, reply)).await??;
        match found.into_any().downcast::<Cell<C>>() {
            Ok(cell) => Ok(Address::new(cell)),
            Err(_) => Err(ChildError::OtherType(name.to_owned())),
        }
    }

    /// Ends a child and waits for it; it is not started again by itself, of
    /// whatever restart kind it is. Terminating what has ended is a success.
    ///
    /// Asked by a handler or task of the child itself, it does not wait.
    ///
    /// # Errors
    /// No such child.
    pub async fn terminate(&self, child: impl Into<ChildRef>) -> Result<(), ChildError> {
        let child = child.into();
        let ending = self
            .ask(|reply| Question::Terminate(child, reply))
            .await??;
        if let Some(Terminating { body, over }) = ending
            && !body.is_inside()
        {
            // The end was asked for; whoever answers it may be gone meanwhile.
            let _ = over.await;
        }
        Ok(())
    }

    /// Starts a child again that has ended or was terminated; that is not counted as a
    /// restart.
    ///
    /// # Errors
    /// No such child, or it runs, or it does not start: then it stays as it was.
    pub async fn restart(&self, child: impl Into<ChildRef>) -> Result<(), ChildError> {
        let child = child.into();
        let starting = self.ask(|reply| Question::Restart(child, reply)).await??;
        starting.await.unwrap_or(Err(StartError::Stopped))?;
        Ok(())
    }

    /// Forgets a child that has ended or was terminated.
    ///
    /// # Errors
    /// No such child, or it runs.
    pub async fn delete(&self, child: impl Into<ChildRef>) -> Result<(), ChildError> {
        let child = child.into();
        self.ask(|reply| Question::Delete(child, reply)).await?
    }

    /// Hands in new specifications: those of known names hold from the child's
    /// next start on, those of new names are listed, but not started. Children
    /// that are missing here stay until they are deleted.
    ///
    /// A child of the same type and channel keeps its address.
    ///
    /// # Errors
    /// One of them is wrong, and none was taken.
    pub async fn update(
        &self,
        specs: impl IntoIterator<Item = ChildSpec>,
    ) -> Result<(), StartError> {
        let specs = specs.into_iter().collect();
        let updated = self.ask(|reply| Question::Update(specs, reply)).await;
        updated.unwrap_or(Err(StartError::Stopped))
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
    ) -> Result<T, ChildError> {
        let answer = self.inbox.ask(|reply| Order::Ask(question(reply))).await;
        answer.ok_or(ChildError::Stopped)
    }

    fn place(&self) -> Place<'_> {
        Place {
            hub: self.hub.clone(),
            inbox: self.inbox.clone(),
            scope: None,
        }
    }
}

impl fmt::Debug for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Children of {}", self.inbox.owner())
    }
}

/// One child, as its supervisor lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Child {
    /// Its name.
    pub name: Arc<str>,
    /// The component.
    pub component: ComponentId,
    /// Its address, to look at it and to end it.
    pub address: AnyAddress,
    /// How far it is.
    pub state: ChildState,
    /// Which life it lives, or lived last; the first is 1.
    pub life: u64,
    /// Whether it has children of its own.
    pub kind: ChildKind,
    /// When it is started again.
    pub restart: Restart,
    /// Whether its end may end its supervisor.
    pub significant: bool,
}

/// How far a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildState {
    /// Its first life, or one that was asked for, is being started.
    Starting,
    /// It runs.
    Running,
    /// It failed and is being started again, or waits out its backoff.
    Restarting,
    /// It was told to end.
    Ending,
    /// It is listed without a life.
    Stopped,
}

/// Whether a child supervises others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// It has had no children in this life.
    Worker,
    /// It has children, or had some in this life.
    Supervisor,
}

/// How many children there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCount {
    /// All that are listed.
    pub specs: usize,
    /// Those that live: neither stopped nor restarting.
    pub active: usize,
    /// Those with children of their own.
    pub supervisors: usize,
    /// The others.
    pub workers: usize,
}

/// Which child is meant: its name, or its address.
#[derive(Clone)]
pub struct ChildRef(pub(crate) Which);

#[derive(Clone)]
pub(crate) enum Which {
    Name(String),
    Body(Arc<dyn Body>),
}

impl fmt::Debug for ChildRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChildRef({self})")
    }
}

impl fmt::Display for ChildRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Which::Name(name) => name,
            Which::Body(body) => body.name(),
        })
    }
}

impl From<&str> for ChildRef {
    fn from(name: &str) -> Self {
        Self(Which::Name(name.to_owned()))
    }
}

impl From<String> for ChildRef {
    fn from(name: String) -> Self {
        Self(Which::Name(name))
    }
}

impl<C: Component> From<&Address<C>> for ChildRef {
    fn from(address: &Address<C>) -> Self {
        Self(Which::Body(address.cell().clone()))
    }
}

/// What a supervisor is asked.
pub(crate) enum Question {
    List(oneshot::Sender<Vec<Child>>),
    Look(ChildRef, oneshot::Sender<Result<Child, ChildError>>),
    Count(oneshot::Sender<ChildCount>),
    Find(ChildRef, oneshot::Sender<Result<Arc<dyn Body>, ChildError>>),
    Terminate(
        ChildRef,
        oneshot::Sender<Result<Option<Terminating>, ChildError>>,
    ),
    Restart(
        ChildRef,
        oneshot::Sender<Result<oneshot::Receiver<Result<(), StartError>>, ChildError>>,
    ),
    Delete(ChildRef, oneshot::Sender<Result<(), ChildError>>),
    Update(Vec<ChildSpec>, oneshot::Sender<Result<(), StartError>>),
}

/// A child that was told to end.
pub(crate) struct Terminating {
    pub(crate) body: Arc<dyn Body>,
    pub(crate) over: oneshot::Receiver<()>,
}
