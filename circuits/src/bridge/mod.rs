//! Two systems in two processes, joined: chosen events cross, and their replies and
//! errors come back.
//!
//! ```text
//!   this system                                          the other system
//!   caller ─► channel "bridge" ─► Bridge ══ link ══► Inlet ─► channel "app" ─► handler
//!   caller ◄────────── reply ──── Bridge ◄══════════ Inlet ◄─── reply
//! ```

mod arrival;
mod component;
mod crossing;
mod error;
mod event;
mod inlet;
mod link;
#[cfg(unix)]
mod process;
mod serve;
mod source;
#[cfg(unix)]
mod unix;
mod wire;

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{oneshot, watch};

#[doc(hidden)]
pub use self::component::BridgeMessage;
use self::component::Hold;
use self::crossing::{OfType, Sent};
pub use self::error::{BridgeError, CrossError, FormatError, LinkError, RemoteCause, RemoteError};
pub use self::event::{Disconnected, Exited, Join, Ready, Refused};
use self::inlet::{Inlet, OnChannel, Received};
use self::link::{Flying, Link};
#[cfg(unix)]
pub use self::process::role;
use self::serve::Service;
use self::source::{Once, Source};
use crate::event::Event;
use crate::reply::Answer;
use crate::{Context, Error};

/// The longest frame that may be chosen.
const MAX_FRAME: usize = 1 << 30;

/// So many events are in flight at most: as many `&self` handlers as a component
/// runs at a time.
const MAX_IN_FLIGHT: usize = 1024;

/// One end of a link between two systems.
///
/// What is fired or called on its channel, and was chosen with [`send`](Self::send),
/// crosses the link and is fired on the other side, if that side has chosen it with
/// [`receive`](Self::receive). The reply, or the error, comes back and is the bridge's
/// answer: `call`, `call_all`, `completed()` and feedback go as if the handlers were
/// here. Nothing else crosses.
///
/// Its channel is `"bridge"`; `system.supervise(..).channel("..")` puts it on
/// another, so that each of several bridges can be addressed.
///
/// # What crosses
/// An event goes by its name and as MessagePack with the names of its fields, so its
/// type may gain fields that have a default on one side first. A side that does not
/// receive the event, or cannot read it, fails that one call and fires [`Refused`].
///
/// # Order and completion
/// From one sender, events arrive in the order fired, whatever their types. An event
/// is complete when the other side is done with it and with all that it caused
/// there. A fire that nobody handles there fails here as well: an `exception` with
/// [`RemoteError::NoHandler`].
///
/// A caller that gives up is noticed on the other side: its handlers hear that they are
/// unwanted, and their replies vanish.
///
/// # Bounds
/// At most 1,024 events are in flight in each direction ([`max_in_flight`](Self::max_in_flight)),
/// and a sender waits while more than 256 KiB wait to be written. Further ones wait in the
/// bridge's mailbox, in order, and then hold back who fires them. A frame has at most
/// 1 MiB ([`max_frame`](Self::max_frame)); what is longer fails that call. Two systems
/// that call each other in turn, more than 1,024 calls deep, wait for ever.
///
/// # When the link ends
/// [`Disconnected`] says why, all calls in flight fail at once with
/// [`CrossError::Disconnected`], and the bridge leaves the tree for good, also where it
/// is supervised, unless it was told to [`reconnect`](Self::reconnect). A frame that is
/// too long or cannot be read, and an answer to what was not asked, end the link.
///
/// # When it ends
/// Stopped or drained, it finishes what is in flight in both directions, writes what is
/// queued and closes the link, all within its shutdown time of 10 s.
///
/// # What it does not see
/// A ring of calls that goes over a link is not found: no
/// [`CallError::Deadlock`](crate::CallError::Deadlock). Where handlers that take
/// `&mut self` call over a bridge, give the calls a `timeout`.
///
/// # Examples
///
/// ```
/// use circuits::bridge::Bridge;
/// use circuits::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize, Debug)]
/// #[event(reply = String)]
/// struct Hello {
///     name: String,
/// }
///
/// #[component(channel = "greeter")]
/// struct Greeter;
///
/// #[component]
/// impl Greeter {
///     #[handler("hello")]
///     fn hello(&mut self, event: &Hello) -> String {
///         format!("Hello, {}!", event.name)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let (here, there) = tokio::io::duplex(1024); // two processes have a socket
///
/// let other = System::new();
/// other.supervise(|| Greeter).await?;
/// let bridge = Bridge::over(there).receive::<Hello>().on("greeter");
/// let listening = other.register(bridge);
///
/// let system = System::new();
/// let bridge = Bridge::over(here).send::<Hello>();
/// let calling = system.register(bridge);
/// tokio::try_join!(listening.into_future(), calling.into_future())?;
///
/// let answer = system.on("bridge").call(Hello { name: "world".into() }).await?;
/// assert_eq!(answer, "Hello, world!");
/// # Ok(())
/// # }
/// ```
pub struct Bridge {
    source: Arc<dyn Source>,
    sent: Vec<Box<dyn Sent>>,
    sent_types: HashSet<TypeId>,
    /// Made when it starts, since `on` may be said after `receive`.
    receivers: Vec<Receiver>,
    on: Option<String>,
    limits: Limits,
    current: Arc<Current>,
    /// The status of the last process that has ended; none while one runs, and no
    /// sender where none was started.
    exits: watch::Receiver<Option<ExitStatus>>,
    /// What ends the task of this life, and waits for it.
    task: Option<(watch::Sender<bool>, oneshot::Receiver<()>)>,
}

