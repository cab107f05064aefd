//! Many children of one kind, each started with an argument of its own.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::{
    Added, Address, Backoff, Child, ChildCount, ChildError, Component, Context, Declare, Handler,
    Handles, Options, Ran, Restart, Shared, Shutdown, StartError, Strategy,
};
use crate::core::event::{AnyEvent, Error, Event, Inline};
use crate::core::mailbox::{Message, Mode};
use crate::core::reply::{Answer, Envelope, Letter, Notice};
use crate::core::supervisor::by_event::by_event;
use crate::core::supervisor::events::{CountChildren, TerminateChild, WhichChildren};

/// A supervisor of many children of one kind: what OTP calls simple_one_for_one.
///
/// Each is started with an argument, which it keeps over its restarts. They are
/// told apart by their addresses. When the supervisor stops, they are told all at
/// once, each with its own time. One that has ended for good is forgotten, and so
/// is its argument; that of a temporary child is dropped with its only life.
///
/// # Examples
///
/// ```
/// use circuits::Restart;
/// use circuits::prelude::*;
/// use circuits::supervisor::{Dynamic, Start};
///
/// #[component]
/// struct Session {
///     user: String,
/// }
///
/// # #[component]
/// # impl Session {}
/// fn sessions() -> Dynamic<String, Session> {
///     Dynamic::new(|user: &String| Session { user: user.clone() })
///         .restart(Restart::Transient)
///         .max_restarts(100)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let sessions = system.supervise(sessions).await?;
/// let ann = system.to(&sessions).call(Start::new("ann".to_owned())).await?;
/// let ben = system.to(&sessions).call(Start::new("ben".to_owned())).await?;
/// assert_ne!(ann.id(), ben.id());
/// sessions.children().terminate(&ann).await?;
/// assert_eq!(sessions.children().count().await?.active, 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "a supervisor starts nothing before it is started itself"]
pub struct Dynamic<A: Argument, C: Component> {
    make: Arc<dyn Fn(&A) -> C + Send + Sync>,
    options: Options,
    restart: Restart,
    shutdown: Option<Shutdown>,
    backoff: Option<Backoff>,
    channel: Option<String>,
}

impl<A: Argument, C: Component> Dynamic<A, C> {
    /// Makes a supervisor of what this function makes.
    pub fn new(make: impl Fn(&A) -> C + Send + Sync + 'static) -> Self {
        Self {
            make: Arc::new(make),
            options: Options::new().strategy(Strategy::Dynamic),
            restart: Restart::Permanent,
            shutdown: None,
            backoff: None,
            channel: None,
        }
    }

    /// Puts the children on another channel than their type says.
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Sets when a child is started again; always, unless said.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Sets how long to wait before each restart; not at all, unless said.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Sets how long a child may take to end; what its type says, unless said.
    pub fn shutdown(mut self, limit: impl Into<Shutdown>) -> Self {
        self.shutdown = Some(limit.into());
        self
    }

    /// Sets how many restarts are allowed within the window.
    pub fn max_restarts(mut self, restarts: u32) -> Self {
        self.options = self.options.max_restarts(restarts);
        self
    }

    /// Allows any number of restarts.
    pub fn unlimited_restarts(mut self) -> Self {
        self.options = self.options.unlimited_restarts();
        self
    }

    /// Sets the length of the sliding window.
    pub fn within(mut self, window: Duration) -> Self {
        self.options = self.options.within(window);
        self
    }

    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        self.options.check()?;
        cx.set_supervision(self.options);
        // It is a supervisor before it has children, too.
        drop(cx.children());
        Ok(())
    }

    async fn start(
        &self,
        event: &Start<A, C>,
        cx: &Context<Self>,
    ) -> Result<Address<C>, StartError> {
        let (make, argument) = (self.make.clone(), event.argument.clone());
        let mut child = cx.supervise(move || make(&argument)).restart(self.restart);
        if let Some(shutdown) = self.shutdown {
            child = child.shutdown(shutdown);
        }
        if let Some(backoff) = self.backoff {
            child = child.backoff(backoff);
        }
        if let Some(channel) = &self.channel {
            child = child.channel(channel);
        }
        child.await
    }

    async fn which_children(
        &self,
        _event: &WhichChildren,
        cx: &Context<Self>,
    ) -> Result<Vec<Child>, ChildError> {
        cx.children().list().await
    }

    async fn count_children(
        &self,
        _event: &CountChildren,
        cx: &Context<Self>,
    ) -> Result<ChildCount, ChildError> {
        cx.children().count().await
    }

    async fn terminate_child(
        &self,
        event: &TerminateChild,
        cx: &Context<Self>,
    ) -> Result<(), ChildError> {
        cx.children().terminate(&*event.0).await
    }
}

impl<A: Argument, C: Component> fmt::Debug for Dynamic<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dynamic({})", C::NAME)
    }
}

/// What a child of a [`Dynamic`] can be started with; every type that can be
/// sent between threads is one.
pub trait Argument: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Argument for T {}

/// Starts one more child of a [`Dynamic`]; the reply is its address.
///
/// Heard on the channel `supervisor`, unless it is put on another.
pub struct Start<A, C> {
    argument: Arc<A>,
    child: PhantomData<fn() -> C>,
}

impl<A: Argument, C: Component> Start<A, C> {
    /// Asks for a child with this argument.
    pub fn new(argument: A) -> Self {
        Self {
            argument: Arc::new(argument),
            child: PhantomData,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<A: Argument, C: Component> Event for Start<A, C> {
    type Reply = Address<C>;
    type Slot = Inline<Self>;
    const NAME: &'static str = "start_child";
}

impl<A, C> fmt::Debug for Start<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Start")
    }
}

by_event! {
    Dynamic [A: Argument, C: Component], DynamicMessage, "Dynamic",
    1 => Start(Start<A, C>), start;
    2 => WhichChildren(WhichChildren), which_children;
    3 => CountChildren(CountChildren), count_children;
    4 => TerminateChild(TerminateChild), terminate_child;
}
