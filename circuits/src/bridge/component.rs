//! The bridge as a component.
//!
//! Written by hand: it handles whatever types of event it is told to send, which
//! the macros could not list.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bridge::crossing::Crossing;
use crate::bridge::link::Flying;
use crate::bridge::{Bridge, Join};
use crate::component::{Added, Component, Declare, Handler, Handles, Options, Ran, Shared};
use crate::event::{AnyEvent, Event, Inline};
use crate::mailbox::{Message, Mode};
use crate::reply::{Answer, Envelope, Letter, Notice};
use crate::{Context, Error, Shutdown};

/// Holds the cause of an event that failed, until the other side is done with it.
pub(super) struct Hold(pub(super) Flying);

#[diagnostic::do_not_recommend]
impl Event for Hold {
    type Reply = ();
    type Slot = Inline<Self>;
    const NAME: &'static str = "bridge_hold";
}

/// What the mailbox of a bridge holds.
#[doc(hidden)]
pub struct BridgeMessage(Kind);

enum Kind {
    Started(Notice),
    Stopped(Notice),
    Crossing(Box<dyn Crossing>),
    Hold(Envelope<Hold>),
    Join(Envelope<Join>),
    Added(Added<Bridge>),
}

impl BridgeMessage {
    fn started(notice: Notice) -> Self {
        Self(Kind::Started(notice))
    }

    fn stopped(notice: Notice) -> Self {
        Self(Kind::Stopped(notice))
    }
}

impl Message for BridgeMessage {
    fn mode(&self) -> Mode {
        match &self.0 {
            Kind::Started(_) | Kind::Stopped(_) | Kind::Added(_) => Mode::Exclusive,
            Kind::Crossing(_) | Kind::Hold(_) | Kind::Join(_) => Mode::Shared,
        }
    }

    fn handler(&self) -> &'static str {
        match &self.0 {
            Kind::Started(_) => "started",
            Kind::Stopped(_) => "stopped",
            Kind::Crossing(crossing) => crossing.name(),
            Kind::Hold(_) => "hold",
            Kind::Join(_) => "join",
            Kind::Added(added) => added.handler(),
        }
    }

    fn letter(&self) -> &dyn Letter {
        match &self.0 {
            Kind::Started(notice) | Kind::Stopped(notice) => notice,
            Kind::Crossing(crossing) => crossing.letter(),
            Kind::Hold(envelope) => envelope,
            Kind::Join(envelope) => envelope,
            Kind::Added(added) => added.letter(),
        }
    }

    fn share(self) -> (AnyEvent, Self) {
        match self.0 {
            Kind::Started(notice) => notice.share(Self::started),
            Kind::Stopped(notice) => notice.share(Self::stopped),
            Kind::Crossing(crossing) => {
                let (event, crossing) = crossing.share();
                (event, Self(Kind::Crossing(crossing)))
            }
            Kind::Hold(envelope) => envelope.share(|it| Self(Kind::Hold(it))),
            Kind::Join(envelope) => envelope.share(|it| Self(Kind::Join(it))),
            Kind::Added(added) => added.share(Self::from),
        }
    }
}

impl From<Added<Bridge>> for BridgeMessage {
    fn from(added: Added<Bridge>) -> Self {
        Self(Kind::Added(added))
    }
}

#[diagnostic::do_not_recommend]
impl Declare for Bridge {
    const OPTIONS: Options = Options::new()
        .channel("bridge")
        .shutdown(Shutdown::After(std::time::Duration::from_secs(10)));
}

#[diagnostic::do_not_recommend]
impl Component for Bridge {
    type Message = BridgeMessage;
    type State = Shared<Self>;
    const NAME: &'static str = "Bridge";
    const HANDLERS: &'static [Handler<Self>] = &[
        Handler::named("started", "started", BridgeMessage::started),
        Handler::named("stopped", "stopped", BridgeMessage::stopped),
        Handler::event::<Join>("join", "join"),
        Handler::event::<Hold>("hold", Hold::NAME),
    ];

    async fn exclusive<'a>(
        &'a mut self,
        message: &'a BridgeMessage,
        cx: &'a mut Context<Self>,
    ) -> Ran {
        if let Some(ran) = cx.begin(message.handler(), message.letter()) {
            return ran;
        }
        Ran::Done(match &message.0 {
            Kind::Started(notice) => {
                notice.answer(Answer::result(self.started(cx).await, Answer::unit))
            }
            Kind::Stopped(notice) => {
                self.stopped().await;
                notice.answer(Answer::Nothing)
            }
            Kind::Added(added) => added.run(self, cx),
            Kind::Crossing(_) | Kind::Hold(_) | Kind::Join(_) => Ok(()),
        })
    }

    async fn shared<'a>(
        &'a self,
        message: &'a BridgeMessage,
        cx: &'a Context<Self>,
    ) -> Result<(), Error> {
        match &message.0 {
            Kind::Crossing(crossing) => crossing.cross(self, cx).await,
            Kind::Hold(envelope) => {
                envelope.event().0.done().await;
                envelope.answer(Answer::Nothing)
            }
            Kind::Join(envelope) => envelope.answer(self.join().await),
            Kind::Started(_) | Kind::Stopped(_) | Kind::Added(_) => Ok(()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<E> Handles<E> for Bridge
where
    E: Event + Serialize,
    E::Reply: DeserializeOwned,
{
    // Stands for all types, which no list can have: no handler wishes for more than its event.
    const HANDLERS: &'static [u16] = &[3];

    fn wrap(_handler: u16, envelope: Envelope<E>) -> BridgeMessage {
        BridgeMessage(Kind::Crossing(Box::new(envelope)))
    }
}

#[diagnostic::do_not_recommend]
impl Handles<Hold> for Bridge {
    const HANDLERS: &'static [u16] = &[3];

    fn wrap(_handler: u16, envelope: Envelope<Hold>) -> BridgeMessage {
        BridgeMessage(Kind::Hold(envelope))
    }
}

#[diagnostic::do_not_recommend]
impl Handles<Join> for Bridge {
    const HANDLERS: &'static [u16] = &[2];

    fn wrap(_handler: u16, envelope: Envelope<Join>) -> BridgeMessage {
        BridgeMessage(Kind::Join(envelope))
    }
}
