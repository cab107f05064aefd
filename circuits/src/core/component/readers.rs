//! The reader phase: `&self` handlers of one component that overlap.
//!
//! The lock is the borrow: while a reader's future lives, the value cannot be
//! borrowed mutably, and the compiler knows. Events are taken in mailbox order;
//! the first exclusive one ends the phase once the readers before it are done,
//! and nothing overtakes it.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::core::component::flow::settle_debts;
use crate::core::component::life::{Life, TURN};
use crate::core::component::{Body, Cell, Command, Component, Context, Finished, Keep};
use crate::core::event::{End, Error};
use crate::core::mailbox::{Message, Mode, Suspect};
use crate::core::reply::{Party, Run, find_deadlock};

/// So many readers of one component run at once; further events wait.
const READERS: usize = 1024;

/// Runs readers, beginning with the event in front, until none runs and the next event is
/// exclusive, or there is none. Returns the end of the life if one failed so.
pub(crate) async fn read_phase<C: Component>(life: &mut Life<C>) -> Option<End> {
    let Life {
        cx,
        state,
        batch,
        crashes,
        ..
    } = &mut *life;
    let cell = cx.cell();
    let mut slots = Slots {
        inline: [pin!(None), pin!(None), pin!(None), pin!(None)],
        spill: None,
        running: 0,
    };
    let mut phase = Phase {
        cell,
        batch,
        bay: None,
        parallel: 0,
        writer: false,
        turn: 0,
        settling: None,
        handler: "",
    };
    let mut run = Run::ALONE;
    let end = loop {
        let step = poll_fn(|task| phase.poll(task, &mut slots)).await;
        match step {
            Step::Admit(message) => {
                run = run.next();
                let mut cx = Context::new(phase.cell.clone(), cx.life());
                cx.crashes = std::mem::take(crashes);
                let state = match state.as_ref() {
                    Some(state) if cx.enter_beside(&message, run) => state,
                    _ => {
                        phase.cell.skip(message);
                        continue;
                    }
                };
                if message.mode() == Mode::Parallel {
                    phase.spawn(state.read_parallel(message, cx));
                } else {
                    slots.place(state.read(message, cx));
                }
            }
            Step::Finished(finished) => {
                if let Some(end) = conclude(phase.cell, finished) {
                    break Some(end);
                }
            }
            Step::Over => break None,
        }
    };
    phase.cell.set_writer_waiting(false);
    end
}

fn conclude<C: Component>(cell: &Arc<Cell<C>>, finished: Finished<C::Message>) -> Option<End> {
    let Finished {
        message,
        crashes,
        outcome,
        cause,
        late,
    } = finished;
    let suspect = Suspect {
        message: message?,
        crashes,
    };
    match outcome {
        Ok(Ok(())) => {
            if late {
                cell.report_late(suspect.message);
            }
            None
        }
        Ok(Err(error)) => cell.conclude_error(suspect, error, cause),
        Err(panic) => {
            let error = Error::from(panic);
            cell.conclude_panic(suspect, &error, cause);
            Some(End::Failed(error))
        }
    }
}

/// What the phase does next.
enum Step<M> {
    Admit(M),
    Finished(Finished<M>),
    Over,
}

struct Phase<'a, C: Component> {
    cell: &'a Arc<Cell<C>>,
    batch: &'a mut VecDeque<C::Message>,
    bay: Option<Arc<Bay<C::Message>>>,
    parallel: usize,
    /// Whether an exclusive event waits for the readers.
    writer: bool,
    /// Readers begun since the other tasks of the thread had a turn.
    turn: usize,
    /// Room is waited for in mailboxes that readers crowded.
    settling: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// The reader that was admitted last.
    handler: &'static str,
}

