//! What is supervised is made anew for each life, so a value will not do.

use circuits::prelude::*;

#[component]
#[derive(Default)]
struct Greeter;

#[component]
impl Greeter {}

async fn start(system: &System) -> circuits::Result {
    system.supervise(Greeter::default()).await?;
    Ok(())
}

fn main() {}
