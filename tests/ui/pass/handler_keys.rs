//! The keys of a handler.

use circuits::OnError;
use circuits::prelude::*;

mod rules {
    use circuits::{Error, OnError};

    pub fn never(_error: &Error) -> Option<OnError> {
        Some(OnError::Answer)
    }
}

#[derive(Event)]
#[event(reply = u32)]
struct Sum;

#[component]
struct Calculator;

#[component]
impl Calculator {
    #[handler("sum", channel = "math")]
    fn channel(&mut self, _event: &Sum) -> u32 {
        1
    }

    #[handler("sum", priority = 10)]
    fn high(&mut self, _event: &Sum) -> u32 {
        1
    }

    #[handler("sum", priority = -1)]
    fn low(&mut self, _event: &Sum) -> u32 {
        1
    }

    #[handler("sum", priority = 2.5)]
    fn fraction(&mut self, _event: &Sum) -> u32 {
        1
    }

    #[handler("sum", priority = -0.5, timeout = "500ms")]
    async fn timeout(&mut self, _event: &Sum) -> u32 {
        1
    }

    #[handler("sum", priority = 4, parallel)]
    async fn parallel(&self, _event: &Sum) -> u32 {
        1
    }

    #[handler("sum", channel = "*", priority = 5, timeout = "2m", parallel)]
    async fn all(&self, _event: &Sum) -> Result<Option<u32>, Error> {
        Ok(None)
    }

    #[handler("sum", priority = 6, on_error = "restart")]
    fn restart(&mut self, _event: &Sum) -> Result<u32, Error> {
        Ok(1)
    }

    #[handler("sum", priority = 7, on_error = rules::never)]
    async fn never(&self, _event: &Sum) -> Result<u32, Error> {
        Ok(1)
    }

    #[handler("sum", priority = 8, on_error = Self::rule, timeout = "1s")]
    async fn late(&self, _event: &Sum) -> u32 {
        1
    }

    #[handler(on_error = "stop")]
    fn any(&mut self, _event: &AnyEvent) -> circuits::Result {
        Ok(())
    }

    fn rule(_error: &Error) -> Option<OnError> {
        None
    }

    #[handler(timeout = "1h",)]
    async fn untyped(&self) {}
}

fn main() {}
