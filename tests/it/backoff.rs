//! Backoff: how long a failed child waits, and when that starts anew.

use circuits::event::Started;
use circuits::prelude::*;
use circuits::{Backoff, Options};
use tokio::time::Instant;

use crate::support::settle;

#[derive(Event)]
struct Crash;

/// Tells when each of its lives starts.
#[component(channel = "flaky")]
struct Flaky(tokio::sync::mpsc::UnboundedSender<(u64, Instant)>);

#[component]
impl Flaky {
    #[handler("started")]
    fn started(&mut self, event: &Started) {
        let _ = self.0.send((event.life, Instant::now()));
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash) {
        panic!("crash");
    }
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Lets a child run for these times, each until it fails; returns how long it
/// waited each time before it was started again.
async fn delays(backoff: Backoff, runs: impl IntoIterator<Item = Duration>) -> Vec<Duration> {
    let system = System::with(Options::new().unlimited_restarts());
    let (starts, mut started) = tokio::sync::mpsc::unbounded_channel();
    let flaky = move || Flaky(starts.clone());
    let flaky = system.supervise(flaky).backoff(backoff).await.unwrap();
    assert_eq!(started.recv().await.unwrap().0, 1);
    let mut delays = Vec::new();
    for (run, life) in runs.into_iter().zip(2..) {
        tokio::time::sleep(run).await;
        let failed = Instant::now();
        system.to(&flaky).fire(Crash);
        let (next, at) = started.recv().await.unwrap();
        assert_eq!(next, life);
        delays.push(at - failed);
    }
    delays
}

#[tokio::test(start_paused = true)]
async fn a_constant_backoff_is_the_same_each_time() {
    let delays = delays(Backoff::constant(secs(3)), [Duration::ZERO; 5]).await;
    assert_eq!(delays, [secs(3); 5]);
}

#[tokio::test(start_paused = true)]
async fn jitter_takes_off_up_to_its_share_and_never_adds() {
    let jittery = Backoff::constant(secs(100)).jitter(0.2);
    let delays = delays(jittery, [Duration::ZERO; 200]).await;
    let (least, most) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
    assert!(
        *least >= secs(80) && *most <= secs(100),
        "{least:?} {most:?}"
    );
    // They are spread over all that is allowed.
    assert!(*least < secs(83) && *most > secs(97), "{least:?} {most:?}");
    let different: std::collections::HashSet<_> = delays.iter().collect();
    assert!(different.len() > 150, "{}", different.len());
}

#[tokio::test(start_paused = true)]
async fn jitter_is_a_share_between_none_and_all() {
    let runs = [Duration::ZERO; 50];
    for none in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        let delays = delays(Backoff::constant(secs(10)).jitter(none), runs).await;
        assert_eq!(delays, [secs(10); 50], "{none}");
    }
    for all in [1.0, 7.0, f64::INFINITY] {
        let delays = delays(Backoff::constant(secs(10)).jitter(all), runs).await;
        assert!(delays.iter().all(|delay| *delay <= secs(10)), "{all}");
        assert!(delays.iter().any(|delay| *delay < secs(2)), "{all}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_delays_grow_to_their_limit_and_start_anew_after_a_long_run() {
    let backoff = Backoff::exponential(secs(1), secs(10)).reset_after(secs(60));
    let (short, almost, long) = (Duration::ZERO, secs(59), secs(60));
    let runs = [short, short, short, short, almost, short, long, short];
    let delays = delays(backoff, runs).await;
    assert_eq!(delays, [1, 2, 4, 8, 10, 10, 1, 2].map(secs));
}

#[tokio::test(start_paused = true)]
async fn a_run_as_long_as_the_limit_resets_unless_said() {
    let backoff = Backoff::exponential(secs(1), secs(4));
    let runs = [0, 0, 0, 3, 4, 0].map(secs);
    let delays = delays(backoff, runs).await;
    assert_eq!(delays, [1, 2, 4, 4, 1, 2].map(secs));
}

#[tokio::test(start_paused = true)]
async fn a_delay_that_doubles_for_ever_does_not_overflow() {
    let backoff = Backoff::exponential(Duration::from_nanos(1), Duration::from_millis(1));
    let delays = delays(backoff, vec![Duration::ZERO; 100]).await;
    assert!(delays.is_sorted());
    settle().await;
    assert!(*delays.last().unwrap() >= Duration::from_millis(1));
}
