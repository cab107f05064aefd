//! One life of a component: its value, its task, its end.
//!
//! ```text
//! begin ─► make ─► registered, started ─► run ─► children end ─► stopped ─► Ended
//!                                          │
//!                        panic, kill ──────┴─► value dropped ─► children end ─► Ended
//! ```

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use crate::core::component::flow::settle_debts;
use crate::core::component::handler::own_messages;
use crate::core::component::readers::read_phase;
use crate::core::component::{Birth, Body, Cell, Command, Component, Context, End, Keep, Order};
use crate::core::event::{Error, Event, Reason, Registered, Started, Stopped};
use crate::core::mailbox::{Message, Mode};
use crate::core::reply::{CallError, Cause, Collect, Delivery, Notes, Party};
use crate::core::runtime;

/// After so many events without a pause, the other tasks of the thread get a turn.
const TURN: usize = 256;

/// After so many pauses with little to do, the buffers of busier times are freed.
const QUIET: u8 = 64;

/// Makes lives with a factory.
pub(crate) struct Factory<C: Component, F> {
    cell: Arc<Cell<C>>,
    make: Arc<F>,
}

impl<C: Component, F> Factory<C, F> {
    pub(crate) fn new(cell: Arc<Cell<C>>, make: F) -> Self {
        Self {
            cell,
            make: Arc::new(make),
        }
    }
}

