//! Who hears the jobs of one type, has them done, and answers.
//!
//! Written by hand, for the macros need the name of an event, and this is a
//! component for any.

use std::marker::PhantomData;

use crate::component::{Added, Component, Declare, Handler, Handles, Options, Ran, Shared};
use crate::event::{AnyEvent, Event};
use crate::mailbox::{Message, Mode};
use crate::reply::{Answer, Envelope, Letter};
use crate::worker::JobError;
use crate::{Context, Error};

/// Does jobs of a type, somewhere else.
pub(crate) trait Executor<J: Event>: Clone + Send + Sync + 'static {
    /// Does a job; dropped, it cancels it.
    fn execute(&self, job: &J) -> impl Future<Output = Result<J::Reply, Error>> + Send;
}

/// Hears the jobs of one type.
pub(crate) struct Hearer<J, X> {
    executor: X,
    job: PhantomData<fn(J)>,
}

impl<J: Event, X: Executor<J>> Hearer<J, X> {
    pub(crate) fn new(executor: X) -> Self {
        let job = PhantomData;
        Self { executor, job }
    }

    async fn hear(&self, job: &J, cx: &Context<Self>) -> Result<Option<J::Reply>, Error> {
        tokio::select! {
            biased;
            done = self.executor.execute(job) => done.map(Some),
            () = cx.unwanted() => {
                // Who cancels an event wants to hear no more of it.
                let cancelled = cx.is_cancelled();
                if cancelled { Ok(None) } else { Err(JobError::Cancelled.into()) }
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl<J: Event, X: Executor<J>> Declare for Hearer<J, X> {
    const OPTIONS: Options = Options::new();
}

pub(crate) enum Heard<J: Event, X: Executor<J>> {
    Job(Envelope<J>),
    Added(Added<Hearer<J, X>>),
}

impl<J: Event, X: Executor<J>> Message for Heard<J, X> {
    fn mode(&self) -> Mode {
        match self {
            Self::Job(_) => Mode::Shared,
            Self::Added(_) => Mode::Exclusive,
        }
    }

    fn handler(&self) -> &'static str {
        match self {
            Self::Job(_) => "job",
            Self::Added(added) => added.handler(),
        }
    }

    fn letter(&self) -> &dyn Letter {
        match self {
            Self::Job(envelope) => envelope,
            Self::Added(added) => added.letter(),
        }
    }

    fn share(self) -> (AnyEvent, Self) {
        match self {
            Self::Job(envelope) => envelope.share(Self::Job),
            Self::Added(added) => added.share(Self::Added),
        }
    }
}

impl<J: Event, X: Executor<J>> From<Added<Hearer<J, X>>> for Heard<J, X> {
    fn from(added: Added<Hearer<J, X>>) -> Self {
        Self::Added(added)
    }
}

#[diagnostic::do_not_recommend]
impl<J: Event, X: Executor<J>> Component for Hearer<J, X> {
    type Message = Heard<J, X>;
    type State = Shared<Self>;
    const NAME: &'static str = "Hearer";
    const HANDLERS: &'static [Handler<Self>] = &[Handler::event::<J>("job", J::NAME)];

    async fn exclusive<'a>(
        &'a mut self,
        message: &'a Self::Message,
        cx: &'a mut Context<Self>,
    ) -> Ran {
        match message {
            Heard::Added(added) => cx
                .begin(added.handler(), added.letter())
                .unwrap_or_else(|| Ran::Done(added.run(self, cx))),
            Heard::Job(_) => Ran::Later,
        }
    }

    async fn shared<'a>(
        &'a self,
        message: &'a Self::Message,
        cx: &'a Context<Self>,
    ) -> Result<(), Error> {
        match message {
            Heard::Job(envelope) => {
                let done = self.hear(envelope.event(), cx).await;
                envelope.answer(Answer::result(done, |reply| {
                    reply.map_or(Answer::Nothing, Answer::Reply)
                }))
            }
            Heard::Added(_) => Ok(()),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<J: Event, X: Executor<J>> Handles<J> for Hearer<J, X> {
    const HANDLERS: &'static [u16] = &[0];

    fn wrap(_handler: u16, envelope: Envelope<J>) -> Self::Message {
        Heard::Job(envelope)
    }
}
