//! Handlers that take where their event comes from.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = u8)]
struct Ask;

#[component]
struct Curious;

#[component]
impl Curious {
    #[handler]
    fn ask(&mut self, _event: &Ask, origin: &circuits::Origin) -> u8 {
        origin.channels().count() as u8
    }

    #[handler("ask", priority = -1.5, channel = "other", timeout = "5s")]
    async fn later(
        &self,
        _event: &Ask,
        origin: &circuits::event::Origin,
        cx: &Context<Self>,
    ) -> Option<u8> {
        (origin.sender() == Some(cx.id())).then_some(1)
    }

    #[handler("a", "b")]
    fn named(&mut self, _origin: &circuits::Origin) {}

    #[handler("c")]
    fn beside(&self, _origin: &circuits::Origin, _cx: &Context<Self>) {}

    #[handler("*", channel = "*")]
    fn any(&mut self, _event: &AnyEvent, _origin: &circuits::Origin) {}
}

fn main() {
    let handlers = <Curious as circuits::component::Component>::HANDLERS;
    assert_eq!(handlers.len(), 6);
}
