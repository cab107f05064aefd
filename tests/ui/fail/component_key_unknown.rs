//! A component has nine keys on its struct, and one on its impl block.

use circuits::prelude::*;

#[component(mailboxes = 10, "greeter")]
struct Greeter;

#[component(channel = "greeter")]
impl Greeter {}

#[component]
struct Other;

#[component("other")]
impl Other {}

fn main() {}
