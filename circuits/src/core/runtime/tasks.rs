//! Tasks that belong to one life of a component and end with it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

use crate::core::runtime::Runtime;

/// Names one task among those of its owner.
pub(crate) type TaskId = u64;

/// The running tasks of one owner; aborts them when cleared or dropped.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    next: TaskId,
    handles: HashMap<TaskId, AbortHandle>,
}

impl Tasks {
    /// Starts a task that ends with this owner; `None` where no runtime runs.
    pub(crate) fn spawn<F>(&self, runtime: &Runtime, future: F) -> Option<TaskId>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.next += 1;
        let id = running.next;
        let list = Arc::downgrade(&self.running);
        // The lock is held until the handle is stored, so that a task that
        // ends at once cannot remove itself before it is listed.
        let handle = runtime.spawn(async move {
            future.await;
            if let Some(list) = list.upgrade() {
                list.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .handles
                    .remove(&id);
            }
        })?;
        running.handles.insert(id, handle);
        Some(id)
    }

    /// Ends one task, if it still runs.
    pub(crate) fn abort(&self, id: TaskId) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .handles
            .remove(&id)
            .map(|handle| handle.abort())
            .is_some()
    }

    /// Ends all tasks.
    pub(crate) fn clear(&self) {
        let handles = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut running.handles)
        };
        for handle in handles.into_values() {
            handle.abort();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.clear();
    }
}
