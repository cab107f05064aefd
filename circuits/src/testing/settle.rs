//! Waiting until nothing is left to do.

use std::time::Duration;

/// Waits until nothing is left to do before the clock moves; for a paused clock
/// only.
///
/// When this returns, every task of the runtime, and so every component of every
/// system on it, has come to a point where it waits: for an event, for a reply,
/// for a deadline, or for something outside. All that was fired before has been
/// handled, and what that caused as well, as far as it could go without time.
/// What is promised is exactly what tokio's paused clock promises, for it moves
/// only then:
///
/// - The clock stands one millisecond later, which is as fine as tokio's timers
///   are. Timers that were due within that millisecond have fired; what they
///   caused may still be under way.
/// - What waits for a later deadline (a timer, a backoff, a limit) is not waited
///   for: let the clock go there by `tokio::time::sleep`, then settle.
/// - A closure in `tokio::task::spawn_blocking` is waited for. Other threads,
///   sockets and other processes are not.
/// - As long as a task never rests, this does not return, and no time limit ends it,
///   since the clock stands still.
///
/// Where the clock runs, nobody knows what is left to do. There one waits for
/// something: for an event ([`Probe::expect`](crate::testing::Probe::expect)), or
/// for one event and all that it causes, by `system.fire(..).completed()`.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::testing::{Probe, settle};
///
/// #[derive(Event, Debug)]
/// struct Order(u32);
///
/// #[derive(Event, Debug)]
/// struct Paid(u32);
///
/// #[component(channel = "shop")]
/// struct Shop;
///
/// #[component]
/// impl Shop {
///     #[handler("order")]
///     fn order(&mut self, event: &Order, cx: &Context<Self>) {
///         cx.fire(Paid(event.0));
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(|| Shop).await?;
/// let probe = Probe::on(&system, "shop").await?;
/// system.on("shop").fire(Order(7));
/// settle().await;
/// assert_eq!(probe.names(), ["order", "paid"]);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// The clock is not paused, or no tokio runtime runs.
///
/// # Cancel safety
/// Dropped, nothing is lost.
pub async fn settle() {
    assert!(
        is_clock_paused(),
        "settle needs a paused clock: write #[tokio::test(start_paused = true)], \
         or await an event or `completed()` where the clock has to run"
    );
    // A paused clock moves when no task of the runtime can go on; a shorter
    // sleep would be rounded up to this.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Tells whether tokio's clock stands still while the real one goes on.
fn is_clock_paused() -> bool {
    let before = tokio::time::Instant::now();
    let start = std::time::Instant::now();
    // A running clock of tokio's reads the same clock, so it is later as well.
    while std::time::Instant::now() == start {
        std::hint::spin_loop();
    }
    tokio::time::Instant::now() == before
}
