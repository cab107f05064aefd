//! One life of a component: its value, its task, its end.
//!
//! ```text
//! begin ─► make ─► registered, started ─► run ─► children end ─► stopped ─► Ended
//!                                          │
//!                    panic ─► crashed ─────┤
//!                             kill ────────┴─► value dropped ─► children end ─► Ended
//! ```

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use crate::core::component::flow::settle_debts;
use crate::core::component::own::has_own;
use crate::core::component::plain::Now;
use crate::core::component::{Body, Cell, Command, Component, Context, Fate, Keep, Order, Ran};
use crate::core::event::{End, Error, Event, Registered, Started, Stopped};
use crate::core::mailbox::{Message, Mode};
use crate::core::reply::Party;
use crate::core::route::Telling;
use crate::core::runtime;
use crate::core::tap::Outcome;

/// After so many events without a pause, the other tasks of the thread get a turn.
pub(crate) const TURN: usize = 32;

/// Lives one life, from the value's making to the report of its end.
pub(crate) async fn live<C: Component>(
    cell: Arc<Cell<C>>,
    life: u64,
    make: impl FnOnce() -> C + Send + 'static,
) {
    let end = {
        let mut caught = pin!(Some(runtime::catch(lifetime(&cell, life, make))));
        let mut registered: Option<Waker> = None;
        let end = poll_fn(|task| {
            let waker = task.waker();
            if !registered.as_ref().is_some_and(|it| it.will_wake(waker)) {
                cell.control().register(waker);
                registered = Some(waker.clone());
            }
            if cell.control().command() == Command::Kill {
                return Poll::Ready(Ok(cell.control().end()));
            }
            match caught.as_mut().as_pin_mut() {
                Some(caught) => caught.poll(task),
                None => Poll::Ready(Ok(End::Killed)),
            }
        })
        .await;
        // A killed handler is dropped here, and what it holds may panic at that.
        runtime::guard(|| caught.set(None)).and(end)
    };
    let end = end.unwrap_or_else(|panic| {
        let error = Error::from(panic);
        cell.report_failure("drop", &error);
        End::Failed(error)
    });
    cell.control().unregister();
    cell.end_life().await;
    let how = if matches!(end, End::Killed) {
        Command::Kill
    } else {
        Command::Stop
    };
    if cell.children().is_some() {
        Box::pin(end_children(&cell, how)).await;
    }
    let body = cell.clone();
    let report = Order::Ended { body, life, end };
    if let Some(Order::Ended { body, life, end }) = cell.parent().report(report) {
        // Nobody supervises it any more.
        body.tell_watchers(life, &end, Fate::Gone);
    }
}

/// Ends the children of a component, last started first, and waits for it.
async fn end_children<C: Component>(cell: &Arc<Cell<C>>, how: Command) {
    if let Some(children) = cell.children() {
        let order = |reply| Order::Shutdown {
            how,
            reply: Some(reply),
        };
        children.ask(order).await;
    }
}

/// Lets the children of a component end first, which may still fire at it, and
/// then closes its mailbox: what is in there is still handled.
fn drain_children<C: Component>(cell: &Arc<Cell<C>>) {
    if cell.children().is_none() {
        return cell.seal();
    }
    let draining = cell.clone();
    cell.tasks().spawn(cell.hub().runtime(), async move {
        end_children(&draining, Command::Drain).await;
        draining.seal();
        draining.control().tell(Command::Drain);
    });
}

