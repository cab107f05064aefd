//! What all components of one system share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tracing::Span;

use crate::core::event::{AnyEvent, End, Error, Event, Name, Reason, Who};
use crate::core::id::{Channel, ChannelError, Channels, ComponentId};
use crate::core::reply::{Ask, Notes};
use crate::core::route::observe::{Completion, echo};
use crate::core::route::router::Router;
use crate::core::route::{Dispatch, Rooms, Route, Sent, Telling};
use crate::core::runtime::Runtime;
use crate::core::tap::{FiringId, Member, Source, Start, Tapped, Taps, Trace, is_spanned};

/// The routes, the counters and the runtime of one system.
pub(crate) struct Hub {
    pub(crate) router: Router,
    pub(crate) counters: Counters,
    pub(crate) taps: Taps,
    runtime: Runtime,
    next: AtomicU64,
    stopped: AtomicBool,
    stop: Notify,
    ending: AtomicBool,
    /// What is left of the time for those that are stuck, in milliseconds.
    grace: AtomicU64,
    exit_code: AtomicU8,
    failure: Mutex<Option<Error>>,
}

/// All that are stuck share so much while a tree ends: a second, less what it
/// takes to notice that the children of some have ended.
const MILLIS_FOR_STUCK: u64 = 900;

/// What a system has counted since it was made.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) dead_letters: AtomicU64,
    pub(crate) exceptions: AtomicU64,
    pub(crate) restarts: AtomicU64,
    pub(crate) stuck: AtomicU64,
}

