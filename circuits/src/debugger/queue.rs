//! Lines on their way to a writer.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// So many lines wait for the writer; further ones are left out.
const MOST: usize = 4096;

/// A bounded queue of lines, and the writer at its end.
pub(crate) struct Queue {
    lines: Mutex<Lines>,
    filled: Notify,
    /// Taken before `lines`, and held while lines are written, so that they keep
    /// their order.
    writer: Mutex<Box<dyn Write + Send>>,
}

#[derive(Default)]
struct Lines {
    waiting: VecDeque<String>,
    left_out: u64,
}

impl Queue {
    pub(crate) fn new(writer: impl Write + Send + 'static) -> Self {
        Self {
            lines: Mutex::default(),
            filled: Notify::new(),
            writer: Mutex::new(Box::new(writer)),
        }
    }

    /// Adds a line, or counts it where there is no room.
    pub(crate) fn push(&self, line: String) {
        let mut lines = self.lines();
        if lines.waiting.len() < MOST {
            lines.waiting.push_back(line);
        } else {
            lines.left_out += 1;
        }
        drop(lines);
        self.filled.notify_one();
    }

    /// Writes lines as they come, as long as it is polled.
    pub(crate) async fn write_always(&self) {
        loop {
            self.filled.notified().await;
            self.flush();
        }
    }

    /// Writes all lines that wait; a failure of the writer is nobody's failure.
    pub(crate) fn flush(&self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut *self.lines());
        if lines.waiting.is_empty() {
            return;
        }
        for line in lines.waiting {
            // One write a line, so that lines of others do not come between.
            let _ = writer.write_all(line.as_bytes());
        }
        if lines.left_out > 0 {
            let line = format!("… {} lines left out: the writer is slow\n", lines.left_out);
            let _ = writer.write_all(line.as_bytes());
        }
        let _ = writer.flush();
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
