//! A rule is a function of an error that may have an opinion.

use circuits::OnError;
use circuits::prelude::*;

fn opinionated(_error: &Error) -> OnError {
    OnError::Restart
}

fn by_text(_error: &str) -> Option<OnError> {
    None
}

#[component(on_error = opinionated)]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", on_error = by_text)]
    fn hello(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[handler("bye", on_error = missing)]
    fn bye(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}
