//! Names of events, checked and joined by the compiler.

use std::marker::PhantomData;

use crate::core::event::Event;

/// The longest event name that feedback events can be named after, in bytes.
const LIMIT: usize = 96;

/// Fails the build unless a handler names the event as the event does, or the event
/// is of a type that has no name, which is `"*"`.
///
/// # Panics
/// The names differ; in a constant that is a compile error, and it says what to write.
#[track_caller]
pub const fn check_name(event: &'static str, written: &'static str) {
    if !same(event, "*") && !same(event, written) {
        panic!("{}", Mismatch::new(event, written).as_str());
    }
}

/// Returns the name that a handler hears: that of its event's type, or the one that
/// is written where each event has a name of its own.
pub const fn listed_name(event: &'static str, written: &'static str) -> &'static str {
    if same(event, "*") { written } else { event }
}

/// The name of a type of event, if it is one; what the macros check names with.
///
/// The name of what is no event is a mistake that is reported elsewhere, so here
/// it is `None`: the compiler prefers the inherent constant, but only where its
/// bound holds, and else takes that of [`Nameless`].
#[derive(Debug)]
pub struct NameOf<E>(PhantomData<E>);

impl<E: Event> NameOf<E> {
    /// The name.
    pub const NAME: Option<&'static str> = Some(E::NAME);
}

/// What has no name because it is no event; see [`NameOf`].
pub trait Nameless {
    /// No name.
    const NAME: Option<&'static str> = None;
}

impl<E> Nameless for NameOf<E> {}

pub(crate) const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A text put together in a constant; what does not fit is cut.
pub(crate) struct Text<const SIZE: usize> {
    bytes: [u8; SIZE],
    length: usize,
}

impl<const SIZE: usize> Text<SIZE> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            length: 0,
        }
    }

    pub(crate) const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.length < SIZE {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the names are too long to be shown",
        }
    }
}

struct Mismatch(Text<512>);

impl Mismatch {
    const fn new(event: &str, written: &str) -> Self {
        Self(
            Text::new()
                .push("this handler listens for `")
                .push(written)
                .push("`, but its event is named `")
                .push(event)
                .push("`: write #[handler(\"")
                .push(event)
                .push("\")]"),
        )
    }

    const fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The name of a feedback event: `<event>_<suffix>`.
pub(crate) type Joined = Text<LIMIT>;

pub(crate) const fn join(event: &str, suffix: &str) -> Joined {
    assert!(
        event.len() + suffix.len() < LIMIT,
        "the event's name is too long for its feedback events: at most 80 bytes are allowed"
    );
    Joined::new().push(event).push("_").push(suffix)
}
