//! The counters and histograms of a system.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use circuits::Options;
use circuits::prelude::*;
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use crate::support::settle;

#[derive(Event)]
struct Work(u32);

#[component(channel = "desk")]
#[derive(Default)]
struct Desk;

#[component]
impl Desk {
    #[handler]
    async fn work(&mut self, event: &Work) -> circuits::Result {
        tokio::time::sleep(Duration::from_millis(250)).await;
        match event.0 {
            1 => Err(Error::new("no")),
            2 => panic!("never"),
            _ => Ok(()),
        }
    }
}

/// What was measured, by name and labels: counts, or how many times and their sum.
#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Default)]
struct Entry {
    count: u64,
    sum: Option<f64>,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.sum {
            Some(sum) => write!(f, "{} in {sum:.2}", self.count),
            None => write!(f, "{}", self.count),
        }
    }
}

struct Row {
    ledger: Ledger,
    key: String,
}

impl Row {
    fn of(ledger: &Ledger, key: &Key) -> Arc<Self> {
        let labels: Vec<_> = key.labels().map(|label| label.value()).collect();
        Arc::new(Self {
            ledger: ledger.clone(),
            key: format!("{} {}", key.name(), labels.join(" ")),
        })
    }

    fn change(&self, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.ledger.0.lock().unwrap();
        change(entries.entry(self.key.clone()).or_default());
    }
}

impl CounterFn for Row {
    fn increment(&self, value: u64) {
        self.change(|entry| entry.count += value);
    }

    fn absolute(&self, _: u64) {
        unreachable!("no counter is set");
    }
}

impl HistogramFn for Row {
    fn record(&self, value: f64) {
        self.change(|entry| {
            entry.count += 1;
            entry.sum = Some(entry.sum.unwrap_or_default() + value);
        });
    }
}

impl Recorder for Ledger {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!(unit, Some(Unit::Seconds));
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Row::of(self, key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        unreachable!("there are no gauges")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Row::of(self, key))
    }
}

#[test]
fn a_system_is_measured_by_types_and_methods_as_long_as_the_guard_is_held() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let recorder = Ledger::default();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let system = System::with(Options::new().unlimited_restarts());
            let desks = (
                system.supervise(Desk::default),
                system.supervise(Desk::default),
            );
            desks.0.named("left").await.unwrap();
            desks.1.named("right").await.unwrap();
            settle().await;
            let guard = circuits::metrics::install(&system);
            for kind in 0..3 {
                system.on("desk").fire(Work(kind));
            }
            system.on("nowhere").fire(Work(0));
            tokio::time::sleep(Duration::from_secs(2)).await;
            drop(guard);
            system.on("desk").fire(Work(0));
            tokio::time::sleep(Duration::from_secs(2)).await;
        });
    });
    let ledger = recorder.0.lock().unwrap();
    let is_ours = |key: &str| key.contains("work") || key.contains("Desk");
    let found = ledger.iter().filter(|(key, _)| is_ours(key));
    let found: Vec<_> = found
        .map(|(key, entry)| format!("{key}: {entry}"))
        .collect();
    assert_eq!(
        found,
        [
            "circuits_dead_letters_total work Crashed: 2",
            "circuits_dead_letters_total work NoHandler: 1",
            "circuits_event_seconds work: 4 in 1.50",
            "circuits_events_failed_total work Desk work error: 2",
            "circuits_events_failed_total work Desk work panic: 2",
            "circuits_events_fired_total work: 4",
            "circuits_events_handled_total work Desk work: 6",
            "circuits_events_unheard_total work: 1",
            "circuits_handling_seconds work Desk work: 6 in 1.50",
            "circuits_restarts_total Desk: 2",
            "circuits_waiting_seconds work Desk work: 6 in 1.50",
        ]
    );
}
