//! Why an expectation was not met, and why a component did not fail.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::component::HandlerError;
use crate::{AnyEvent, CallError};

/// So many events are listed by an [`ExpectError`] that is printed.
const LISTED: usize = 20;

/// So many characters of each.
const LENGTH: usize = 200;

/// An expectation was not met.
///
/// Printed, also by `unwrap`, it says what was expected and what came instead,
/// the last 20 events of it, each in at most 200 characters.
#[derive(Clone)]
pub struct ExpectError {
    pub(super) expected: String,
    pub(super) why: Why,
    pub(super) instead: Vec<AnyEvent>,
    pub(super) forgotten: u64,
}

#[derive(Clone)]
pub(super) enum Why {
    Missing(Duration),
    Came(AnyEvent),
    Forgotten,
    Ended,
}

impl ExpectError {
    /// Returns the events that the probe remembers and that no expectation took,
    /// the oldest first.
    pub fn instead(&self) -> &[AnyEvent] {
        &self.instead
    }
}

impl fmt::Display for ExpectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = &self.expected;
        match &self.why {
            Why::Missing(limit) => write!(f, "no {expected} within {limit:?}")?,
            Why::Came(event) => {
                let came = Line(event);
                return write!(f, "no {expected} was expected, but this came:\n  {came}");
            }
            Why::Forgotten => write!(
                f,
                "nobody can tell whether {expected} came: the probe has forgotten events; \
                 clear it before, or give it more capacity"
            )?,
            Why::Ended => write!(f, "no {expected}, and the probe has ended with its system")?,
        }
        if self.instead.is_empty() {
            f.write_str("; nothing came instead")?;
        } else {
            f.write_str("; instead came")?;
        }
        let hidden = self.instead.len().saturating_sub(LISTED);
        if hidden > 0 {
            write!(f, "\n  ({hidden} before)")?;
        }
        for event in &self.instead[hidden..] {
            write!(f, "\n  {}", Line(event))?;
        }
        if self.forgotten > 0 {
            write!(f, "\n  ({} older ones are forgotten)", self.forgotten)?;
        }
        Ok(())
    }
}

/// As `Display`, since this is what a failed test prints.
impl fmt::Debug for ExpectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for ExpectError {}

/// One event on one line: name, channel and value.
struct Line<'a>(&'a AnyEvent);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.0;
        let channel = event.channel().unwrap_or("-");
        let text = format!("{event:?}").replace('\n', " ");
        write!(f, "{} on {channel}: ", event.name())?;
        match text.char_indices().nth(LENGTH) {
            Some((end, _)) => write!(f, "{}..", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

/// Why a component did not fail when a test told it to.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrashError {
    /// It has as many handlers as it may have.
    #[error("the component takes no handler that fails")]
    Handler(#[source] HandlerError),
    /// The failure did not get to it: it has stopped, or its mailbox is full.
    #[error("the failure did not reach the component")]
    Unreached(#[source] CallError),
}
