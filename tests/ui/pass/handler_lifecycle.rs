//! Handlers of lifecycle events, by name alone.

use circuits::Monitor;
use circuits::event::Down;
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

    #[handler("down")]
    fn down(&mut self, event: &Down, cx: &Context<Self>) {
        let _: (&str, u64, bool) = (&event.name, event.life, event.end.is_failure());
        let _: Monitor = cx.monitor(&cx.address());
    }

    #[handler("restarted")]
    fn restarted(&self) {}

    #[handler("exception", "dead_letter", channel = "*")]
    fn trouble(&self, _event: &AnyEvent) {}
}

fn main() {}
