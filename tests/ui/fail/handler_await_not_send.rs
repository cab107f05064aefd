//! What a handler keeps over an await can be sent.

use std::rc::Rc;

use circuits::prelude::*;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    async fn hello(&mut self) {
        let local = Rc::new(1);
        std::future::ready(()).await;
        drop(local);
    }
}

fn main() {}
