//! An event shows itself by Debug where it has it, else by its name.

use std::fmt;

use circuits::prelude::*;

#[derive(Event, Debug)]
struct Shown {
    #[allow(dead_code)]
    field: u8,
}

#[derive(Event)]
struct Hidden;

struct Described<E>(E);

impl<E: Event> fmt::Display for Described<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

fn main() {
    assert_eq!(
        Described(Shown { field: 1 }).to_string(),
        "Shown { field: 1 }"
    );
    assert_eq!(Described(Hidden).to_string(), "hidden");
}