/// No `async fn`: that would keep the arguments twice, and each idle component
/// with them.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` would take more memory"
)]
fn lifetime<C: Component>(
    cell: &Arc<Cell<C>>,
    number: u64,
    make: impl FnOnce() -> C + Send,
) -> impl Future<Output = End> + Send {
    async move {
        let component = match runtime::guard(make) {
            Ok(component) => component,
            Err(panic) => {
                let error = Error::from(panic);
                cell.report_failure("factory", &error);
                return End::Failed(error);
            }
        };
        let mut life = Life::new(cell.clone(), number, component);
        // The phases that an idle component is not in are boxed while they last:
        // they would make every task larger.
        let end = if life.begins_at_once() {
            life.tell_begun();
            None
        } else {
            let begun = runtime::catch(Box::pin(life.begin())).await;
            begun.unwrap_or_else(|panic| Some(life.crash_in_own(panic.into())))
        };
        let end = match end {
            Some(end) => end,
            None => {
                cell.set_started();
                drop(cell.parent().report(Order::Ready {
                    body: cell.clone(),
                    life: life.cx.life(),
                }));
                match runtime::catch(life.run()).await {
                    Ok(end) => end,
                    Err(panic) => life.crash(panic.into()),
                }
            }
        };
        match &end {
            // Where there is nothing to run, nothing has started that could stop.
            End::Normal | End::Shutdown if cell.has_started() => {
                let how = cell.control().command().max(Command::Drain);
                if cell.children().is_some() {
                    Box::pin(end_children(cell, how)).await;
                }
                if !has_own::<C>(Stopped::NAME) {
                    life.tell_stopped();
                } else if let Err(panic) = runtime::catch(Box::pin(life.stopped())).await {
                    life.crash_in_own(panic.into());
                }
            }
            // Killed in the same instant, it is not polled again.
            End::Failed(error) if cell.control().command() < Command::Kill => {
                Box::pin(life.crashed(error)).await;
            }
            _ => {}
        }
        life.give_up_value();
        end
    }
}

/// One life of a component, as its task sees it.
///
/// An idle component is little more than this, so it is kept small.
pub(crate) struct Life<C: Component> {
    pub(crate) cx: Context<C>,
    /// Taken out before the rest is dropped.
    pub(crate) state: Option<C::State>,
    /// The head of the mailbox. An exclusive event stays in front while it is
    /// handled, so that it outlives a panic of its handler.
    pub(crate) batch: VecDeque<C::Message>,
    pub(crate) handling: bool,
    pub(crate) quiet: u8,
    /// How many lives the event in front has crashed, before it is handled again.
    pub(crate) crashes: u32,
}

impl<C: Component> Life<C> {
    fn new(cell: Arc<Cell<C>>, number: u64, component: C) -> Self {
        Self {
            cx: Context::new(cell, number),
            state: Some(C::State::new(component)),
            batch: VecDeque::new(),
            handling: false,
            quiet: 0,
            crashes: 0,
        }
    }

    pub(crate) fn cell(&self) -> &Arc<Cell<C>> {
        self.cx.cell()
    }

    /// Tells whether nothing has to be done before the first event.
    fn begins_at_once(&mut self) -> bool {
        if has_own::<C>(Registered::NAME) || has_own::<C>(Started::NAME) {
            return false;
        }
        let component = self.state.as_mut().and_then(C::State::get_mut);
        // Starts nothing unless it is awaited.
        component.is_none_or(|component| component.start_base(&self.cx).is_none())
    }

    /// Tells others what the component itself does not handle.
    fn tell_begun(&self) {
        let (cell, number) = (self.cell(), self.cx.life());
        let channels = [cell.channel().as_str()];
        if number == 1 {
            let registered = || cell.registered();
            cell.hub().tell(Telling::on(&channels), registered);
        }
        let started = || Started::new(cell.id(), cell.name().clone(), number);
        cell.hub().tell(Telling::on(&channels), started);
    }

    fn tell_stopped(&self) {
        let (cell, number) = (self.cell(), self.cx.life());
        let channels = [cell.channel().as_str()];
        let stopped = || cell.stopped(number);
        cell.hub().tell(Telling::on(&channels), stopped);
    }

    async fn begin(&mut self) -> Option<End> {
        let cell = self.cell().clone();
        let number = self.cx.life();
        if let Some(component) = self.state.as_mut().and_then(C::State::get_mut)
            && let Some(start) = component.start_base(&self.cx)
            && let Err(error) = start.await
        {
            let error = Error::from(error);
            cell.report_failure("extends", &error);
            return Some(End::Failed(error));
        }
        if number == 1
            && let Err(error) = self.handle_own(|| cell.registered()).await
        {
            return Some(End::Failed(error));
        }
        match self
            .handle_own(|| Started::new(cell.id(), cell.name().clone(), number))
            .await
        {
            Ok(()) if cell.control().has_declined() => Some(cell.control().end()),
            Ok(()) => None,
            Err(error) => Some(End::Failed(error)),
        }
    }

