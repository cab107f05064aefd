//! Each key says what it takes.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("a", channel = web)]
    fn a(&mut self) {}

    #[handler("b", priority = "high")]
    fn b(&mut self) {}

    #[handler("c", parallel = true)]
    fn c(&self) {}

    #[handler("d", channel = "")]
    fn d(&mut self) {}

    #[handler("e", priority)]
    fn e(&mut self) {}

    #[handler(channel = "web", "f")]
    fn f(&mut self) {}

    #[handler("g" "h")]
    fn g(&mut self) {}

    #[handler("i", priority = 1e999)]
    fn i(&mut self) {}

    #[handler(5)]
    fn j(&mut self) {}

    #[handler("l", on_error = "panic")]
    fn l(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[handler("m", on_error)]
    fn m(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[handler("n", on_error = "restart")]
    fn n(&mut self) {}

    #[handler = "k"]
    fn k(&mut self) {}
}

fn main() {}
