//! The address of a component of any type: to look at it, and to end it.

use std::fmt::{self, Write};
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use crate::core::component::spec::Place;
use crate::core::component::{
    Address, Body, Cell, Child, ChildError, ChildRef, Children, Command, Component, Handle,
    HandlerInfo, Handlers, Inbox, Order, Question, Which,
};
use crate::core::event::End;
use crate::core::id::ComponentId;
use crate::core::route::Hub;
use crate::core::runtime::Runtime;
use crate::core::tap::Activity;

/// The address of a component whose type is not known; cheap to clone, and valid
/// over restarts.
///
/// It is what the lists of [`Children`] lead with, and what [`Address::to_any`]
/// makes. It looks at a component and ends it; to send, get its typed address
/// with [`AnyAddress::downcast`], or fire on its channel. What it tells was true
/// when it was asked: nothing is kept for it while events are handled.
///
/// Two are equal if they lead to the same component.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {
/// #     #[handler("started")]
/// #     fn started(&mut self) {}
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(Worker::default).named("w1").await?;
/// for child in system.children().list().await? {
///     let worker = child.address;
///     assert_eq!(worker.to_string(), "<Worker/* w1 (queued=0) [R]>");
///     assert_eq!(worker.handlers().events(), ["started"]);
///     assert!(worker.downcast::<Worker>().is_some());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AnyAddress {
    body: Arc<dyn Body>,
}

impl AnyAddress {
    pub(crate) fn new(body: Arc<dyn Body>) -> Self {
        Self { body }
    }

    /// Returns the component's id.
    pub fn id(&self) -> ComponentId {
        self.body.id()
    }

    /// Returns the component's name.
    pub fn name(&self) -> &str {
        self.body.name()
    }

