//! Events of the other side, fired on this one.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bridge::arrival::Arrival;
use crate::bridge::link::{Link, Outcome};
use crate::bridge::wire::{Failure, Frame, decode, encode};
use crate::bridge::{FormatError, Refused};
use crate::{CallError, Context, Error, Event, component, event, handler};

/// An event type that is received, and the channel on which it is fired.
pub(super) trait Received: Send + Sync {
    fn name(&self) -> &'static str;
    fn channel(&self) -> &str;

    /// Calls it here; an error if it cannot be read.
    fn call<'a>(&'a self, bytes: &[u8], cx: &'a Context<Inlet>)
    -> Result<Calling<'a>, FormatError>;
}

type Calling<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

pub(super) struct OnChannel<E> {
    channel: String,
    event: PhantomData<fn() -> E>,
}

impl<E: event::Event> OnChannel<E> {
    /// Fires it on this channel, else on the event's own, else on all.
    pub(super) fn new(channel: Option<String>) -> Self {
        let channel = channel.or_else(|| E::CHANNEL.map(str::to_owned));
        Self {
            channel: channel.unwrap_or_else(|| "*".to_owned()),
            event: PhantomData,
        }
    }
}

impl<E> Received for OnChannel<E>
where
    E: event::Event + DeserializeOwned,
    E::Reply: Serialize,
{
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn channel(&self) -> &str {
        &self.channel
    }

    fn call<'a>(
        &'a self,
        bytes: &[u8],
        cx: &'a Context<Inlet>,
    ) -> Result<Calling<'a>, FormatError> {
        let event: E = decode(bytes)?;
        Ok(Box::pin(async move {
            let called = cx.on(&self.channel).call(event).await;
            match called.map(|reply| encode(&reply)) {
                Ok(Ok(reply)) => Outcome::Reply(reply),
                Ok(Err(error)) => Outcome::Failed(Failure::caused("reply", &error)),
                Err(CallError::NoReply) => Outcome::Nothing,
                Err(error) => Outcome::Failed(Failure::of_call(&error)),
            }
        }))
    }
}

/// An event of the other side that is to be fired here; of no type if this side
/// does not receive it.
#[derive(Event)]
#[event(crate = crate)]
pub(super) struct Inbound {
    pub(super) link: Arc<Link>,
    pub(super) arrival: Arc<Arrival>,
    pub(super) name: String,
    pub(super) received: Option<Arc<dyn Received>>,
    pub(super) event: Bytes,
}

/// The child of a bridge through which events come in.
///
/// Apart from the bridge, so that calls in one direction leave places for those in
/// the other. It ends before the bridge does, while the link can still answer.
#[component(crate = crate, mailbox = 1024)]
pub(super) struct Inlet;

#[component(crate = crate)]
impl Inlet {
    /// Takes part in the cause of what the other side sent: that is complete when
    /// all is done that comes of it here.
    #[handler("inbound")]
    async fn inbound(&self, inbound: &Inbound, cx: &Context<Self>) {
        let outcome = tokio::select! {
            biased;
            outcome = outcome(inbound, cx) => outcome,
            // Dropped, the call tells its handlers that nobody wants it.
            () = inbound.arrival.cancelled() => return,
        };
        inbound.link.room().await;
        respond(&inbound.link, &inbound.arrival, outcome);
    }
}

async fn outcome(inbound: &Inbound, cx: &Context<Inlet>) -> Outcome {
    let Some(received) = &inbound.received else {
        let error = Error::new("this side does not receive it");
        cx.fire(Refused::new(inbound.name.clone(), error)).await;
        return Outcome::Failed(Failure::plain("not_received"));
    };
    match received.call(&inbound.event, cx) {
        Ok(calling) => calling.await,
        Err(error) => {
            let failure = Failure::caused("unreadable", &error);
            let refused = Refused::new(inbound.name.clone(), error.into());
            cx.fire(refused).await;
            Outcome::Failed(failure)
        }
    }
}

/// Answers, unless that has been done, or nobody waits for it.
pub(super) fn respond(link: &Link, arrival: &Arrival, outcome: Outcome) {
    if !arrival.claim() {
        return;
    }
    let id = arrival.id;
    let frame = match outcome {
        Outcome::Reply(reply) => encode(&Frame::Reply { id, reply }),
        Outcome::Nothing => encode(&Frame::Nothing { id }),
        Outcome::Failed(failure) => encode(&Frame::Fail { id, failure }),
    };
    match frame {
        Ok(frame) if frame.len() <= link.max_frame() => link.push(frame),
        Ok(frame) => {
            let (size, limit) = (frame.len(), link.max_frame());
            let what = format!("the reply takes {size} bytes and a frame has at most {limit}");
            let failure = Failure::caused("reply", &FormatError::new(what));
            if let Ok(frame) = encode(&Frame::Fail { id, failure }) {
                link.push(frame);
            }
        }
        // Numbers, bytes and texts can always be written.
        Err(error) => tracing::error!(target: "circuits", %error, "a frame was not written"),
    }
}
