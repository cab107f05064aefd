//! Counters and histograms of a system, for whatever recorder of the crate `metrics`
//! the program has.

use crate::Handle;
use crate::event::{DeadLetter, End, EventRef};
use crate::tap::{Done, Firing, Handled, Handling, Member, Outcome, Tap, TapGuard};

/// Measures a system from now on, until the guard is dropped.
///
/// Set the recorder of the program (an exporter) before; where there is none, what is
/// measured is lost. It listens by a [tap](crate::tap::Tap), so it costs what a tap
/// costs.
///
/// | Name | Kind | Labels |
/// |---|---|---|
/// | `circuits_events_fired_total` | counter | `event` |
/// | `circuits_events_unheard_total` | counter | `event` |
/// | `circuits_events_handled_total` | counter | `event`, `component`, `handler` |
/// | `circuits_events_failed_total` | counter | `event`, `component`, `handler`, `outcome` |
/// | `circuits_handling_seconds` | histogram | `event`, `component`, `handler` |
/// | `circuits_waiting_seconds` | histogram | `event`, `component`, `handler` |
/// | `circuits_event_seconds` | histogram | `event` |
/// | `circuits_dead_letters_total` | counter | `event`, `reason` |
/// | `circuits_restarts_total` | counter | `component` |
///
/// `event` is the name of the type, `*` for events that have names of their own, and
/// `unknown` for dead letters that were fired before; `component` is the name of the type, `handler` that of the method, `outcome` is
/// `error`, `panic` or `killed`: so there are no more series than the program has
/// types, methods and reasons, however many components there are. Handled are all
/// that ended, in whatever way. Waiting is the time in the mailbox, handling that in
/// the handler, and an event takes from its firing to its last end.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let system = System::new();
/// let guard = circuits::metrics::install(&system);
/// # drop(guard);
/// # }
/// ```
pub fn install(system: &Handle) -> TapGuard {
    describe();
    system.tap(Meter)
}

/// Turns what it hears into measurements.
struct Meter;

impl Tap for Meter {
    fn fired(&self, firing: &Firing, _event: EventRef<'_>) {
        let event = firing.kind;
        metrics::counter!("circuits_events_fired_total", "event" => event).increment(1);
        if firing.receivers == 0 {
            metrics::counter!("circuits_events_unheard_total", "event" => event).increment(1);
        }
    }

    fn handled(&self, firing: &Firing, handling: &Handling, handled: &Handled) {
        let labels = [
            ("event", firing.kind),
            ("component", handling.component.kind),
            ("handler", handling.handler),
        ];
        metrics::counter!("circuits_events_handled_total", &labels).increment(1);
        metrics::histogram!("circuits_handling_seconds", &labels).record(handled.took);
        metrics::histogram!("circuits_waiting_seconds", &labels).record(handling.waited);
        let outcome = match handled.outcome {
            Outcome::Nothing | Outcome::Replied => return,
            Outcome::Failed(_) => "error",
            Outcome::Panicked(_) => "panic",
            Outcome::Killed => "killed",
        };
        let [event, component, handler] = labels;
        let labels = [event, component, handler, ("outcome", outcome)];
        metrics::counter!("circuits_events_failed_total", &labels).increment(1);
    }

    fn done(&self, firing: &Firing, done: &Done) {
        let event = firing.kind;
        metrics::histogram!("circuits_event_seconds", "event" => event).record(done.took);
    }

    fn dead(&self, firing: Option<&Firing>, letter: &DeadLetter) {
        // Its variant: at most as many as there are reasons.
        let reason = format!("{:?}", letter.reason);
        let event = firing.map_or("unknown", |firing| firing.kind);
        metrics::counter!("circuits_dead_letters_total", "event" => event, "reason" => reason)
            .increment(1);
    }

    fn restarts(&self, component: &Member, _end: &End) {
        metrics::counter!("circuits_restarts_total", "component" => component.kind).increment(1);
    }
}

fn describe() {
    use metrics::{Unit, describe_counter, describe_histogram};

    describe_counter!("circuits_events_fired_total", "Events that were fired.");
    describe_counter!("circuits_events_unheard_total", "Events that nobody heard.");
    describe_counter!("circuits_events_handled_total", "Handlers that ended.");
    describe_counter!(
        "circuits_events_failed_total",
        "Handlers that failed, panicked or were killed."
    );
    describe_counter!("circuits_dead_letters_total", "Events that went nowhere.");
    describe_counter!("circuits_restarts_total", "Components started again.");
    for (name, what) in [
        ("circuits_handling_seconds", "Time in a handler."),
        ("circuits_waiting_seconds", "Time in a mailbox."),
        ("circuits_event_seconds", "Time from a firing to its end."),
    ] {
        describe_histogram!(name, Unit::Seconds, what);
    }
}