/// Makes a receiver of the channel that `on` says.
type Receiver = Box<dyn Fn(Option<String>) -> Arc<dyn Received> + Send + Sync>;

#[derive(Clone, Copy, Debug)]
struct Limits {
    max_frame: usize,
    max_in_flight: usize,
    reconnect: Option<Delays>,
}

/// How long to wait before the next link.
#[derive(Clone, Copy, Debug)]
struct Delays {
    next: Duration,
    longest: Duration,
}

impl Delays {
    fn next(&mut self) -> Duration {
        let delay = self.next;
        self.next = (delay * 2).min(self.longest);
        delay
    }
}

/// The link of a bridge, while there is one.
#[derive(Default)]
struct Current(Mutex<Option<Arc<Link>>>);

impl Current {
    fn get(&self) -> Option<Arc<Link>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, link: Option<Arc<Link>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = link;
    }
}

impl Bridge {
    /// Makes one over a stream that is there, such as one end of a socket pair.
    ///
    /// It can be started once; register it by value.
    pub fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::from_source(Once::new(stream))
    }

    /// Sends events of a type: what is fired or called on the bridge's channel crosses.
    #[must_use]
    pub fn send<E>(mut self) -> Self
    where
        E: Event + Serialize,
        E::Reply: DeserializeOwned,
    {
        self.sent.push(Box::new(OfType::<E>::new()));
        self.sent_types.insert(TypeId::of::<E>());
        self
    }

    /// Receives events of a type: the other side may fire and call them here, on the
    /// channel that [`on`](Self::on) says, else on the event's own channel, else on
    /// all channels.
    #[must_use]
    pub fn receive<E>(mut self) -> Self
    where
        E: Event + DeserializeOwned,
        E::Reply: Serialize,
    {
        self.receivers
            .push(Box::new(|on| Arc::new(OnChannel::<E>::new(on))));
        self
    }

    /// Receives events of a type, and fires them on this channel.
    #[must_use]
    pub fn receive_on<E>(mut self, channel: impl Into<String>) -> Self
    where
        E: Event + DeserializeOwned,
        E::Reply: Serialize,
    {
        let channel = channel.into();
        self.receivers.push(Box::new(move |_| {
            Arc::new(OnChannel::<E>::new(Some(channel.clone())))
        }));
        self
    }

    /// Sets the channel on which received events are fired.
    #[must_use]
    pub fn on(mut self, channel: impl Into<String>) -> Self {
        self.on = Some(channel.into());
        self
    }

    /// Sets the longest frame that this side takes, in bytes; 1 MiB unless said, at
    /// least 64 KiB and at most 1 GiB. A frame is allocated as a whole.
    #[must_use]
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.limits.max_frame = bytes.clamp(wire::MAX_HELLO, MAX_FRAME);
        self
    }

    /// Sets how many events may be in flight in either direction, each until the
    /// other side is done with it and all that it caused; 1,024 unless said, which is
    /// the most. Of the limits of both sides the smaller one counts.
    #[must_use]
    pub fn max_in_flight(mut self, events: usize) -> Self {
        self.limits.max_in_flight = events.clamp(1, MAX_IN_FLIGHT);
        self
    }

    /// Opens the next link when one has ended or did not come about: after the first
    /// delay, then after twice that, and so on up to the longest, and again from the
    /// first once a link was up.
    ///
    /// The start does not wait for the first link then: [`Ready`] tells. Meanwhile
    /// calls fail at once with [`CrossError::NotConnected`].
    #[must_use]
    pub fn reconnect(mut self, first: Duration, longest: Duration) -> Self {
        let next = first.max(Duration::from_millis(1));
        let longest = longest.max(next);
        self.limits.reconnect = Some(Delays { next, longest });
        self
    }

    fn from_source(source: impl Source + 'static) -> Self {
        Self {
            source: Arc::new(source),
            sent: Vec::new(),
            sent_types: HashSet::new(),
            receivers: Vec::new(),
            on: None,
            limits: Limits {
                max_frame: 1 << 20,
                max_in_flight: MAX_IN_FLIGHT,
                reconnect: None,
            },
            current: Arc::default(),
            exits: watch::channel(None).1,
            task: None,
        }
    }

    fn link(&self) -> Option<Arc<Link>> {
        self.current.get()
    }

    fn is_sent(&self, event: TypeId) -> bool {
        self.sent_types.contains(&event)
    }

    /// Waits for the process that runs, if this bridge starts processes.
    async fn join(&self) -> Answer<ExitStatus> {
        if !self.source.starts_processes() {
            return Answer::Nothing;
        }
        let mut exits = self.exits.clone();
        match exits.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(status)) => Answer::Reply(*status),
            _ => Answer::Nothing,
        }
    }

    /// Keeps the cause of an event open until the other side is done with it.
    fn hold(&self, flying: Flying, cx: &Context<Self>) {
        cx.to(&cx.address()).fire(Hold(flying));
    }

    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        let received = self.check(cx.channel())?;
        // Handlers that are added stay over restarts.
        if cx.life() == 1 {
            for sent in &self.sent {
                sent.listen(cx)?;
            }
        }
        let inlet = cx.supervise(|| Inlet).named("inlet").channel(cx.channel());
        let (stop, stopping) = watch::channel(false);
        let (done, over) = oneshot::channel();
        let (exited, exits) = watch::channel(None);
        self.exits = exits;
        let mut service = Service {
            source: self.source.clone(),
            received,
            limits: self.limits,
            current: self.current.clone(),
            bridge: cx.address(),
            inlet: inlet.await?,
            system: cx.system(),
            count: 0,
            exited,
            stop: stopping,
            _done: done,
        };
        let is_awaited = self.source.is_awaited() && self.limits.reconnect.is_none();
        let first = if is_awaited {
            Some(service.connect().await?)
        } else {
            None
        };
        cx.spawn(service.run(first));
        self.task = Some((stop, over));
        Ok(())
    }

    async fn stopped(&mut self) {
        if let Some((stop, over)) = self.task.take() {
            let _ = stop.send(true);
            let _ = over.await;
        }
    }

    /// Finds what contradicts itself.
    fn check(&self, channel: &str) -> Result<HashMap<&'static str, Arc<dyn Received>>, Error> {
        let mut names = HashSet::new();
        for sent in &self.sent {
            if !names.insert(sent.name()) {
                return Err(BridgeError::SameName(sent.name()).into());
            }
        }
        if self.limits.reconnect.is_some() && !self.source.is_lasting() {
            return Err(BridgeError::CannotReconnect.into());
        }
        let mut received = HashMap::new();
        for receiver in &self.receivers {
            let receiver = receiver(self.on.clone());
            let name = receiver.name();
            if names.contains(name) && ["*", channel].contains(&receiver.channel()) {
                return Err(BridgeError::Echo(name).into());
            }
            if received.insert(name, receiver).is_some() {
                return Err(BridgeError::SameName(name).into());
            }
        }
        let size = received.keys().map(|name| name.len() + wire::HEAD).sum();
        let limit = wire::MAX_HELLO / 2;
        if size > limit {
            return Err(BridgeError::TooManyNames { size, limit }.into());
        }
        Ok(received)
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |names: Vec<&str>| names.join(", ");
        let sent = names(self.sent.iter().map(|sent| sent.name()).collect());
        write!(
            f,
            "Bridge(sends {sent}, connected: {})",
            self.link().is_some()
        )
    }
}
