//! The keys of a component.

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

#[component(overflow = "drop_oldest", strategy = "one_for_one")]
struct Dropping(#[allow(dead_code)] u32);

#[component(overflow = "latest", on_error = "restart",)]
struct Latest {}

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
impl Empty {}

fn main() {}
