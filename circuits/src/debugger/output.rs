//! Where lines go.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone)]
pub(crate) enum Output {
    Writer(Arc<Mutex<dyn Write + Send>>),
    Tracing,
}

impl Output {
    pub(crate) fn writer(writer: impl Write + Send + 'static) -> Self {
        Self::Writer(Arc::new(Mutex::new(writer)))
    }

    /// Prints one line; a failure of the writer is nobody's failure.
    pub(crate) fn print(&self, line: &str, is_error: bool) {
        match self {
            Self::Writer(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                // One write a line, so that lines of others do not come between.
                let _ = writer.write_all(format!("{line}\n").as_bytes());
                let _ = writer.flush();
            }
            Self::Tracing if is_error => tracing::error!(target: "circuits", "{line}"),
            Self::Tracing => tracing::debug!(target: "circuits", "{line}"),
        }
    }
}
