//! Waiting for all that an event causes, where some of it comes back to who waits.

use circuits::CallError;
use circuits::prelude::*;

use crate::support::within;

/// Makes `a` fire `Echo` and wait until all of it is done; it replies with the
/// ring that it was told of, if any.
#[derive(Event)]
#[event(reply = Vec<String>)]
struct Ask(Way);

#[derive(Clone, Copy)]
enum Way {
    Fire,
    Forward,
    Call,
    Elsewhere,
    /// Gives up waiting, and returns before the effect comes.
    GiveUp,
}

#[derive(Event)]
struct Echo(Way);

#[derive(Event)]
struct Forward;

#[derive(Event)]
#[event(reply = u32)]
struct Back;

#[component(channel = "a")]
struct Asks;

#[component]
impl Asks {
    #[handler("ask")]
    async fn ask(&mut self, event: &Ask, cx: &Context<Self>) -> Vec<String> {
        let all = cx.on("b").fire(Echo(event.0)).completed();
        if matches!(event.0, Way::GiveUp) {
            let _ = tokio::time::timeout(Duration::ZERO, all).await;
            return Vec::new();
        }
        match all.await {
            Ok(()) => Vec::new(),
            Err(CallError::Deadlock(ring)) => ring.path().to_vec(),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[handler("back")]
    async fn back(&mut self) {}
}

#[component(channel = "b")]
struct Echoes;

#[component]
impl Echoes {
    #[handler("echo")]
    async fn echo(&mut self, event: &Echo, cx: &Context<Self>) {
        match event.0 {
            Way::Fire => drop(cx.on("a").fire(Back)),
            Way::Forward | Way::Call => drop(cx.on("c").fire(Forward)),
            Way::Elsewhere => drop(cx.on("d").fire(Back)),
            Way::GiveUp => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let heard = cx.on("a").call(Back).await;
                assert!(matches!(heard, Err(CallError::NoReply)), "{heard:?}");
            }
        }
    }
}

#[component(channel = "c")]
struct Calls(bool);

#[component]
impl Calls {
    #[handler("forward")]
    async fn forward(&mut self, cx: &Context<Self>) {
        if self.0 {
            // It is answered once the other has given up.
            let heard = cx.on("a").call(Back).await;
            assert!(matches!(heard, Err(CallError::NoReply)), "{heard:?}");
        } else {
            cx.on("a").fire(Back);
        }
    }
}

async fn ask(way: Way) -> Vec<String> {
    let system = System::new();
    let asks = system.register(Asks).named("a").await.unwrap();
    system.register(Echoes).named("b").await.unwrap();
    let calls = matches!(way, Way::Call);
    system.register(Calls(calls)).named("c").await.unwrap();
    let outcome = within(system.to(&asks).call(Ask(way))).await.unwrap();
    // Neither is stuck, nor has anything failed.
    for channel in ["a", "b", "c"] {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(system.exceptions(), 0, "{channel}");
    }
    outcome
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_is_fired_at_who_waits_for_it_ends_the_wait() {
    let ring = ["a.ask"];
    assert_eq!(ask(Way::Fire).await, ring);
    assert_eq!(ask(Way::Forward).await, ring);
    assert_eq!(ask(Way::Call).await, ring);
}

#[tokio::test(start_paused = true)]
async fn effects_elsewhere_or_after_the_wait_are_no_ring() {
    assert_eq!(ask(Way::Elsewhere).await, [""; 0]);
    assert_eq!(ask(Way::GiveUp).await, [""; 0]);
}
