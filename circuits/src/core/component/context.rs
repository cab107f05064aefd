//! What a handler can do.

use std::fmt;
use std::future::Future;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::core::component::spec::Place;
use crate::core::component::{
    Address, Body, Call, CallAll, Cell, Children, Component, Direct, Fire, Handle, HandlerError,
    HandlerId, Link, Monitor, OnChannel, Options, Recipient, Register, Sender, Supervise, Target,
    Targets, Timer, TimerHandle, Wait, added, link, monitor, timer,
};
use crate::core::event::{Error, Event};
use crate::core::id::ComponentId;
use crate::core::reply::{Party, Run, Stamp, Track};
use crate::core::runtime;

/// What a running handler can do: fire, call, wait, arm timers, add children.
///
/// Events that are fired through it belong to the cause of the event that is
/// being handled.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// # #[derive(Event, Clone)]
/// # struct Tick;
/// # #[derive(Event)]
/// # struct Due;
/// #[component(channel = "clock")]
/// struct Clock;
///
/// #[component]
/// impl Clock {
///     #[handler("started")]
///     fn started(&mut self, cx: &Context<Self>) {
///         cx.every(Duration::from_secs(1), Tick); // on "clock"
///     }
///
///     #[handler("tick")]
///     async fn tick(&mut self, cx: &Context<Self>) {
///         cx.on("diary").fire(Due).await;
///     }
/// }
/// ```
pub struct Context<C: Component> {
    cell: Arc<Cell<C>>,
    life: u64,
    pub(crate) handler: &'static str,
    pub(crate) run: Run,
    /// How many lives in a row the event that is being handled has crashed.
    pub(crate) crashes: u32,
    pub(crate) track: Option<Arc<dyn Track>>,
}

/// A handler took longer than its `timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the handler took longer than {0:?} and was dropped")]
pub struct HandlerTimeout(
    /// The limit.
    pub Duration,
);

impl<C: Component> Context<C> {
    pub(crate) fn new(cell: Arc<Cell<C>>, life: u64) -> Self {
        Self {
            cell,
            life,
            handler: "extends",
            run: Run::ALONE,
            crashes: 0,
            track: None,
        }
    }

    pub(crate) fn cell(&self) -> &Arc<Cell<C>> {
        &self.cell
    }

