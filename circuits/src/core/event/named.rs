//! Events that are named while the program runs.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use crate::core::event::{Event, Inline};

/// The name of an event: 1 to 64 bytes without whitespace, and not `*`.
///
/// It reads as a `str`. Clones share one text, and nothing else keeps it: made-up
/// names are gone with their last event.
#[derive(Clone)]
pub struct Name(Text);

/// As small as a `&str`: names are part of messages.
#[derive(Clone)]
enum Text {
    Literal(&'static str),
    Made(Arc<Box<str>>),
}

impl Name {
    /// The longest name, in bytes.
    pub const LIMIT: usize = 64;

    /// Checks a text and makes a name of it.
    ///
    /// # Errors
    /// It is empty, longer than [`Name::LIMIT`] bytes, has whitespace, or is `*`.
    pub fn new(name: &str) -> Result<Self, NameError> {
        match name.len() {
            0 => return Err(NameError::Empty),
            1..=Self::LIMIT => {}
            length => return Err(NameError::TooLong { length }),
        }
        if name == "*" {
            return Err(NameError::Star);
        }
        if name.contains(char::is_whitespace) {
            return Err(NameError::Whitespace);
        }
        Ok(Self(Text::Made(Arc::new(name.into()))))
    }

    /// Takes a name that the compiler has seen.
    pub(crate) const fn literal(name: &'static str) -> Self {
        Self(Text::Literal(name))
    }

    /// Returns the name of an event.
    pub(crate) fn of<E: Event>(event: &E) -> Self {
        match event.own_name() {
            Some(name) => name.clone(),
            None => Self::literal(E::NAME),
        }
    }

    /// Tells whether it is the name of an event of the framework's, or of another
    /// type that bears it; what is named while the program runs never is.
    pub(crate) fn is_literally(&self, name: &str) -> bool {
        matches!(self.0, Text::Literal(own) if own == name)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Literal(name) => name,
            Text::Made(name) => name,
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl Hash for Name {
    /// As the text does.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Why a text is no name of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It has no characters.
    #[error("the name of an event is empty; write 1 to {} bytes", Name::LIMIT)]
    Empty,
    /// It is longer than [`Name::LIMIT`].
    #[error(
        "the name of an event has {length} bytes; at most {} are allowed",
        Name::LIMIT
    )]
    TooLong {
        /// The length of the refused name in bytes.
        length: usize,
    },
    /// It has whitespace.
    #[error("the name of an event has whitespace; write `_` in its place")]
    Whitespace,
    /// It is `*`, which stands for every event in a handler.
    #[error("`*` stands for every event; give this one a name of its own")]
    Star,
}

/// An event with a name of its own, made while the program runs, and a payload.
///
/// It is for the edges, where names come from a message, a script or a file, and
/// types would not help: everywhere else a type of its own is checked and cheaper.
/// Handlers of its name hear it as they hear any event: those without an event
/// parameter, those of `&AnyEvent`, and those of `&Named<P>` with its very
/// payload, which alone can answer, with a `P`. So do handlers of `"*"`, and
/// waits and added handlers for `Named<P>`, whatever the name.
///
/// Who hears it is put together each time it is fired, under a lock; nothing
/// remembers a name. Events of the framework's own cannot be forged with it: the
/// handlers of a component's own life do not hear it.
///
/// # Examples
///
/// ```
/// use circuits::event::Named;
/// use circuits::prelude::*;
///
/// #[component(channel = "lamp")]
/// #[derive(Default)]
/// struct Lamp {
///     level: u32,
/// }
///
/// #[component]
/// impl Lamp {
///     #[handler("off")]
///     fn off(&mut self) {
///         self.level = 0;
///     }
///
///     #[handler("dim")]
///     fn dim(&mut self, event: &Named<u32>) -> u32 {
///         std::mem::replace(&mut self.level, *event.payload())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// # let system = System::new();
/// system.supervise(Lamp::default).await?;
/// let (name, level) = ("dim", 40_u32); // from a message, say
/// system.on("lamp").fire(Named::new(name)?.with(level));
/// assert_eq!(system.on("lamp").call(Named::new("dim")?.with(10_u32)).await?, 40);
/// system.on("lamp").fire(Named::new("off")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Named<P = ()> {
    name: Name,
    payload: P,
}

impl Named {
    /// Makes an event of this name, without a payload.
    ///
    /// # Errors
    /// The text is no name; see [`Name::new`].
    pub fn new(name: &str) -> Result<Self, NameError> {
        let name = Name::new(name)?;
        Ok(Self { name, payload: () })
    }
}

impl<P> Named<P> {
    /// Puts a payload in, in the place of the one before.
    #[must_use]
    pub fn with<Q>(self, payload: Q) -> Named<Q> {
        let Self { name, .. } = self;
        Named { name, payload }
    }

    /// Returns the name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Borrows the payload.
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// Turns the event into its payload.
    pub fn into_payload(self) -> P {
        self.payload
    }
}

#[diagnostic::do_not_recommend]
impl<P: fmt::Debug + Send + Sync + 'static> Event for Named<P> {
    type Reply = P;
    type Slot = Inline<Self>;
    const NAME: &'static str = "*";

    fn own_name(&self) -> Option<&Name> {
        Some(&self.name)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
