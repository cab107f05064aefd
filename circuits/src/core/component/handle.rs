//! A system as its components see it: all the verbs, from any thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::core::component::spec::Place;
use crate::core::component::{
    Call, CallAll, Children, Command, Component, Direct, Fire, Inbox, OnChannel, Phase, PhaseError,
    Phases, Recipient, Register, Sender, Supervise, Target, Targets, Wait,
};
use crate::core::event::{Error, Event};
use crate::core::route::Hub;
use crate::core::tap::{EventCount, Tap, TapGuard, Taps};

/// A handle to a running system; cheap to clone, usable from any thread.
///
/// It does not keep the system alive: see `System`.
#[derive(Clone)]
pub struct Handle {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inbox: Arc<Inbox>,
}

impl Handle {
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

    /// Fires an event on its own channel, or on all if it has none; see [`Fire`].
    pub fn fire<E: Event>(&self, event: E) -> Fire<'_, E, OnChannel<'_>> {
        self.target().fire(event)
    }

    /// Fires an event on its own channel, or on all, and waits for the reply.
    pub fn call<E: Event>(&self, event: E) -> Call<'_, E, OnChannel<'_>> {
        self.target().call(event)
    }

    /// Fires an event on its own channel, or on all, and waits for every result.
    pub fn call_all<E: Event>(&self, event: E) -> CallAll<'_, E, OnChannel<'_>> {
        self.target().call_all(event)
    }

    /// Waits for the next event of a type on its own channel, or on all.
    pub fn wait<E: Event>(&self) -> Wait<E> {
        self.target().wait()
    }

    /// Adds a child to the root of the tree, made by a factory.
    pub fn supervise<C, F>(&self, factory: F) -> Supervise<'_, F>
    where
        C: Component,
        F: Fn() -> C + Send + Sync + 'static,
    {
        Supervise::new(self.place(), factory)
    }

    /// Adds a child to the root of the tree by value: it is never restarted.
    pub fn register<C: Component>(&self, component: C) -> Register<'_, C> {
        Register::new(self.place(), component)
    }

    /// Returns the components at the root of the tree, to list and manage them.
    pub fn children(&self) -> Children {
        Children::new(self.place())
    }

    /// Adds a phase to the shutdown, after those that were added before; best
    /// done where the system is made. A component takes part in phases by
    /// handling [`ShutdownPhase`](crate::event::ShutdownPhase): one that adds a
    /// phase itself is refused when it is started again, as the name is taken.
    ///
    /// # Errors
    /// A phase has the same name, or the system is ending already: then nothing
    /// is added.
    pub fn add_phase(&self, phase: Phase) -> Result<(), PhaseError> {
        self.phases().add(phase)
    }

    /// Sets how long the tree may take to drain once the phases of a shutdown are
    /// over; then it is killed, which is a failure as that of a phase. Unless
    /// said, the shutdown times of the components alone limit it.
    ///
    /// # Errors
    /// The system is ending already.
    pub fn limit_tree(&self, limit: Duration) -> Result<(), PhaseError> {
        self.phases().limit_tree(limit)
    }

    /// Ends the system in order: runs its phases ([`Phase`]), then drains the
    /// tree. Without phases this is [`Handle::drain`].
    ///
    /// Returns at once; `System::join` waits for the end. Asked again, also from
    /// other threads, it changes nothing: there is one run, and all wait for the
    /// same end. Until the phases are over every component goes on as ever. A
    /// tree that gives up by itself (see [`RestartLimit`](crate::RestartLimit))
    /// ends without its phases.
    pub fn shutdown(&self) {
        self.shutdown_with(0);
    }

    /// Ends the system in order, with an exit code for the shell.
    pub fn shutdown_with(&self, code: u8) {
        self.hub.set_exit_code(code);
        self.inbox.nursery().serve(&self.hub, &self.inbox);
        self.phases().begin(self);
    }

    /// Stops the system: running handlers finish, what is queued becomes dead
    /// letters. Returns at once; `System::join` waits for the end.
    ///
    /// As `exit`, `drain` and `kill`, it leaves out the phases of a shutdown: one
    /// that runs is cut off.
    pub fn stop(&self) {
        self.end(Command::Stop, 0);
    }

    /// Stops the system with an exit code for the shell.
    pub fn exit(&self, code: u8) {
        self.end(Command::Stop, code);
    }

    /// Stops the system with an error, which `System::run` and `System::join`
    /// return: a `main` that returns it as well prints it to stderr and ends the
    /// process with status 1.
    ///
    /// The first error counts, and more than an exit code. Once the system has
    /// stopped, nothing changes.
    pub fn fail(&self, error: impl Into<Error>) {
        if !self.is_stopped() {
            self.hub.set_failure(error.into());
        }
        self.stop();
    }

    /// Stops the system once what is queued has been handled.
    pub fn drain(&self) {
        self.end(Command::Drain, 0);
    }

    /// Ends the system at once: handlers are dropped at their next await.
    pub fn kill(&self) {
        self.end(Command::Kill, 0);
    }

    /// Tells whether the system has stopped.
    pub fn is_stopped(&self) -> bool {
        self.hub.is_stopped()
    }

    /// Returns how many events went nowhere so far.
    pub fn dead_letters(&self) -> u64 {
        self.hub.counters.dead_letters.load(Ordering::Relaxed)
    }

    /// Returns how many handlers failed so far.
    pub fn exceptions(&self) -> u64 {
        self.hub.counters.exceptions.load(Ordering::Relaxed)
    }

    /// Returns how many times a component was started again so far.
    pub fn restarts(&self) -> u64 {
        self.hub.counters.restarts.load(Ordering::Relaxed)
    }

    /// Returns how many components were abandoned so far because they blocked
    /// their thread when they were to end.
    pub fn stuck(&self) -> u64 {
        self.hub.counters.stuck.load(Ordering::Relaxed)
    }

    /// Hangs a tap onto the system, which hears all that is fired from now on, and
    /// what comes of it, until the guard is dropped; see [`Tap`]. Several may hang
    /// there; they are called in the order in which they were hung up.
    pub fn tap(&self, tap: impl Tap) -> TapGuard {
        Taps::hang(&self.hub, Box::new(tap))
    }

    /// Returns what was counted of each event while taps were there, by name; see
    /// [`EventCount`].
    pub fn event_counts(&self) -> Vec<EventCount> {
        self.hub.taps.event_counts()
    }

    fn end(&self, how: Command, code: u8) {
        self.phases().cut();
        self.hub.set_exit_code(code);
        self.inbox.nursery().serve(&self.hub, &self.inbox);
        self.inbox.shut_down(how);
    }

    fn phases(&self) -> Arc<dyn Phases> {
        self.inbox.nursery().phases()
    }

    pub(crate) fn place(&self) -> Place<'_> {
        self.inbox.nursery().serve(&self.hub, &self.inbox);
        Place {
            hub: self.hub.clone(),
            inbox: self.inbox.clone(),
            scope: None,
        }
    }

    fn target(&self) -> Target<'_> {
        Target::new(self.sender(), None)
    }

    fn sender(&self) -> Sender<'_> {
        Sender {
            hub: &self.hub,
            scope: None,
            channel: "*",
            errand: None,
        }
    }
}

/// Writes `<Handle [R]>`, or `[S]` once the system has stopped.
impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_stopped() { 'S' } else { 'R' };
        write!(f, "<Handle [{state}]>")
    }
}
