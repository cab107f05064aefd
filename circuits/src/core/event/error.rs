//! The one erased error: what a handler or `main` returns.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Any error, kept with its causes; one pointer, cheap to clone.
///
/// Every `std::error::Error` turns into it with `?`. Like the erased errors of
/// other crates it does not implement `std::error::Error` itself; borrow the
/// cause with [`Error::as_dyn`].
#[derive(Clone)]
pub struct Error(Arc<Inner>);

enum Inner {
    Ordinary(Box<dyn StdError + Send + Sync>),
    Fatal(Error),
}

impl Error {
    /// Makes an error of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Inner::Ordinary(Box::new(Text(text.into())))))
    }

    /// Makes an error that ends this life of the component which returns it,
    /// as a panic does; its supervisor decides what comes next.
    pub fn fatal(error: impl Into<Self>) -> Self {
        Self(Arc::new(Inner::Fatal(error.into())))
    }

    /// Tells whether the error ends the life of the component that returned it.
    pub fn is_fatal(&self) -> bool {
        matches!(*self.0, Inner::Fatal(_))
    }

    /// Borrows the error as a standard one.
    pub fn as_dyn(&self) -> &(dyn StdError + Send + Sync + 'static) {
        match &*self.0 {
            Inner::Ordinary(cause) => &**cause,
            Inner::Fatal(error) => error.as_dyn(),
        }
    }

    /// Borrows the error if it is a `T`.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.as_dyn().downcast_ref()
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Arc::new(Inner::Ordinary(Box::new(error))))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_dyn(), f)
    }
}

/// Writes the error and, one a line, its causes: what `main` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = self.as_dyn().source();
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