    /// Returns the name of the component's type.
    pub fn type_name(&self) -> &'static str {
        self.body.type_name()
    }

    /// Returns the component's channel.
    pub fn channel(&self) -> &str {
        self.body.channel().as_str()
    }

    /// Returns the names on the way from the root of the tree to the component:
    /// `/pool/w1`.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for above in self.ancestors().iter().rev() {
            path = path + "/" + above.name();
        }
        path + "/" + self.name()
    }

    /// Returns which life the component lives; the first is 1.
    pub fn life(&self) -> u64 {
        self.body.life()
    }

    /// Returns how many events wait in its mailbox.
    pub fn waiting(&self) -> usize {
        self.body.waiting()
    }

    /// Returns how many events wait before the overflow rule of its mailbox applies.
    pub fn capacity(&self) -> usize {
        self.body.capacity()
    }

    /// Tells whether a life of it has started, and has not ended.
    pub fn is_running(&self) -> bool {
        self.body.has_started() && !self.is_gone()
    }

    /// Tells whether the component has left for good.
    pub fn is_gone(&self) -> bool {
        self.body.is_retired()
    }

    /// Returns how a life of it failed last, if one ever did: by an error, a panic
    /// or a kill, but for one that ended it for good. It is known before the next
    /// life begins.
    pub fn last_failure(&self) -> Option<End> {
        self.body.last_failure()
    }

    /// Returns what the component has done while taps were there; nothing, where
    /// none ever was.
    pub fn activity(&self) -> Activity {
        self.body.activity()
    }

    /// Returns its handlers: those of its type, in the order of its source, then those
    /// that were added while it runs.
    pub fn handlers(&self) -> Handlers {
        self.body.handlers()
    }

    /// Tells whether the component is a `C`.
    pub fn is<C: Component>(&self) -> bool {
        self.downcast::<C>().is_some()
    }

    /// Returns the typed address if the component is a `C`.
    pub fn downcast<C: Component>(&self) -> Option<Address<C>> {
        let body = self.body.clone().into_any();
        body.downcast::<Cell<C>>().ok().map(Address::new)
    }

    /// Returns the id of the component above it.
    pub fn parent(&self) -> ComponentId {
        self.body.parent().owner()
    }

    /// Returns the components above it, the nearest first; none at the root.
    pub fn ancestors(&self) -> Vec<Self> {
        let above = |body: &Arc<dyn Body>| body.parent().owner_body().cloned();
        let mut ancestors = Vec::new();
        let mut next = above(&self.body);
        while let Some(body) = next {
            next = above(&body);
            ancestors.push(Self { body });
        }
        ancestors
    }

    /// Returns the system that the component belongs to.
    pub fn system(&self) -> Handle {
        Handle {
            hub: self.body.hub().clone(),
            inbox: self.body.parent().nursery().root(),
        }
    }

    /// Returns the component's children, to list and manage them; `None` while it
    /// has had none in this life.
    pub fn children(&self) -> Option<Children> {
        let inbox = self.body.children()?;
        Some(Children::new(Place {
            hub: self.body.hub().clone(),
            inbox,
            scope: None,
        }))
    }

    /// Asks its supervisor how far it is.
    ///
    /// # Errors
    /// It has left for good, or the one above it has ended.
    pub async fn listed(&self) -> Result<Child, ChildError> {
        loop {
            let parent = self.body.parent();
            let wanted = ChildRef::from(self);
            let asked = parent.ask(|reply| Order::Ask(Question::Look(wanted, reply)));
            let listed = asked.await.unwrap_or(Err(ChildError::Stopped));
            // A component may move while this is asked: then ask again there.
            if listed.is_ok() || Arc::ptr_eq(&parent, &self.body.parent()) {
                return listed;
            }
        }
    }

    /// Ends the component for good, as [`Address::stop`] does.
    pub async fn stop(&self) {
        self.terminate(Command::Stop).await;
    }

    /// Ends the component for good once what is queued has been handled, as
    /// [`Address::drain`] does.
    pub async fn drain(&self) {
        self.terminate(Command::Drain).await;
    }

    /// Drops the running handlers at their next await, as [`Address::kill`] does.
    pub fn kill(&self) {
        self.body.control().tell(Command::Kill);
    }

    /// Kills the component and all below it for good, from the bottom up: each
    /// component has left before the one above it is killed.
    ///
    /// Running handlers are dropped at their next await, and what is queued becomes
    /// dead letters. Siblings are left alone: for their supervisor this is no failure.
    /// What is added below meanwhile goes with the component that it is below. Waits
    /// for the end, but not in the component itself, as [`Address::stop`]; in one
    /// below it, until that is killed.
    ///
    /// # Cancel safety
    /// Dropped once it was polled, it goes on all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # use circuits::prelude::*;
    /// # #[component]
    /// # #[derive(Default)]
    /// # struct Pool;
    /// # #[component]
    /// # impl Pool {}
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> circuits::Result<()> {
    /// # let system = System::new();
    /// let pool = system.supervise(Pool::default).await?;
    /// pool.to_any().kill_branch().await;
    /// assert!(pool.is_gone());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn kill_branch(&self) {
        self.unless_inside(self.clone().end_branch()).await;
    }

    async fn end_branch(self) {
        // Level by level: nobody stands behind one that is below it.
        let mut branch = vec![self];
        let mut next = 0;
        while let Some(children) = branch.get(next).map(Self::children) {
            if let Some(children) = children {
                let children = children.list().await.unwrap_or_default();
                branch.extend(children.into_iter().map(|child| child.address));
            }
            next += 1;
        }
        for address in branch.into_iter().rev() {
            address.end(Command::Kill).await;
        }
    }

    pub(crate) async fn terminate(&self, how: Command) {
        self.ask_unless_inside(self.clone().end(how)).await;
    }

    /// Does the same as [`Self::unless_inside`] for a future that has asked for all that
    /// it wants once it was polled: it gets a task of its own only where nobody waits.
    pub(crate) async fn ask_unless_inside<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + Unpin + 'static,
    {
        let runtime = self.body.hub().runtime();
        if self.body.is_inside() {
            runtime.spawn(Box::pin(future));
            return;
        }
        let asking = Some(future);
        Asking { runtime, asking }.await;
    }

    /// Runs a future beside the component, and waits for it, unless a handler or
    /// task of the component would: for its own end it would wait for ever.
    pub(crate) async fn unless_inside(&self, future: impl Future<Output = ()> + Send + 'static) {
        let (done, over) = oneshot::channel::<()>();
        let beside = async move {
            future.await;
            drop(done);
        };
        self.body.hub().runtime().spawn(Box::pin(beside));
        if !self.body.is_inside() {
            let _ = over.await;
        }
    }

    /// Ends the component for good once it is awaited, and waits for that.
    pub(crate) fn end(self, how: Command) -> Ending {
        let (body, asked) = (self.body, None);
        Ending { body, how, asked }
    }
}

