//! How the value of a component is kept, so that the borrow rules hold.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use crate::core::component::life::{Life, outcome_of};
use crate::core::component::readers::read_phase;
use crate::core::component::turn::in_span;
use crate::core::component::{Component, Context};
use crate::core::event::{End, Error, Reason};
use crate::core::mailbox::Message;
use crate::core::reply::{CallError, Cause};
use crate::core::runtime;
use crate::core::tap::Outcome;

/// A reader that has ended: its message, and what became of it.
pub(crate) struct Finished<M> {
    pub(crate) message: Option<M>,
    /// How many lives in a row the message had crashed before this one.
    pub(crate) crashes: u32,
    pub(crate) outcome: Result<Result<(), Error>, runtime::Panic>,
    pub(crate) cause: Option<Arc<Cause>>,
    /// Its reply came when the caller had gone.
    pub(crate) late: bool,
}

/// A reader that runs. Dropped before it has ended, it buries its message.
struct Reading<C: Component> {
    message: Option<C::Message>,
    cx: Context<C>,
}

impl<C: Component + Sync> Reading<C> {
    async fn run(&self, component: &C) -> Result<Result<(), Error>, runtime::Panic> {
        match &self.message {
            Some(message) => {
                let handler = async {
                    match component.shared_now(message, &self.cx) {
                        Some(outcome) => outcome,
                        None => component.shared(message, &self.cx).await,
                    }
                };
                let handler = runtime::catch(handler);
                match self.cx.track() {
                    Some(track) if track.turn().is_some() => in_span(track.clone(), handler).await,
                    _ => handler.await,
                }
            }
            None => Ok(Ok(())),
        }
    }
}

impl<C: Component> Reading<C> {
    fn finish(
        mut self,
        outcome: Result<Result<(), Error>, runtime::Panic>,
    ) -> Finished<C::Message> {
        let message = self.message.take();
        self.cx.end_turn(|| match &outcome {
            Ok(result) => outcome_of(result, message.as_ref()),
            Err(panic) => Outcome::Panicked(panic.clone().into()),
        });
        let is_late = |message: &C::Message| message.letter().is_late();
        Finished {
            late: self.cx.is_tracked() && message.as_ref().is_some_and(is_late),
            message,
            outcome,
            crashes: self.cx.crashes,
            cause: self.cx.cause(),
        }
    }
}

impl<C: Component> Drop for Reading<C> {
    fn drop(&mut self) {
        self.cx.end_turn(|| Outcome::Killed);
        if let Some(message) = self.message.take() {
            self.cx
                .cell()
                .bury(message, Reason::Crashed, CallError::Crashed);
        }
    }
}

/// Keeps the value of one life of a component.
///
/// Sealed: choose [`Owned`] if every handler takes `&mut self`, and [`Shared`]
/// if one takes `&self`.
#[diagnostic::on_unimplemented(
    message = "a handler takes `&self`, but `{C}` can't be shared between threads",
    label = "handlers that take `&self` overlap, so this type must be `Sync`",
    note = "write `&mut self` in every handler, or hold what is `Sync`: an atomic for a `Cell`, a \
            `Mutex` for a `RefCell`, an `Arc` for an `Rc`"
)]
#[expect(
    private_bounds,
    reason = "sealed: how readers run is no concern of users"
)]
pub trait State<C: Component>: Keep<C> {}

pub(crate) trait Keep<C: Component>: Send + Sized {
    fn new(component: C) -> Self;

    /// Borrows the value for one handler; `None` while readers run elsewhere.
    fn get_mut(&mut self) -> Option<&mut C>;

    /// Runs a reader on the component's own task.
    fn read<'a>(
        &'a self,
        message: C::Message,
        cx: Context<C>,
    ) -> impl Future<Output = Finished<C::Message>> + Send + 'a;

    /// Runs the readers at the head of the mailbox; see [`read_phase`].
    fn read_phase(life: &mut Life<C>) -> impl Future<Output = Option<End>> + Send;

    /// Runs a reader that the runtime may put on another thread.
    fn read_parallel(
        &self,
        message: C::Message,
        cx: Context<C>,
    ) -> impl Future<Output = Finished<C::Message>> + Send + 'static;
}

/// The value of a component whose handlers all take `&mut self`.
#[derive(Debug)]
pub struct Owned<C>(C);

/// The value of a component with handlers that take `&self`.
#[derive(Debug)]
pub struct Shared<C>(Arc<C>);

#[diagnostic::do_not_recommend]
impl<C: Component> State<C> for Owned<C> {}
#[diagnostic::do_not_recommend]
impl<C: Component + Sync> State<C> for Shared<C> {}

impl<C: Component> Keep<C> for Owned<C> {
    fn new(component: C) -> Self {
        Self(component)
    }

    fn get_mut(&mut self) -> Option<&mut C> {
        Some(&mut self.0)
    }

    fn read<'a>(
        &'a self,
        _message: C::Message,
        _cx: Context<C>,
    ) -> impl Future<Output = Finished<C::Message>> + Send + 'a {
        Never::new()
    }

    fn read_phase(_life: &mut Life<C>) -> impl Future<Output = Option<End>> + Send {
        std::future::ready(None)
    }

    fn read_parallel(
        &self,
        _message: C::Message,
        _cx: Context<C>,
    ) -> impl Future<Output = Finished<C::Message>> + Send + 'static {
        Never::new()
    }
}

impl<C: Component + Sync> Keep<C> for Shared<C> {
    fn new(component: C) -> Self {
        Self(Arc::new(component))
    }

    fn get_mut(&mut self) -> Option<&mut C> {
        Arc::get_mut(&mut self.0)
    }

    async fn read(&self, message: C::Message, cx: Context<C>) -> Finished<C::Message> {
        let reading = Reading {
            message: Some(message),
            cx,
        };
        let outcome = reading.run(&self.0).await;
        reading.finish(outcome)
    }

    fn read_phase(life: &mut Life<C>) -> impl Future<Output = Option<End>> + Send {
        read_phase(life)
    }

    fn read_parallel(
        &self,
        message: C::Message,
        cx: Context<C>,
    ) -> impl Future<Output = Finished<C::Message>> + Send + 'static {
        let component = self.0.clone();
        async move {
            let reading = Reading {
                message: Some(message),
                cx,
            };
            let outcome = reading.run(&component).await;
            // The value must be unique again before the component hears of the end.
            drop(component);
            reading.finish(outcome)
        }
    }
}

/// A reader that never runs, because the component has none; it takes no room.
#[derive(Debug)]
struct Never<T>(PhantomData<fn() -> T>);

impl<T> Never<T> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Future for Never<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _task: &mut Task<'_>) -> Poll<T> {
        Poll::Pending
    }
}
