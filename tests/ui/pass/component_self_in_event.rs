//! Self may stand in the type of an event.

use std::marker::PhantomData;

use circuits::prelude::*;

#[derive(Event)]
struct About<T>(PhantomData<T>);

#[derive(Event)]
struct Sized<const N: usize>;

#[component]
struct Greeter;

#[component]
impl Greeter {
    const SIZE: usize = 3;

    #[handler("about")]
    fn about(&mut self, _event: &About<Self>) {
        let _ = Self::SIZE;
    }

    #[handler("sized")]
    fn sized(&mut self, _event: &Sized<{ Self::SIZE }>) {}
}

fn main() {}
