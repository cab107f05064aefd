//! Dead letters: what nobody handles is counted and told.

use circuits::event::{DeadLetter, Reason};
use circuits::prelude::*;
use circuits::{CallError, Options};

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Lost(u32);

#[component(channel = "short", mailbox = 1, overflow = "reject")]
#[derive(Default)]
struct Short;

#[component]
impl Short {
    #[handler("lost")]
    fn lost(&mut self, event: &Lost) -> u32 {
        event.0
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_handler_is_a_dead_letter() {
    let system = System::new();
    let dead = watch(&system).await;
    system.register(Short).await.unwrap();
    system.fire(Lost(1));
    settle().await;
    assert_eq!(dead.take(), [""; 0], "it has reached all channels");
    system.on("nowhere").fire(Lost(2));
    system.on("").fire(Lost(3));
    settle().await;
    assert_eq!(dead.take(), ["dead lost NoHandler", "dead lost BadChannel"]);
    assert_eq!(system.dead_letters(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_handles_is_an_error_and_no_dead_letter() {
    let system = System::new();
    let called = system.on("nowhere").call(Lost(1)).await;
    assert!(matches!(called, Err(CallError::NoHandler)), "{called:?}");
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_to_a_component_that_is_gone_or_full_is_a_dead_letter() {
    let system = System::new();
    let dead = watch(&system).await;
    let short = system.register(Short).await.unwrap();
    for number in 0..4 {
        system.to(&short).fire(Lost(number));
    }
    settle().await;
    assert_eq!(dead.take(), ["dead lost Full"; 3]);
    short.stop().await;
    system.to(&short).fire(Lost(4));
    system.on("short").fire(Lost(5));
    settle().await;
    assert_eq!(dead.take(), ["dead lost Stopped", "dead lost NoHandler"]);
    assert_eq!(system.dead_letters(), 5);
    system.stop();
    within(system.join()).await.unwrap();
    system.fire(Lost(6));
    assert_eq!(system.dead_letters(), 6, "also when all is over");
}

/// Takes so few dead letters that it makes some itself, and fires more.
#[component(mailbox = 1, overflow = "reject")]
struct Clumsy(Log);

#[component]
impl Clumsy {
    #[handler("dead_letter")]
    async fn dead_letter(&mut self, event: &DeadLetter, cx: &Context<Self>) {
        self.0
            .add(format_args!("{:?} {:?}", event.event, event.reason));
        if event.reason == Reason::NoHandler && self.0.len() < 5 {
            cx.on("nowhere").fire(Lost(9));
        }
        assert!(self.0.len() < 3, "clumsy");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_about_a_dead_letter_is_counted_and_told_to_nobody() {
    let system = System::with(Options::new().max_restarts(100));
    let log = Log::default();
    let made = log.clone();
    system
        .supervise(move || Clumsy(made.clone()))
        .await
        .unwrap();
    for number in 0..4 {
        system.on("nowhere").fire(Lost(number));
    }
    settle().await;
    // One finds room, and makes another, and so on until the handler crashes
    // with its third; each further life handles what waits for it.
    let lines = log.take();
    assert_eq!(lines[0], "Lost(0) NoHandler");
    assert_eq!(lines[1], "Lost(9) NoHandler");
    assert_eq!(lines.len(), 5, "{lines:?}");
    // Eight events went nowhere; three letters about them found no room, and
    // three more were lost in crashes.
    assert_eq!(system.dead_letters(), 4 + 4 + 3 + 3);
}
