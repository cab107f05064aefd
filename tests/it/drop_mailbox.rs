//! Components that drop what waits when a life of theirs ends.

use circuits::prelude::*;
use circuits::{Backoff, CallError, OnRestart};

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Work(u32);

/// Panics at 0.
#[component(channel = "forgetful", on_restart = "drop_mailbox")]
struct Forgetful(Log);

#[component]
impl Forgetful {
    #[handler("work")]
    fn work(&mut self, event: &Work) -> u32 {
        assert!(event.0 > 0, "boom");
        self.0.add(event.0);
        event.0
    }
}

/// Fires three events of which the first panics, one more during the backoff,
/// and compares what became of them.
async fn check(on_restart: Option<OnRestart>, handled: &[&str], dead: &[&str]) {
    let system = System::new();
    let seen = watch(&system).await;
    let log = Log::default();
    let made = log.clone();
    let supervise = system
        .supervise(move || Forgetful(made.clone()))
        .backoff(Backoff::constant(Duration::from_secs(1)));
    let supervise = match on_restart {
        Some(on_restart) => supervise.on_restart(on_restart),
        None => supervise,
    };
    let forgetful = within(supervise).await.unwrap();
    let call = tokio::spawn({
        let (system, forgetful) = (system.clone(), forgetful.clone());
        async move {
            let target = system.to(&forgetful);
            target.fire(Work(0));
            target.fire(Work(1));
            target.call(Work(2)).await
        }
    });
    settle().await;
    assert_eq!(log.len(), 0, "the next life has not begun");
    let told = call.is_finished();
    system.to(&forgetful).fire(Work(3));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let called = within(call).await.unwrap();
    match called {
        Ok(answer) => assert_eq!((told, answer), (false, 2)),
        Err(error) => assert!(told && matches!(error, CallError::Stopped), "{error:?}"),
    }
    assert_eq!(log.take(), handled);
    assert_eq!(&seen.take()[1..], dead);
}

#[tokio::test(start_paused = true)]
async fn what_waits_when_a_life_ends_is_dropped_and_what_comes_later_is_kept() {
    let dead = [
        "dead work Crashed",
        "dead work Stopped",
        "dead work Stopped",
    ];
    check(None, &["3"], &dead).await;
}

#[tokio::test(start_paused = true)]
async fn one_child_may_keep_its_mailbox_although_its_type_does_not() {
    let keep = Some(OnRestart::KeepMailbox);
    check(keep, &["1", "2", "3"], &["dead work Crashed"]).await;
}
