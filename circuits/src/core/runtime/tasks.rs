//! Tasks that belong to one life of a component and end with it.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use tokio::task::AbortHandle;

use crate::core::runtime::Runtime;

/// Names one task among those of its owner.
pub(crate) type TaskId = u64;

/// The running tasks of one owner; aborts them when ended or dropped.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    next: TaskId,
    /// The tasks that still own something; those without a handle are about
    /// to get it, or have been aborted.
    tasks: HashMap<TaskId, Option<AbortHandle>>,
    /// Who waits for the end of all of them.
    waker: Option<Waker>,
}

/// Takes a task off the list once all that it owned has been dropped.
struct Listed {
    list: Weak<Mutex<Running>>,
    id: TaskId,
}

impl Tasks {
    /// Starts a task that ends with this owner; `None` where no runtime runs.
    pub(crate) fn spawn<F>(&self, runtime: &Runtime, future: F) -> Option<TaskId>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = {
            let mut running = lock(&self.running);
            running.next += 1;
            let id = running.next;
            running.tasks.insert(id, None);
            id
        };
        let list = Arc::downgrade(&self.running);
        // One capture: its fields are dropped in order, the future first,
        // also where the task is aborted before it is ever polled.
        let task = (future, Listed { list, id });
        let handle = runtime.spawn(async move {
            let (future, _listed) = task;
            future.await;
        })?;
        let mut running = lock(&self.running);
        if let Some(slot) = running.tasks.get_mut(&id) {
            *slot = Some(handle);
            running.wake();
        }
        Some(id)
    }

    /// Ends one task, if it still runs.
    pub(crate) fn abort(&self, id: TaskId) -> bool {
        let handle = lock(&self.running)
            .tasks
            .get_mut(&id)
            .and_then(Option::take);
        handle.map(|handle| handle.abort()).is_some()
    }

    /// Ends all tasks, and waits until what they owned has been dropped.
    pub(crate) async fn end(&self) {
        poll_fn(|task| {
            self.clear();
            let mut running = lock(&self.running);
            if running.tasks.is_empty() {
                return Poll::Ready(());
            }
            running.waker = Some(task.waker().clone());
            // One that got its handle in between has woken nobody.
            if running.tasks.values().any(Option::is_some) {
                running.wake();
            }
            Poll::Pending
        })
        .await;
    }

    fn clear(&self) {
        let handles: Vec<_> = {
            let mut running = lock(&self.running);
            running
                .tasks
                .values_mut()
                .filter_map(Option::take)
                .collect()
        };
        for handle in handles {
            handle.abort();
        }
    }
}

impl Running {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let Some(list) = self.list.upgrade() {
            let mut running = lock(&list);
            running.tasks.remove(&self.id);
            running.wake();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.clear();
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