impl<C: Component> Phase<'_, C> {
    fn poll<F>(&mut self, task: &mut Task<'_>, slots: &mut Slots<'_, F>) -> Poll<Step<C::Message>>
    where
        F: Future<Output = Finished<C::Message>>,
    {
        if let Some(finished) = slots.poll(task) {
            return Poll::Ready(Step::Finished(finished));
        }
        if let Some(finished) = self.bay.as_ref().and_then(|bay| bay.take(task)) {
            self.parallel -= 1;
            return Poll::Ready(Step::Finished(finished));
        }
        let running = slots.running + self.parallel;
        if running < READERS {
            if self.turn >= TURN {
                self.turn = 0;
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(message) = self.admit(task) {
                self.turn += 1;
                return Poll::Ready(Step::Admit(message));
            }
        }
        if running == 0 && self.settling.is_none() {
            Poll::Ready(Step::Over)
        } else {
            Poll::Pending
        }
    }

    /// Takes the next event if it is for a reader.
    fn admit(&mut self, task: &mut Task<'_>) -> Option<C::Message> {
        let cell = self.cell;
        if cell.control().command() >= Command::Stop {
            self.settling = None;
            return None;
        }
        if !self.settle(task) {
            return None;
        }
        if self.batch.is_empty() && cell.mailbox().poll_take(task, self.batch).is_pending() {
            return None;
        }
        if self.batch.front()?.mode() == Mode::Exclusive {
            self.hold_back();
            return None;
        }
        let message = self.batch.pop_front();
        self.handler = message.as_ref().map_or("", Message::handler);
        cell.mailbox().set_taken(self.batch.len());
        message
    }

    /// Waits for room where readers crowded a mailbox; tells whether there is some.
    ///
    /// It goes on while readers run: one of them may wait for the very event
    /// that is held back.
    fn settle(&mut self, task: &mut Task<'_>) -> bool {
        loop {
            if let Some(settling) = &mut self.settling {
                if settling.as_mut().poll(task).is_pending() {
                    return false;
                }
                self.settling = None;
            }
            if self.cell.debts().is_none() {
                return true;
            }
            let (cell, handler) = (self.cell.clone(), self.handler);
            self.settling = Some(Box::pin(async move { settle_debts(&cell, handler).await }));
        }
    }

    /// Lets an exclusive event wait, and looks whether a reader waits for it in turn.
    fn hold_back(&mut self) {
        if std::mem::replace(&mut self.writer, true) {
            return;
        }
        self.cell.set_writer_waiting(true);
        let party: Arc<dyn Party> = self.cell.clone();
        for edge in self.cell.edges().list() {
            if edge.is_reader()
                && let Some(deadlock) = find_deadlock(&party, &edge)
            {
                edge.wait.break_off(deadlock);
            }
        }
    }

    /// Runs a reader on the runtime's threads.
    fn spawn<F>(&mut self, reader: F)
    where
        F: Future<Output = Finished<C::Message>> + Send + 'static,
    {
        let bay = self.bay.get_or_insert_with(Arc::default).clone();
        self.parallel += 1;
        self.cell
            .tasks()
            .spawn(self.cell.hub().runtime(), async move {
                let finished = reader.await;
                bay.put(finished);
            });
    }
}

/// Where readers that ran elsewhere report; at most [`READERS`] at a time.
struct Bay<M> {
    finished: Mutex<Vec<Finished<M>>>,
    waker: AtomicWaker,
}

impl<M> Bay<M> {
    fn put(&self, finished: Finished<M>) {
        self.finished.lock().push(finished);
        self.waker.wake();
    }

    fn take(&self, task: &Task<'_>) -> Option<Finished<M>> {
        self.waker.register(task.waker());
        self.finished.lock().pop()
    }
}

impl<M> Default for Bay<M> {
    fn default() -> Self {
        Self {
            finished: Mutex::default(),
            waker: AtomicWaker::new(),
        }
    }
}

/// Readers on the component's own task: a few in place, the rest on the heap.
struct Slots<'s, F> {
    inline: [Pin<&'s mut Option<F>>; 4],
    spill: Option<FuturesUnordered<F>>,
    running: usize,
}

impl<F: Future> Slots<'_, F> {
    fn place(&mut self, reader: F) {
        self.running += 1;
        match self.inline.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => slot.set(Some(reader)),
            None => self.spill.get_or_insert_default().push(reader),
        }
    }

    /// Polls the readers until one has ended.
    fn poll(&mut self, task: &mut Task<'_>) -> Option<F::Output> {
        for slot in &mut self.inline {
            if let Some(reader) = slot.as_mut().as_pin_mut()
                && let Poll::Ready(output) = reader.poll(task)
            {
                slot.set(None);
                self.running -= 1;
                return Some(output);
            }
        }
        let spill = self.spill.as_mut().filter(|spill| !spill.is_empty())?;
        match spill.poll_next_unpin(task) {
            Poll::Ready(Some(output)) => {
                self.running -= 1;
                Some(output)
            }
            _ => None,
        }
    }
}