impl<C, F> Birth for Factory<C, F>
where
    C: Component,
    F: Fn() -> C + Send + Sync + 'static,
{
    fn body(&self) -> Arc<dyn Body> {
        self.cell.clone()
    }

    fn begin(&mut self, life: u64) -> bool {
        let make = self.make.clone();
        begin(&self.cell, life, move || make())
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}

/// Makes one life of a value.
pub(crate) struct Value<C: Component> {
    cell: Arc<Cell<C>>,
    value: Option<C>,
}

impl<C: Component> Value<C> {
    pub(crate) fn new(cell: Arc<Cell<C>>, value: C) -> Self {
        Self {
            cell,
            value: Some(value),
        }
    }
}

impl<C: Component> Birth for Value<C> {
    fn body(&self) -> Arc<dyn Body> {
        self.cell.clone()
    }

    fn begin(&mut self, life: u64) -> bool {
        match self.value.take() {
            Some(value) => begin(&self.cell, life, move || value),
            None => false,
        }
    }

    fn is_repeatable(&self) -> bool {
        false
    }
}

fn begin<C: Component>(
    cell: &Arc<Cell<C>>,
    life: u64,
    make: impl FnOnce() -> C + Send + 'static,
) -> bool {
    cell.begin_life(life);
    cell.enlist();
    cell.hub()
        .runtime()
        .spawn(live(cell.clone(), life, make))
        .is_some()
}

async fn live<C: Component>(
    cell: Arc<Cell<C>>,
    life: u64,
    make: impl FnOnce() -> C + Send + 'static,
) {
    let end = {
        let mut caught = pin!(runtime::catch(lifetime(&cell, life, make)));
        poll_fn(|task| {
            cell.control().register(task.waker());
            if cell.control().command() == Command::Kill {
                return Poll::Ready(Ok(cell.control().end()));
            }
            caught.as_mut().poll(task)
        })
        .await
    };
    // What is left of the life has been dropped here, also where it was killed.
    let end = end.unwrap_or_else(|panic| {
        let error = Error::from(panic);
        cell.report_failure("drop", &error);
        End::Failed(error)
    });
    cell.end_life();
    let how = if matches!(end, End::Killed) {
        Command::Kill
    } else {
        Command::Stop
    };
    end_children(&cell, how).await;
    drop(cell.parent().post(Order::Ended {
        body: cell.clone(),
        life,
        end,
    }));
}

/// Ends the children of a component, last started first, and waits for it.
async fn end_children<C: Component>(cell: &Arc<Cell<C>>, how: Command) {
    if let Some(children) = cell.children() {
        children.ask(|reply| Order::Shutdown { how, reply }).await;
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

async fn lifetime<C: Component>(
    cell: &Arc<Cell<C>>,
    number: u64,
    make: impl FnOnce() -> C + Send,
) -> End {
    let component = match runtime::guard(make) {
        Ok(component) => component,
        Err(panic) => {
            let error = Error::from(panic);
            cell.report_failure("factory", &error);
            return End::Failed(error);
        }
    };
    let mut life = Life::new(cell.clone(), number, component);
    let end = match runtime::catch(life.begin()).await {
        Ok(None) => None,
        Ok(Some(end)) => Some(end),
        Err(panic) => Some(life.crash(panic.into())),
    };
    let end = match end {
        Some(end) => end,
        None => {
            drop(cell.parent().post(Order::Ready {
                child: cell.id(),
                life: number,
            }));
            match runtime::catch(life.run()).await {
                Ok(end) => end,
                Err(panic) => life.crash(panic.into()),
            }
        }
    };
    if matches!(end, End::Normal | End::Shutdown) {
        let how = cell.control().command().max(Command::Drain);
        end_children(cell, how).await;
        if let Err(panic) = runtime::catch(life.stopped()).await {
            life.crash(panic.into());
        }
    }
    life.give_up_value();
    end
}

/// One life of a component, as its task sees it.
pub(crate) struct Life<C: Component> {
    pub(crate) cell: Arc<Cell<C>>,
    pub(crate) cx: Context<C>,
    /// Taken out before the rest is dropped.
    pub(crate) state: Option<C::State>,
    pub(crate) batch: VecDeque<C::Message>,
    /// What the running handler handles; it outlives a panic of the handler.
    current: Option<C::Message>,
    quiet: u8,
}

impl<C: Component> Life<C> {
    fn new(cell: Arc<Cell<C>>, number: u64, component: C) -> Self {
        Self {
            cx: Context::new(cell.clone(), number),
            cell,
            state: Some(C::State::new(component)),
            batch: VecDeque::new(),
            current: None,
            quiet: 0,
        }
    }

    async fn begin(&mut self) -> Option<End> {
        let (id, name) = (self.cell.id(), self.cell.name().clone());
        let number = self.cx.life();
        if number == 1 {
            let parent = self.cell.parent().owner();
            let registered = Registered::new(id, name.clone(), parent);
            if let Err(error) = self.handle_own(registered).await {
                return Some(End::Failed(error));
            }
        }
        match self.handle_own(Started::new(id, name, number)).await {
            Ok(()) => None,
            Err(error) => Some(End::Failed(error)),
        }
    }

    async fn stopped(&mut self) {
        let (id, name) = (self.cell.id(), self.cell.name().clone());
        let _ = self
            .handle_own(Stopped::new(id, name, self.cx.life()))
            .await;
    }

    /// Runs the component's own handlers of an event of its life, then tells others.
    async fn handle_own<E: Event + Clone>(&mut self, event: E) -> Result<(), Error> {
        let event = Arc::new(event);
        let mut failure = None;
        for message in own_messages::<C, E>(&event, None) {
            if let Err(error) = self.handle_here(message).await {
                failure.get_or_insert(error);
            }
        }
        let channel = self.cell.channel().as_str();
        self.cell
            .hub()
            .tell(channel, Notes::default(), || E::clone(&event));
        failure.map_or(Ok(()), Err)
    }

    /// Handles one event alone, whatever its mode.
    async fn handle_here(&mut self, message: C::Message) -> Result<(), Error> {
        let outcome = if message.mode() == Mode::Exclusive {
            self.handle_exclusive(message).await
        } else {
            let Some(state) = &self.state else {
                return Ok(());
            };
            let cx = self.cx.fork(&message);
            let finished = state.read(message, cx).await;
            self.current = finished.message;
            match finished.outcome {
                Ok(outcome) => outcome,
                Err(panic) => Err(Error::fatal(Error::from(panic))),
            }
        };
        if let (Err(error), Some(message)) = (&outcome, self.current.take()) {
            self.cell.report_error(message, error, None, true);
        }
        self.current = None;
        outcome
    }

    /// Handles events until the component is told to end, or fails.
    async fn run(&mut self) -> End {
        let mut turn = 0;
        let mut draining = false;
        loop {
            let command = self.cell.control().command();
            if command >= Command::Stop {
                return self.cell.control().end();
            }
            if command == Command::Drain && !draining {
                draining = true;
                drain_children(&self.cell);
            }
            if self.cell.debts().is_some() {
                let cell = self.cell.clone();
                settle_debts(&cell, self.cx.handler()).await;
                continue;
            }
            let Some(message) = self.batch.pop_front() else {
                if turn >= TURN {
                    turn = 0;
                    runtime::yield_now().await;
                }
                if self.refill(draining).await {
                    continue;
                }
                return self.cell.control().end();
            };
            turn += 1;
            self.cell.mailbox().set_taken(self.batch.len());
            let end = if message.mode() == Mode::Exclusive {
                let outcome = self.handle_exclusive(message).await;
                self.conclude(outcome)
            } else {
                read_phase(self, message).await
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Waits for the next batch; `false` if the component shall end instead.
    async fn refill(&mut self, draining: bool) -> bool {
        let Self {
            cell, batch, quiet, ..
        } = self;
        poll_fn(|task| {
            let command = cell.control().command();
            if command >= Command::Stop || (command == Command::Drain && !draining) {
                return Poll::Ready(command < Command::Stop);
            }
            if cell.mailbox().poll_take(task, batch).is_ready() {
                *quiet = if batch.len() > batch.capacity() / 4 {
                    0
                } else {
                    *quiet
                };
                return Poll::Ready(true);
            }
            if command == Command::Drain && cell.mailbox().is_closed() {
                return Poll::Ready(false);
            }
            *quiet += 1;
            if *quiet >= QUIET {
                *quiet = 0;
                cell.mailbox().shrink(batch);
            }
            Poll::Pending
        })
        .await
    }

    async fn handle_exclusive(&mut self, message: C::Message) -> Result<(), Error> {
        let Self {
            cx, state, current, ..
        } = self;
        if !cx.enter(&message) {
            return Ok(());
        }
        let message = current.insert(message);
        match state.as_mut().and_then(C::State::get_mut) {
            Some(component) => component.exclusive(message, cx).await,
            None => Ok(()),
        }
    }

    /// Reports how a handler ended; returns the end of the life if it has to.
    fn conclude(&mut self, outcome: Result<(), Error>) -> Option<End> {
        let message = self.current.take();
        let end = match (outcome, message) {
            (Err(error), Some(message)) => {
                self.cell.conclude_error(message, error, self.cx.cause())
            }
            _ => None,
        };
        self.cx.leave();
        end
    }

    /// Reports a panic, and the event that was being handled.
    fn crash(&mut self, error: Error) -> End {
        let cause = self.cx.cause();
        match self.current.take() {
            Some(message) => self.cell.report_crash(message, &error, cause),
            None => self.cell.report_failure(self.cx.handler(), &error),
        }
        self.cx.leave();
        End::Failed(error)
    }

    /// Drops the value; a panic in its `Drop` is reported and changes nothing more.
    fn give_up_value(&mut self) {
        let state = self.state.take();
        if let Err(panic) = runtime::guard(move || drop(state)) {
            self.cell.report_failure("drop", &Error::from(panic));
        }
    }
}

impl<C: Component> Drop for Life<C> {
    /// Whatever ended the life: what it did not handle waits for the next.
    fn drop(&mut self) {
        if let Some(message) = self.current.take() {
            self.cell.bury(message, Reason::Crashed, CallError::Crashed);
        }
        self.cell.mailbox().put_back(&mut self.batch);
        self.give_up_value();
    }
}

impl<C: Component> Cell<C> {
    /// Puts an event of the component's own life into its mailbox.
    pub(crate) fn push_own<E: Event + Clone>(&self, event: &E, cause: Option<&Arc<Cause>>) {
        let event = Arc::new(event.clone());
        let notes = Notes {
            cause: cause.cloned(),
            ..Notes::default()
        };
        let record = Arc::new(Delivery::<E>::new(notes, Collect::Nothing).share(event.clone()));
        let messages = own_messages::<C, E>(&event, Some(&record));
        record.expect(0, messages.len());
        for message in messages {
            self.push(message, 0);
        }
    }
}