impl Hub {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            router: Router::new(),
            counters: Counters::default(),
            taps: Taps::new(),
            runtime: Runtime::current(),
            next: AtomicU64::new(1),
            stopped: AtomicBool::new(false),
            stop: Notify::new(),
            ending: AtomicBool::new(false),
            grace: AtomicU64::new(0),
            exit_code: AtomicU8::new(0),
            failure: Mutex::new(None),
        })
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Returns an id that no component of this system had before.
    pub(crate) fn next_id(&self) -> ComponentId {
        ComponentId::new(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells whether somebody listens in, so that what is fired needs a trace.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.taps.are_on() || is_spanned()
    }

    /// Begins the trace of what the framework fires, if somebody listens in.
    pub(crate) fn trace<E: Event>(
        &self,
        because: Option<FiringId>,
        channels: &[&str],
        target: Option<&dyn Fn() -> Member>,
    ) -> Option<Arc<Trace>> {
        if !self.is_watched() {
            return None;
        }
        let start = Start {
            cause: because,
            sender: Source::Framework,
            channels,
            target: target.map(|target| target()),
            span: Span::none(),
            awaited: false,
        };
        Some(Trace::new::<E>(&self.taps, start))
    }

    /// Sends an event on a channel.
    ///
    /// # Errors
    /// The channel's name is empty or too long; nothing was sent.
    pub(crate) fn send<E: Event>(
        self: &Arc<Self>,
        channel: &str,
        event: E,
        mut dispatch: Dispatch<E>,
        who: impl FnOnce() -> Option<Arc<Who>>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        if let Err(error) = Channel::check(channel) {
            return Err((error, event));
        }
        let completion = self.prepare(&[channel], &mut dispatch);
        let sent = match event.own_name() {
            Some(name) => {
                let route = self.router.single_use_route(Some(name), &[channel]);
                self.send_by(&route, &[channel], event, dispatch, who)
            }
            None => self.router.with_route(channel, |route| {
                self.send_by(route, &[channel], event, dispatch, who)
            }),
        };
        if let Some(completion) = completion {
            bind(&completion, &sent);
        }
        Ok(sent)
    }

    /// Sends an event on several channels at once: who listens on any of them
    /// hears it once.
    ///
    /// # Errors
    /// There are no channels, or too many, or the name of one is empty or too
    /// long; nothing was sent.
    pub(crate) fn send_on_all<E: Event>(
        self: &Arc<Self>,
        channels: &[&str],
        event: E,
        mut dispatch: Dispatch<E>,
        who: impl FnOnce() -> Option<Arc<Who>>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        if let [channel] = channels {
            return self.send(channel, event, dispatch, who);
        }
        if let Err(error) = Channels::check(channels) {
            return Err((error, event));
        }
        let completion = self.prepare(channels, &mut dispatch);
        let name = event.own_name().map(Name::as_str);
        let route = self.router.single_use_route(name, channels);
        let sent = self.send_by(&route, channels, event, dispatch, who);
        if let Some(completion) = completion {
            bind(&completion, &sent);
        }
        Ok(sent)
    }

    #[inline]
    fn send_by<E: Event>(
        self: &Arc<Self>,
        route: &Arc<Route<E>>,
        channels: &[&str],
        event: E,
        mut dispatch: Dispatch<E>,
        who: impl FnOnce() -> Option<Arc<Who>>,
    ) -> Sent<E> {
        if let Some(trace) = &mut dispatch.notes.trace {
            Trace::fired(trace, &event, route.len());
        }
        if route.is_empty() {
            return self.send_unheard(event, dispatch, |event, dispatch| {
                route.send(event, dispatch)
            });
        }
        route.note(&mut dispatch.notes, channels, who);
        route.send(event, dispatch)
    }

    /// Sends an event along a route that was made for it alone.
    pub(crate) fn send_along<E: Event>(
        self: &Arc<Self>,
        route: &Arc<Route<E>>,
        event: E,
        mut dispatch: Dispatch<E>,
        who: impl FnOnce() -> Option<Arc<Who>>,
    ) -> Sent<E> {
        let completion = self.prepare(&[], &mut dispatch);
        let sent = self.send_by(route, &[], event, dispatch, who);
        if let Some(completion) = completion {
            bind(&completion, &sent);
        }
        sent
    }

    /// Sets up the feedback that the event's type asks for.
    fn prepare<E: Event>(
        self: &Arc<Self>,
        channels: &[&str],
        dispatch: &mut Dispatch<E>,
    ) -> Option<Completion<E>> {
        if const { !E::FEEDBACK.any() } {
            return None;
        }
        if dispatch.notes.channels.is_empty() {
            dispatch.notes.channels = Channels::new(channels);
        }
        let completion = E::FEEDBACK.complete.is_wanted().then(|| {
            let (completion, cause) = Completion::new(self, &dispatch.notes);
            dispatch.notes.cause = Some(cause);
            completion
        });
        dispatch.observer = Some(echo(self, completion.clone()));
        completion
    }

    /// Counts an event that nobody hears, except where its sender awaits an answer.
    fn send_unheard<E: Event>(
        self: &Arc<Self>,
        event: E,
        dispatch: Dispatch<E>,
        send: impl FnOnce(E, Dispatch<E>) -> Sent<E>,
    ) -> Sent<E> {
        let asked = dispatch.ask != Ask::Nothing;
        if asked {
            return send(event, dispatch);
        }
        let reason = if self.is_stopped() {
            Reason::Stopped
        } else {
            Reason::NoHandler
        };
        let name = Name::of(&event);
        let channels = dispatch.notes.channels.clone();
        let trace = dispatch.notes.trace.clone();
        let held = trace.as_ref().map(Trace::hold);
        if E::FEEDBACK.any() {
            // Those who asked for feedback are told as well: the record has the event.
            let sent = send(event, dispatch);
            let event = sent.delivery.as_ref().and_then(|it| it.event());
            self.dead_letter(trace.as_ref(), name.clone(), reason, || match event {
                Some(event) => AnyEvent::new(event, channels),
                None => AnyEvent::named(name),
            });
            return sent;
        }
        let event = || AnyEvent::new(Arc::new(event), channels);
        self.dead_letter(trace.as_ref(), name, reason, event);
        drop(held);
        if let Some(trace) = trace {
            trace.close();
        }
        Sent {
            heard: false,
            rooms: Rooms::NONE,
            delivery: None,
        }
    }

    /// Fires one of the framework's own events, if anybody handles it; returns
    /// whether.
    pub(crate) fn tell<E: Event>(
        self: &Arc<Self>,
        telling: Telling<'_>,
        event: impl FnOnce() -> E,
    ) -> bool {
        let mut event = Some(event);
        self.tell_lazily(telling, &mut || event.take().map(|event| event()))
    }

    /// Tells whether anybody may hear an event on some channel, or listens in.
    pub(crate) fn may_hear<E: Event>(&self) -> bool {
        self.router.may_hear::<E>() || self.is_watched()
    }

    /// Compiled once for each event, and not for each way to make it.
    pub(super) fn tell_lazily<E: Event>(
        self: &Arc<Self>,
        telling: Telling<'_>,
        event: &mut dyn FnMut() -> Option<E>,
    ) -> bool {
        if !self.may_hear::<E>() {
            return false;
        }
        let channel = match telling.channels {
            [] => "*",
            [channel] => channel,
            several => {
                let route = self.router.single_use_route(None, several);
                return self.tell_by(&route, telling, event);
            }
        };
        self.router
            .with_route(channel, |route| self.tell_by(route, telling, event))
    }

    fn tell_by<E: Event>(
        &self,
        route: &Arc<Route<E>>,
        telling: Telling<'_>,
        event: &mut dyn FnMut() -> Option<E>,
    ) -> bool {
        let Telling {
            channels,
            notes,
            because,
            quiet,
        } = telling;
        let channels = if channels.is_empty() {
            &["*"]
        } else {
            channels
        };
        let heard = !route.is_empty();
        let mut trace = if heard || !quiet {
            self.trace::<E>(because, channels, None)
        } else {
            None
        };
        if !heard && trace.is_none() {
            return false;
        }
        let Some(event) = event() else {
            return false;
        };
        if let Some(trace) = &mut trace {
            Trace::fired(trace, &event, route.len());
        }
        if heard {
            let mut dispatch = Dispatch::new(Notes { trace, ..notes });
            route.note(&mut dispatch.notes, channels, || None);
            route.send(event, dispatch);
        } else if let Some(trace) = trace {
            trace.close();
        }
        heard
    }

    /// Sets what the process shall tell the shell; the first code that is not 0 counts.
    pub(crate) fn set_exit_code(&self, code: u8) {
        let _ = self
            .exit_code
            .compare_exchange(0, code, Ordering::SeqCst, Ordering::SeqCst);
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code.load(Ordering::SeqCst)
    }

    /// Counts that a component is started again: a life of it has ended so.
    pub(crate) fn count_restart(&self, component: impl FnOnce() -> Member, end: &End) {
        self.counters.restarts.fetch_add(1, Ordering::Relaxed);
        if self.taps.are_on() {
            self.taps.restarts(&component(), end);
        }
    }

    pub(crate) fn count_stuck(&self) {
        self.counters.stuck.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the whole tree is ending: from now on those that are stuck get
    /// a second in all.
    pub(crate) fn begin_ending(self: &Arc<Self>) {
        if !self.ending.swap(true, Ordering::SeqCst) {
            let hub = Arc::downgrade(self);
            self.runtime
                .keep_awake(move || hub.upgrade().is_some_and(|hub| !hub.is_stopped()));
            self.grace.store(MILLIS_FOR_STUCK, Ordering::SeqCst);
        }
    }

    /// Returns how long to wait for one that was killed: this long, unless the
    /// whole tree is ending. Then it is half of what is left, so that the end of
    /// a tree has a bound, however many of its components are stuck.
    pub(crate) fn grace(&self, usual: Duration) -> Duration {
        if !self.ending.load(Ordering::SeqCst) {
            return usual;
        }
        let left = self.grace.load(Ordering::SeqCst);
        Duration::from_millis((left / 2).max(10))
    }

    /// Takes off what was waited for one that is stuck.
    pub(crate) fn spend_grace(&self) {
        let _ = self
            .grace
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                Some(left - left / 2)
            });
    }

    /// Keeps why the whole tree ended.
    pub(crate) fn set_failure(&self, error: Error) {
        let mut failure = self.failure.lock();
        failure.get_or_insert(error);
    }

    pub(crate) fn failure(&self) -> Option<Error> {
        self.failure.lock().clone()
    }

    /// Marks the system as stopped and wakes those who wait for events.
    pub(crate) fn set_stopped(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.stop.notify_waiters();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Waits until the system has stopped.
    pub(crate) async fn stopped(self: Arc<Self>) {
        let notified = self.stop.notified();
        let mut notified = std::pin::pin!(notified);
        notified.as_mut().enable();
        if !self.is_stopped() {
            notified.await;
        }
    }
}

impl Tapped for Hub {
    fn taps(&self) -> &Taps {
        &self.taps
    }
}

fn bind<E: Event>(completion: &Completion<E>, sent: &Sent<E>) {
    if let Some(event) = sent.delivery.as_ref().and_then(|delivery| delivery.event()) {
        completion.bind(&event);
    }
}