    pub(crate) fn handler(&self) -> &'static str {
        self.handler
    }

    /// Returns a channel to fire on; `"*"` reaches all channels.
    pub fn on<'a>(&'a self, channel: &'a str) -> Target<'a> {
        Target::new(self.sender(), Some(channel))
    }

    /// Returns up to 64 channels to fire on at once: who listens on several of
    /// them hears the event once.
    pub fn on_all<'a>(&'a self, channels: &'a [&'a str]) -> Targets<'a> {
        Targets::new(self.sender(), channels)
    }

    /// Returns one component, or one life of it, to send to.
    pub fn to<'a, R: Recipient>(&'a self, recipient: &'a R) -> Direct<'a, R::Component> {
        Direct::new(self.sender(), recipient)
    }

    /// Fires an event on its own channel, if it has one, else on this
    /// component's; see [`Fire`].
    pub fn fire<E: Event>(&self, event: E) -> Fire<'_, E, OnChannel<'_>> {
        self.target().fire(event)
    }

    /// Fires an event on the same channel as `fire` and waits for the reply.
    pub fn call<E: Event>(&self, event: E) -> Call<'_, E, OnChannel<'_>> {
        self.target().call(event)
    }

    /// Fires an event on the same channel as `fire` and waits for every result.
    pub fn call_all<E: Event>(&self, event: E) -> CallAll<'_, E, OnChannel<'_>> {
        self.target().call_all(event)
    }

    /// Waits for the next event of a type on the same channel as `fire`.
    pub fn wait<E: Event>(&self) -> Wait<E> {
        self.target().wait()
    }

    /// Keeps the event from the handlers of lower priority.
    pub fn stop_propagation(&self) {
        if let Some(track) = &self.track {
            track.stop();
        }
    }

    /// Adds a child, made by a factory.
    pub fn supervise<D, F>(&self, factory: F) -> Supervise<'_, F>
    where
        D: Component,
        F: Fn() -> D + Send + Sync + 'static,
    {
        Supervise::new(self.place(), factory)
    }

    /// Adds a child by value: it is never restarted.
    pub fn register<D: Component>(&self, component: D) -> Register<'_, D> {
        Register::new(self.place(), component)
    }

    /// Returns this component's children, to list and manage them.
    pub fn children(&self) -> Children {
        Children::new(self.place())
    }

    /// Says how the children of this life are supervised, before there are any.
    pub(crate) fn set_supervision(&self, options: Options) {
        self.cell.set_supervision(options);
    }

    /// Says, in a handler of `started`, that there is nothing to run: the start
    /// succeeds, no life follows, and no failure is counted. Later it does nothing.
    pub fn decline(&self) {
        if !self.cell.has_started() {
            self.cell.control().decline();
        }
    }

    /// Fires an event once, after a delay.
    pub fn after<E: Event>(&self, delay: Duration, event: E) -> TimerHandle {
        timer::after(&self.cell, self.stamp(), delay, event)
    }

    /// Fires an event again and again, first after one period; of at least 1 ms.
    pub fn every<E: Event + Clone>(&self, period: Duration, event: E) -> TimerHandle {
        timer::every(&self.cell, self.stamp(), period, event)
    }

    /// Fires an event once, at a time of the wall clock; at once if it is past.
    ///
    /// The delay is computed once: later changes of the clock do not move it.
    pub fn at<E: Event>(&self, time: SystemTime, event: E) -> TimerHandle {
        let delay = time
            .duration_since(runtime::wall_clock())
            .unwrap_or_default();
        timer::after(&self.cell, self.stamp(), delay, event)
    }

    /// Reads the wall clock; what [`Context::at`] goes by.
    pub fn wall_clock(&self) -> SystemTime {
        runtime::wall_clock()
    }

    /// Returns the timer of a key, of which at most one runs; see [`Timer`].
    pub fn timer<'a>(&'a self, key: &'a str) -> Timer<'a, C> {
        Timer::new(self, key)
    }

    /// Runs a future beside the handlers; it ends with this life of the
    /// component, and its panic ends this life.
    pub fn spawn<F>(&self, future: F) -> TimerHandle
    where
        F: Future<Output = ()> + Send + 'static,
    {
        timer::spawn(&self.cell, "spawn", future)
    }

    /// Monitors a component: this one is told when it ends.
    ///
    /// By address, it hears [`Restarted`](crate::event::Restarted) each time that
    /// a life has ended and another one will begin, and exactly one
    /// [`Down`](crate::event::Down) once the component has left for good; by
    /// [`Incarnation`](crate::Incarnation), exactly one `Down` once that life has
    /// ended, whatever comes next. Where that has happened before, `Down` comes at
    /// once, with [`End::Gone`](crate::event::End::Gone).
    ///
    /// - `Down` comes after all that the component, its tasks and its children have
    ///   put into this one's mailbox with the same priority, and when its name is
    ///   free: a handler can start another one of that name.
    /// - It has its place in the mailbox whatever the overflow rule. `Restarted` is
    ///   an event as others. A `Down` that no handler takes is a dead letter.
    /// - Each monitor has notices of its own, two of one component as well.
    /// - It ends with this life: a later one hears nothing of it. So does a
    ///   component hear nothing that is being drained.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::event::Down;
    /// # use circuits::Restart;
    /// # use circuits::prelude::*;
    /// # #[component]
    /// # #[derive(Default)]
    /// # struct Worker;
    /// # #[component]
    /// # impl Worker {}
    ///
    /// #[component]
    /// #[derive(Default)]
    /// struct Boss;
    ///
    /// #[component]
    /// impl Boss {
    ///     #[handler("started")]
    ///     async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
    ///         let worker = cx.supervise(Worker::default).restart(Restart::Transient).await?;
    ///         cx.monitor(&worker);
    ///         Ok(())
    ///     }
    ///
    ///     #[handler("down")]
    ///     fn down(&mut self, event: &Down) {
    ///         println!("{}: {}", event.name, event.end);
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> circuits::Result<()> {
    /// # System::new().supervise(Boss::default).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn monitor<R: Recipient>(&self, target: &R) -> Monitor {
        let life = target.one_life().map(NonZeroU64::get);
        monitor::monitor(&self.cell, self.stamp(), target.cell().clone(), life)
    }

    /// Links this life with one of another component, the one that it lives now:
    /// when one of them fails, so does the other.
    ///
    /// The other then ends at its next await with [`LinkBroken`](crate::LinkBroken),
    /// which names the one that failed and keeps its cause; its supervisor decides
    /// what comes next. A component with `#[component(on_link = "tell")]` goes on
    /// instead, and gets [`Down`](crate::event::Down): for whatever end of the other.
    /// An end in order takes nobody along.
    ///
    /// A link ends with the life of either: a restarted component has none until it
    /// is linked again. Linking with a component that does not live any more, or not
    /// yet again, is as if it failed right then.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::prelude::*;
    ///
    /// # #[derive(Event)]
    /// # struct Join { reader: Address<Reader> }
    /// # #[component]
    /// # struct Reader;
    /// # #[component]
    /// # impl Reader {}
    /// #[component]
    /// struct Writer;
    ///
    /// #[component]
    /// impl Writer {
    ///     #[handler("join")]
    ///     fn join(&mut self, event: &Join, cx: &Context<Self>) {
    ///         cx.link(&event.reader); // neither is any use without the other
    ///     }
    /// }
    /// ```
    pub fn link<R: Recipient>(&self, other: &R) -> Link {
        let cell = other.cell();
        let life = other
            .one_life()
            .map_or_else(|| cell.life(), NonZeroU64::get);
        link::link(&self.cell, self.stamp(), cell, life)
    }

    /// Adds a handler that takes `&mut self`, on the component's channel.
    ///
    /// It stays over restarts, until it is removed or the component leaves.
    ///
    /// # Errors
    /// The component has too many handlers.
    pub fn add_handler<E, F>(&self, run: F) -> Result<HandlerId, HandlerError>
    where
        E: Event,
        F: Fn(&mut C, &E, &Self) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
    {
        added::add(&self.cell, None, 0.0, run)
    }

    /// Adds a handler on a channel, with a priority.
    ///
    /// # Errors
    /// The channel's name is empty or too long, or the component has too many
    /// handlers.
    pub fn add_handler_on<E, F>(
        &self,
        channel: &str,
        priority: f64,
        run: F,
    ) -> Result<HandlerId, HandlerError>
    where
        E: Event,
        F: Fn(&mut C, &E, &Self) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
    {
        added::add(&self.cell, Some(channel), priority, run)
    }

    /// Removes a handler that was added; `false` if it is gone already.
    pub fn remove_handler(&self, id: HandlerId) -> bool {
        self.cell.additions().remove(self.cell.hub(), id)
    }

    /// Ends this component once the handler returns: a normal end. A
    /// permanent child is started again.
    pub fn stop(&self) {
        self.cell.control().tell_by_itself();
    }

    /// Returns a handle to the system, which can leave the handler.
    pub fn system(&self) -> Handle {
        let inbox = self.cell.parent().nursery().root();
        Handle {
            hub: self.cell.hub().clone(),
            inbox,
        }
    }

    /// Returns this component's address.
    pub fn address(&self) -> Address<C> {
        Address::new(self.cell.clone())
    }

    /// Returns this component's id.
    pub fn id(&self) -> ComponentId {
        self.cell.id()
    }

    /// Returns this component's name.
    pub fn name(&self) -> &str {
        self.cell.name()
    }

    /// Returns this component's channel.
    pub fn channel(&self) -> &str {
        self.cell.channel().as_str()
    }

    /// Returns which life of the component this is; the first is 1.
    pub fn life(&self) -> u64 {
        self.life
    }

    /// Runs a future for at most this time; what `timeout = ".."` on a handler does.
    ///
    /// # Errors
    /// The time is over; the future was dropped.
    pub async fn limit<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Error> {
        let done = runtime::timeout(limit, future).await;
        done.ok_or_else(|| HandlerTimeout(limit).into())
    }

    /// Marks what this life asks for.
    pub(crate) fn stamp(&self) -> Arc<Stamp> {
        Arc::new(Stamp::of(self.cell.id(), self.life))
    }

    fn place(&self) -> Place<'_> {
        let inbox = self.cell.open_children();
        Place {
            hub: self.cell.hub().clone(),
            inbox,
            scope: Some(self),
        }
    }

    fn target(&self) -> Target<'_> {
        Target::new(self.sender(), None)
    }

    fn sender(&self) -> Sender<'_> {
        let channel = self.cell.channel().as_str();
        Sender {
            hub: self.cell.hub(),
            scope: Some(self),
            channel,
            errand: None,
        }
    }
}

impl<C: Component> fmt::Debug for Context<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Context({}, life {}, {})",
            self.cell.name(),
            self.life,
            self.handler
        )
    }
}
