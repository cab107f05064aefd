//! A program whose component panics; `tests/it/otp/shutdown.rs` builds it so that
//! panics abort, and says what it must do then.

use std::fmt::Debug;

use circuits::prelude::*;
use tracing::field::{Field, Visit};
use tracing::{Event as Record, Metadata, Subscriber, span};

#[derive(Event)]
struct Work;

#[component(channel = "worker")]
struct Worker;

#[component]
impl Worker {
    #[handler("work")]
    fn work(&mut self, _event: &Work) {
        panic!("a handler panics");
    }
}

/// Writes what is logged to stderr.
struct Log;

struct Message;

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            eprintln!("log: {value:?}");
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &Record<'_>) {
        event.record(&mut Message);
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

fn main() -> circuits::Result<()> {
    tracing::subscriber::set_global_default(Log)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let system = System::new();
        system.supervise(|| Worker).await?;
        let answer = system.on("worker").call(Work).await;
        println!("it goes on: {answer:?}");
        Ok(())
    })
}
