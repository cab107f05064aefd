//! Tasks that belong to one life of a component and end with it.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Weak};
use std::task::{Poll, Waker};

use parking_lot::{Mutex, MutexGuard};
use tokio::task::AbortHandle;

use crate::core::runtime::{self, Here, Runtime, SeededHash};

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
    tasks: HashMap<TaskId, Task, SeededHash>,
    /// Who waits for the end of all of them.
    waker: Option<Waker>,
}

#[derive(Debug, Default)]
struct Task {
    handle: Option<AbortHandle>,
    /// What the runtime calls it, once it runs.
    name: Option<Here>,
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
            running.tasks.insert(id, Task::default());
            id
        };
        let list = Arc::downgrade(&self.running);
        // One capture: its fields are dropped in order, the future first,
        // also where the task is aborted before it is ever polled.
        let task = (future, Listed { list, id });
        let handle = runtime.spawn(Box::pin(async move {
            let (future, listed) = task;
            listed.begin();
            future.await;
        }))?;
        let mut running = lock(&self.running);
        if let Some(task) = running.tasks.get_mut(&id) {
            task.handle = Some(handle);
            running.wake();
        }
        Some(id)
    }

    /// Ends one task, if it still runs.
    pub(crate) fn abort(&self, id: TaskId) -> bool {
        let handle = lock(&self.running)
            .tasks
            .get_mut(&id)
            .and_then(|task| task.handle.take());
        handle.map(|handle| handle.abort()).is_some()
    }

    /// Tells whether a task still owns something.
    pub(crate) fn runs(&self, id: TaskId) -> bool {
        lock(&self.running).tasks.contains_key(&id)
    }

    /// Tells whether one of them is the task that runs this.
    pub(crate) fn are_here(&self, here: Here) -> bool {
        let running = lock(&self.running);
        let mut tasks = running.tasks.values();
        tasks.any(|task| task.name == Some(here))
    }

    /// Ends all tasks, and waits until what they owned has been dropped.
    pub(crate) async fn end(&self) {
        poll_fn(|task| {
            self.abort_all();
            let mut running = lock(&self.running);
            if running.tasks.is_empty() {
                return Poll::Ready(());
            }
            running.waker = Some(task.waker().clone());
            // One that got its handle in between has woken nobody.
            if running.tasks.values().any(|task| task.handle.is_some()) {
                running.wake();
            }
            Poll::Pending
        })
        .await;
    }

    /// Ends all tasks without waiting.
    pub(crate) fn abort_all(&self) {
        let handles: Vec<_> = {
            let mut running = lock(&self.running);
            running
                .tasks
                .values_mut()
                .filter_map(|task| task.handle.take())
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

impl Listed {
    fn begin(&self) {
        if let Some(list) = self.list.upgrade()
            && let Some(task) = lock(&list).tasks.get_mut(&self.id)
        {
            task.name = runtime::here();
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
        self.abort_all();
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock()
}
