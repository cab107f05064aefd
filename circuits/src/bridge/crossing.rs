//! Events of this side on their way to the other.

use std::any::TypeId;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bridge::link::{Flying, Outcome};
use crate::bridge::wire::{Frame, decode, encode};
use crate::bridge::{Bridge, CrossError};
use crate::component::{HandlerError, HandlerId};
use crate::event::{AnyEvent, Event};
use crate::reply::{Answer, Envelope, Letter};
use crate::{Context, Error};

/// An event type that is sent.
pub(super) trait Sent: Send + Sync {
    fn name(&self) -> &'static str;

    /// Makes a bridge hear the event on its channel.
    fn listen(&self, cx: &Context<Bridge>) -> Result<HandlerId, HandlerError>;
}

pub(super) struct OfType<E>(PhantomData<fn() -> E>);

impl<E> OfType<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E> Sent for OfType<E>
where
    E: Event + Serialize,
    E::Reply: DeserializeOwned,
{
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn listen(&self, cx: &Context<Bridge>) -> Result<HandlerId, HandlerError> {
        cx.listen::<E>(cx.channel())
    }
}

type Way<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// An event in the mailbox of a bridge, whatever its type.
pub(super) trait Crossing: Send + Sync {
    fn name(&self) -> &'static str;
    fn letter(&self) -> &dyn Letter;
    fn share(self: Box<Self>) -> (AnyEvent, Box<dyn Crossing>);
    fn cross<'a>(&'a self, bridge: &'a Bridge, cx: &'a Context<Bridge>) -> Way<'a>;
}

impl<E> Crossing for Envelope<E>
where
    E: Event + Serialize,
    E::Reply: DeserializeOwned,
{
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn letter(&self) -> &dyn Letter {
        self
    }

    fn share(self: Box<Self>) -> (AnyEvent, Box<dyn Crossing>) {
        (*self).share(|envelope| -> Box<dyn Crossing> { Box::new(envelope) })
    }

    fn cross<'a>(&'a self, bridge: &'a Bridge, cx: &'a Context<Bridge>) -> Way<'a> {
        Box::pin(async move {
            let flying = send(self.event(), bridge).await?;
            match outcome::<E>(&flying, cx).await {
                Ok(answer) => {
                    // The caller is told now; the event is complete when this
                    // handler returns, since it holds a share of its cause.
                    self.answer(answer)?;
                    flying.done().await;
                    Ok(())
                }
                Err(error) => {
                    // An error is told by returning it, so another event holds the cause.
                    bridge.hold(flying, cx);
                    Err(error.into())
                }
            }
        })
    }
}

/// Sends an event when it is its turn.
async fn send<E: Event + Serialize>(event: &E, bridge: &Bridge) -> Result<Flying, CrossError> {
    if !bridge.is_sent(TypeId::of::<E>()) {
        return Err(CrossError::NotSent(E::NAME));
    }
    let link = bridge.link().ok_or(CrossError::NotConnected)?;
    if !link.is_received(E::NAME) {
        return Err(CrossError::NotReceived(E::NAME.to_owned()));
    }
    let flying = link.admit().await.map_err(|_| CrossError::NotConnected)?;
    // From its turn to the queue of frames there is no await, so none comes between.
    let frame = encode(event).and_then(|event| {
        encode(&Frame::Fire {
            id: flying.id,
            name: E::NAME.to_owned(),
            event,
        })
    });
    let error = match frame {
        Ok(frame) if frame.len() <= link.max_frame() => {
            link.push(frame);
            return Ok(flying);
        }
        Ok(frame) => CrossError::TooLarge {
            name: E::NAME,
            size: frame.len(),
            limit: link.max_frame(),
        },
        Err(source) => CrossError::Encode {
            name: E::NAME,
            source,
        },
    };
    flying.ground();
    Err(error)
}

/// Waits for what the other side's call gives, as long as somebody wants it.
async fn outcome<E: Event>(
    flying: &Flying,
    cx: &Context<Bridge>,
) -> Result<Answer<E::Reply>, CrossError>
where
    E::Reply: DeserializeOwned,
{
    // Not by tokio's budget: one sender would overtake another.
    let unwanted = tokio::task::coop::unconstrained(cx.unwanted());
    let outcome = tokio::select! {
        biased;
        outcome = flying.outcome() => outcome.map_err(CrossError::Disconnected)?,
        () = unwanted => {
            flying.cancel();
            return Ok(Answer::Nothing);
        }
    };
    match outcome {
        Outcome::Reply(bytes) => match decode(&bytes) {
            Ok(reply) => Ok(Answer::Reply(reply)),
            Err(source) => Err(CrossError::Decode {
                name: E::NAME,
                source,
            }),
        },
        Outcome::Nothing => Ok(Answer::Nothing),
        Outcome::Failed(failure) => Err(CrossError::Remote(failure.into_error())),
    }
}
