//! Generic events: bounds in place, in a where clause, or none; const parameters.

use std::fmt::Display;

use circuits::prelude::*;

#[derive(Event, Debug)]
struct Unbounded<T>(#[allow(dead_code)] T);

#[derive(Event)]
#[event(reply = T)]
struct Bounded<T: Display + Send + 'static>(#[allow(dead_code)] T);

#[derive(Event)]
#[event(name = "several", boxed)]
struct Several<A, B, const N: usize = 2>
where
    A: Clone,
    Vec<B>: Clone,
{
    #[allow(dead_code)]
    a: [A; N],
    #[allow(dead_code)]
    b: Vec<B>,
}

fn event<E: Event>() -> &'static str {
    E::NAME
}

fn main() {
    assert_eq!(event::<Unbounded<u8>>(), "unbounded");
    assert_eq!(event::<Bounded<String>>(), "bounded");
    assert_eq!(event::<Several<u8, String>>(), "several");
}