    async fn stopped(&mut self) {
        let (cell, number) = (self.cell().clone(), self.cx.life());
        // A failure is reported already, and changes nothing more.
        let _ = self.handle_own(|| cell.stopped(number)).await;
    }

    /// Runs the component's own handlers of an event of its life, then tells others.
    pub(crate) async fn handle_own<E: Event + Clone>(
        &mut self,
        event: impl FnOnce() -> E,
    ) -> Result<(), Error> {
        let mut failure = None;
        let cell = self.cell().clone();
        let channels = [cell.channel().as_str()];
        let telling = Telling::on(&channels);
        if has_own::<C>(E::NAME) {
            let event = Arc::new(event());
            for message in cell.own_messages(&event) {
                if let Err(error) = self.handle_here(message).await {
                    failure.get_or_insert(error);
                }
            }
            cell.hub().tell(telling.quietly(true), || E::clone(&event));
        } else {
            cell.hub().tell(telling, event);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Handles one event alone, whatever its mode.
    async fn handle_here(&mut self, message: C::Message) -> Result<(), Error> {
        let (message, outcome) = if message.mode() == Mode::Exclusive {
            self.batch.push_front(message);
            let outcome = self.handle_exclusive().await;
            self.handling = false;
            let message = self.batch.pop_front();
            self.cx.end_turn(|| outcome_of(&outcome, message.as_ref()));
            self.cx.leave();
            (message, outcome)
        } else {
            let Some(state) = &self.state else {
                return Ok(());
            };
            let cx = self.cx.fork(&message);
            let finished = state.read(message, cx).await;
            let outcome = finished
                .outcome
                .unwrap_or_else(|panic| Err(Error::fatal(panic)));
            (finished.message, outcome)
        };
        if let (Err(error), Some(message)) = (&outcome, message) {
            self.cell().report_error(message, error, None, true);
        }
        outcome
    }

    /// Handles events until the component is told to end, or fails.
    async fn run(&mut self) -> End {
        // A task that was woken last runs on this thread, and on no other: who awaits
        // the start must hear of it also where the first event blocks the thread.
        let has_threads = self.cell().hub().runtime().has_threads();
        let mut turn = if has_threads { TURN } else { 0 };
        let mut draining = false;
        loop {
            let command = self.cell().control().command();
            if command >= Command::Stop {
                return self.cell().control().end();
            }
            if command == Command::Drain && !draining {
                draining = true;
                drain_children(self.cell());
            }
            if self.cell().debts().is_some() {
                Box::pin(settle_debts(self.cx.cell(), self.cx.handler())).await;
                continue;
            }
            // Copied out of the result, which an idle component would have to keep.
            let now = match poll_fn(|task| self.poll_now(task, &mut turn, draining)).await {
                Ok(now) => now,
                Err(end) => return end,
            };
            let end = match now {
                Now::Pauses => None,
                Now::Yields => {
                    turn = 0;
                    runtime::yield_now().await;
                    None
                }
                Now::Ends => return self.cell().control().end(),
                Now::Awaits => loop {
                    let ran = match self.run_exclusive().await {
                        Ran::Traced => self.handle_watched().await,
                        ran => ran,
                    };
                    let alike = self.is_next_alike();
                    let end = self.conclude(ran);
                    if end.is_some() || !alike || !self.goes_on(&mut turn, draining) {
                        break end;
                    }
                },
                Now::Reads => C::State::read_phase(self).await,
            };
            if let Some(end) = end {
                return end;
            }
        }
    }
}

/// Says how a handler ended that did not panic.
pub(crate) fn outcome_of<M: Message>(result: &Result<(), Error>, message: Option<&M>) -> Outcome {
    match result {
        Err(error) => Outcome::Failed(error.clone()),
        Ok(()) if message.is_some_and(|message| message.letter().has_reply()) => Outcome::Replied,
        Ok(()) => Outcome::Nothing,
    }
}
