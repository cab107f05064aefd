//! What a handler may return.

use std::fmt;

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Ask;

#[derive(Event)]
struct Tell;

mod alias {
    pub(crate) type Result<T> = std::result::Result<T, std::fmt::Error>;
}

#[component]
struct Oracle;

#[component]
impl Oracle {
    #[handler("ask", priority = 1)]
    fn reply(&mut self, _event: &Ask) -> String {
        String::new()
    }

    #[handler("ask", priority = 2)]
    fn option(&mut self, _event: &Ask) -> Option<String> {
        None
    }

    #[handler("ask", priority = 3)]
    fn result(&mut self, _event: &Ask) -> Result<String, fmt::Error> {
        Ok(String::new())
    }

    #[handler("ask", priority = 4)]
    fn result_option(&mut self, _event: &Ask) -> circuits::Result<Option<String>> {
        Ok(None)
    }

    #[handler("ask", priority = 5)]
    fn alias(&mut self, _event: &Ask) -> alias::Result<String> {
        Ok(String::new())
    }

    #[handler("tell", priority = 6)]
    fn nothing(&mut self, _event: &Tell) {}

    #[handler("tell", priority = 7)]
    fn unit(&mut self, _event: &Tell) -> () {}

    #[handler("tell", priority = 8)]
    async fn bare_result(&mut self, _event: &Tell) -> fmt::Result {
        Ok(())
    }

    #[handler("other")]
    async fn untyped(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[handler("more")]
    fn any(&mut self, _event: &AnyEvent) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Event)]
#[event(reply = Option<u32>)]
struct Find;

type Maybe<T> = Option<T>;

/// Where the reply is an option, one answers; two leave the choice.
#[component]
struct Finder;

#[component]
impl Finder {
    #[handler("find")]
    fn find(&mut self, _event: &Find) -> Option<u32> {
        None
    }

    #[handler("find", priority = 1)]
    fn perhaps(&mut self, _event: &Find) -> Option<Option<u32>> {
        None
    }

    #[handler("find", priority = 2)]
    fn alias(&mut self, _event: &Find) -> Result<Maybe<u32>, Error> {
        Ok(None)
    }
}

fn main() {}
