//! The spans of handlers, which follow what fired their events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use circuits::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as Line, Metadata, Subscriber};
use tracing_core::span::Current;

use crate::support::settle;

#[derive(Event)]
struct Ask;

#[derive(Event)]
#[event(reply = u32)]
struct Look;

#[derive(Event)]
struct Ring;

#[component(channel = "front")]
struct Front;

#[component]
impl Front {
    #[handler]
    async fn ask(&mut self, _: &Ask, cx: &Context<Self>) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tracing::info!(target: "test", "before");
        cx.on("back").call(Look).await.unwrap();
        tracing::info!(target: "test", "after");
        cx.on("bell").fire(Ring);
        cx.after(Duration::from_millis(5), Ring);
    }
}

#[component(channel = "back")]
struct Back;

#[component]
impl Back {
    #[handler]
    async fn look(&self, _: &Look) -> u32 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tracing::info!(target: "test", "found");
        1
    }

    #[handler(channel = "*")]
    fn ring(&mut self, _: &Ring) {
        tracing::info!(target: "test", "rings");
    }
}

/// Keeps spans, what they follow, and in which of them lines are logged.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    names: BTreeMap<u64, String>,
    meta: BTreeMap<u64, &'static Metadata<'static>>,
    inside: Vec<u64>,
    log: Vec<String>,
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if ["component", "handler", "message"].contains(&field.name()) {
            let dot = if self.0.is_empty() { "" } else { "." };
            self.0 += &format!("{dot}{value:?}").replace('"', "");
        }
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["circuits::handle", "test"].contains(&metadata.target())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = Text(String::new());
        span.record(&mut text);
        let mut kept = self.0.lock().unwrap();
        let id = kept.names.len() as u64 + 1;
        let parent = span.parent().map_or(String::new(), |parent| {
            format!(" in {}", kept.names[&parent.into_u64()])
        });
        assert!(!span.is_contextual());
        kept.log.push(format!("new {}{parent}", text.0));
        kept.names.insert(id, text.0);
        kept.meta.insert(id, span.metadata());
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        let mut kept = self.0.lock().unwrap();
        let names = (
            &kept.names[&span.into_u64()],
            &kept.names[&follows.into_u64()],
        );
        let line = format!("{} follows {}", names.0, names.1);
        kept.log.push(line);
    }

    fn event(&self, event: &Line<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let mut kept = self.0.lock().unwrap();
        let inside: Vec<_> = kept
            .inside
            .iter()
            .map(|id| kept.names[id].clone())
            .collect();
        kept.log.push(format!("{} in {inside:?}", text.0));
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().inside.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        assert_eq!(self.0.lock().unwrap().inside.pop(), Some(span.into_u64()));
    }

    fn current_span(&self) -> Current {
        let kept = self.0.lock().unwrap();
        match kept.inside.last() {
            Some(id) => Current::new(Id::from_u64(*id), kept.meta[id]),
            None => Current::none(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn core_014_the_span_of_a_handler_follows_that_of_the_handler_that_fired() {
    let system = System::new();
    system.register(Front).named("front").await.unwrap();
    system.register(Back).named("back").await.unwrap();
    settle().await;
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    system.on("front").fire(Ask);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let kept = spans.0.lock().unwrap();
    assert_eq!(
        kept.log,
        [
            "new front.ask",
            "before in [\"front.ask\"]",
            // The caller waits for it: it is a child as well.
            "new back.look in front.ask",
            "back.look follows front.ask",
            "found in [\"back.look\"]",
            "after in [\"front.ask\"]",
            "new back.ring",
            "back.ring follows front.ask",
            "rings in [\"back.ring\"]",
            // What a timer fires follows nothing.
            "new back.ring",
            "rings in [\"back.ring\"]",
        ]
    );
    assert!(kept.inside.is_empty());
}