/// Asks the supervisor of a component to end it. Not `async`, so that it can be moved.
pub(crate) struct Ending {
    body: Arc<dyn Body>,
    how: Command,
    /// Who was asked, and says when it is over.
    asked: Option<(Arc<Inbox>, oneshot::Receiver<()>)>,
}

impl Future for Ending {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let Self { body, how, asked } = &mut *self;
        loop {
            if let Some((parent, over)) = asked {
                let answered = ready!(Pin::new(over).poll(task)).is_ok();
                if !answered && Arc::ptr_eq(parent, &body.parent()) {
                    return Poll::Ready(());
                }
            }
            // A component may move while it is asked to end: then ask again there.
            if body.is_retired() {
                return Poll::Ready(());
            }
            let (reply, over) = oneshot::channel();
            let order = Order::Terminate {
                body: body.clone(),
                how: *how,
                reply,
            };
            let parent = body.parent();
            drop(parent.report(order));
            *asked = Some((parent, over));
        }
    }
}

/// Goes on in a task of its own where it is dropped before its end.
struct Asking<'a, F: Future<Output = ()> + Send + Unpin + 'static> {
    runtime: &'a Runtime,
    asking: Option<F>,
}

impl<F: Future<Output = ()> + Send + Unpin + 'static> Future for Asking<'_, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        if let Some(asking) = &mut self.asking {
            ready!(Pin::new(asking).poll(task));
        }
        self.asking = None;
        Poll::Ready(())
    }
}

impl<F: Future<Output = ()> + Send + Unpin + 'static> Drop for Asking<'_, F> {
    fn drop(&mut self) {
        if let Some(asking) = self.asking.take() {
            self.runtime.spawn(Box::pin(asking));
        }
    }
}

impl PartialEq for AnyAddress {
    /// Not by their ids, which are unique in one system only.
    fn eq(&self, other: &Self) -> bool {
        ptr::addr_eq(Arc::as_ptr(&self.body), Arc::as_ptr(&other.body))
    }
}

impl Eq for AnyAddress {}

impl Hash for AnyAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// Writes `<Type/channel name (queued=N) [R]>`, or `[S]` where no life has
/// started; always on one line.
impl fmt::Display for AnyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&*self.body, f)
    }
}

/// As `Display`.
impl fmt::Debug for AnyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&*self.body, f)
    }
}

impl From<&Self> for AnyAddress {
    fn from(address: &Self) -> Self {
        address.clone()
    }
}

impl<C: Component> From<&Address<C>> for AnyAddress {
    fn from(address: &Address<C>) -> Self {
        address.to_any()
    }
}

impl From<&AnyAddress> for ChildRef {
    fn from(address: &AnyAddress) -> Self {
        Self(Which::Body(address.body.clone()))
    }
}

/// A component as one that is looked at; part of [`Body`].
pub(crate) trait Seen {
    fn hub(&self) -> &Arc<Hub>;
    fn type_name(&self) -> &'static str;
    fn waiting(&self) -> usize;
    fn capacity(&self) -> usize;
    fn handlers(&self) -> Handlers;
    fn last_failure(&self) -> Option<End>;
}

impl<C: Component> Seen for Cell<C> {
    fn hub(&self) -> &Arc<Hub> {
        Self::hub(self)
    }

    fn type_name(&self) -> &'static str {
        C::NAME
    }

    fn waiting(&self) -> usize {
        self.mailbox().len()
    }

    fn capacity(&self) -> usize {
        self.mailbox().capacity()
    }

    fn handlers(&self) -> Handlers {
        let added = self.added();
        Handlers::listed::<C>(self.channel()).with(added)
    }

    fn last_failure(&self) -> Option<End> {
        Self::last_failure(self)
    }
}

impl<C: Component> Cell<C> {
    fn added(&self) -> Vec<HandlerInfo> {
        match self.made_additions() {
            Some(additions) => additions.list::<C>(),
            None => Vec::new(),
        }
    }
}

/// Writes the text form of a component.
pub(crate) fn show(body: &dyn Body, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "<{}/", body.type_name())?;
    write_line(body.channel().as_str(), f)?;
    f.write_char(' ')?;
    write_line(body.name(), f)?;
    let state = if body.has_started() && !body.is_retired() {
        'R'
    } else {
        'S'
    };
    write!(f, " (queued={}) [{state}]>", body.waiting())
}

/// Writes a text that others have chosen without what would end the line.
pub(crate) fn write_line(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            write!(f, "{}", character.escape_default())?;
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}
