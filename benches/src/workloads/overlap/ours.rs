//! Ours: a handler that takes `&self`.

use std::sync::Arc;

use circuits::prelude::*;

use crate::peers::ByChannel;
use crate::workloads::overlap::{Library, Overlap};

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Look {
    number: u64,
}

#[component(channel = "reader")]
struct Reader {
    shelf: Arc<Library>,
}

#[component]
impl Reader {
    #[handler("look")]
    async fn look(&self, event: &Look) -> u64 {
        self.shelf.look(event.number).await
    }
}

impl Overlap for ByChannel {
    type Reader = ();

    async fn reader(&self, shelf: Arc<Library>) {
        let factory = move || Reader {
            shelf: shelf.clone(),
        };
        let started = self.system().supervise(factory).await;
        started.expect("the component starts");
    }

    async fn look(&self, (): &(), number: u64) -> u64 {
        let answer = self.system().on("reader").call(Look { number }).await;
        answer.expect("the component answers")
    }
}
