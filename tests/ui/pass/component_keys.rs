//! The keys of a component.

use circuits::OnError;
use circuits::prelude::*;

#[component(
    channel = "all",
    mailbox = 1_048_576,
    overflow = "wait",
    strategy = "one_for_one",
    max_restarts = 0,
    within = "500ms",
    shutdown = "0s",
    on_error = "restart"
)]
struct All;

#[component(channel = "*", mailbox = 1, overflow = "reject", on_error = "answer")]
enum Rejecting {
    #[allow(dead_code)]
    Variant,
}

#[component(
    overflow = "drop_oldest",
    strategy = "one_for_all",
    auto_shutdown = "any_significant",
    shutdown = "brutal",
    on_link = "fail",
    on_restart = "keep_mailbox",
    attempts = 1,
    on_error = "stop"
)]
struct Dropping(#[allow(dead_code)] u32);

#[component(
    overflow = "latest",
    strategy = "rest_for_one",
    max_restarts = "unlimited",
    auto_shutdown = "all_significant",
    shutdown = "infinite",
    on_error = "restart",
    on_link = "tell",
    on_restart = "drop_mailbox",
    attempts = 4_294_967_295,
)]
struct Latest {}

fn rule(error: &Error) -> Option<OnError> {
    error.downcast_ref::<std::fmt::Error>().map(|_| OnError::Stop)
}

#[component(on_error = rule)]
struct Ruled;

#[component(on_error = Self::rule)]
struct RuledByItself<T>(T);

impl<T> RuledByItself<T> {
    fn rule(_error: &Error) -> Option<OnError> {
        None
    }
}

#[component(strategy = "dynamic", auto_shutdown = "never", max_restarts = 4_294_967_295)]
struct Dynamic;

#[component()]
struct Empty;

#[component()]
impl All {}

#[component]
impl Rejecting {}

#[component]
impl Dropping {}

#[component]
impl Latest {}

#[component]
impl Ruled {}

#[component]
impl<T: Send + 'static> RuledByItself<T> {}

#[component]
impl Dynamic {}

#[component]
impl Empty {}

fn main() {}
