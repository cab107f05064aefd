//! The one erased error: what a handler or `main` returns.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Any error, kept with its causes; cheap to clone, since it is shared.
///
/// Every `std::error::Error` turns into it with `?`. Like the erased errors of
/// other crates it does not implement `std::error::Error` itself; borrow the
/// cause with [`Error::as_dyn`].
#[derive(Clone)]
pub struct Error {
    cause: Arc<dyn StdError + Send + Sync>,
    fatal: bool,
}

impl Error {
    /// Makes an error of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            cause: Arc::new(Text(text.into())),
            fatal: false,
        }
    }

    /// Makes an error that ends this life of the component which returns it,
    /// as a panic does; its supervisor decides what comes next.
    pub fn fatal(error: impl Into<Self>) -> Self {
        Self {
            fatal: true,
            ..error.into()
        }
    }

    /// Tells whether the error ends the life of the component that returned it.
    pub fn is_fatal(&self) -> bool {
        self.fatal
    }

    /// Borrows the error as a standard one.
    pub fn as_dyn(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.cause
    }

    /// Borrows the error if it is a `T`.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.cause.downcast_ref()
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self {
            cause: Arc::new(error),
            fatal: false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.cause, f)
    }
}

/// Writes the error and, one a line, its causes: what `main` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        let mut source = self.cause.source();
        while let Some(cause) = source {
            write!(f, "\n  because {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Text(String);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Text {}
