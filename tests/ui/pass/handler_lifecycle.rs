//! Handlers of lifecycle events, by name alone.

use circuits::prelude::*;

#[component]
struct Watcher;

#[component]
impl Watcher {
    #[handler("registered")]
    fn registered(&mut self) {}

    #[handler("started")]
    async fn started(&mut self, _cx: &Context<Self>) {}

    #[handler(
        "stopped",
        "prepare_unregister",
        "unregistered",
        "signal",
        channel = "*"
    )]
    fn ending(&mut self) -> Result<(), Error> {
        Ok(())
    }

    #[handler("exception", "dead_letter", channel = "*")]
    fn trouble(&self, _event: &AnyEvent) {}
}

fn main() {}
