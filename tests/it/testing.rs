//! The harness for tests: probes, expectations, settling, crashes on demand.

use std::sync::Arc;

use circuits::component::Handle;
use circuits::event::{DeadLetter, Exception, Started};
use circuits::prelude::*;
use circuits::testing::{CrashError, Probe, crash, settle};
use circuits::{CallError, Options, Restart};

use crate::support::{Log, within};

const SECOND: Duration = Duration::from_secs(1);

/// As fine as tokio's clock is.
const TICK: Duration = Duration::from_millis(1);

#[derive(Event, Debug, Clone, PartialEq)]
struct Order(u32);

#[derive(Event, Debug, Clone, PartialEq)]
struct Paid(u32);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Lives;

/// Answers each order with a payment.
#[component(channel = "shop", mailbox = 4, overflow = "reject")]
#[derive(Default)]
struct Shop;

#[component]
impl Shop {
    #[handler("order")]
    fn order(&mut self, event: &Order, cx: &Context<Self>) {
        cx.fire(Paid(event.0));
    }

    #[handler("lives")]
    fn lives(&mut self, _event: &Lives, cx: &Context<Self>) -> u64 {
        cx.life()
    }
}

async fn shop() -> (System, Address<Shop>, Probe) {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    let shop = system.supervise(Shop::default).await.unwrap();
    settle().await;
    probe.clear();
    (system, shop, probe)
}

#[tokio::test(start_paused = true)]
async fn a_probe_writes_down_names_channels_texts_and_values() {
    let (system, _shop, probe) = shop().await;
    system.on("shop").fire(Order(7));
    system.on("elsewhere").fire(Order(8));
    settle().await;
    assert_eq!(probe.names(), ["order", "order", "paid"]);
    let lines = probe.events().into_iter();
    let lines: Vec<_> = lines.map(|e| format!("{:?} {e:?}", e.channel())).collect();
    let expected = [
        "Some(\"shop\") Order(7)",
        "Some(\"elsewhere\") Order(8)",
        "Some(\"shop\") Paid(7)",
    ];
    assert_eq!(lines, expected);
    assert_eq!(
        probe.all::<Order>(),
        [Arc::new(Order(7)), Arc::new(Order(8))]
    );
    assert_eq!(format!("{probe:?}"), "[Order(7), Order(8), Paid(7)]");
}

#[tokio::test(start_paused = true)]
async fn a_probe_hears_its_channel_and_not_its_own_life() {
    let system = System::new();
    let all = Probe::on(&system, "*").await.unwrap();
    let shop = Probe::on(&system, "shop").await.unwrap();
    system.on("shop").fire(Order(1));
    system.on("store").fire(Order(2));
    system.on("*").fire(Order(3));
    settle().await;
    assert_eq!(
        shop.all::<Order>(),
        [Arc::new(Order(1)), Arc::new(Order(3))]
    );
    assert_eq!(all.all::<Order>().len(), 3);
    assert_eq!(shop.names(), ["order", "order"]);
    assert_eq!(all.clone().events().len(), all.events().len());
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_a_handler_without_an_opinion() {
    let system = System::new();
    let no_handler = system.on("shop").call(Lives).await;
    assert!(matches!(no_handler, Err(CallError::NoHandler)));
    let _probe = Probe::on(&system, "shop").await.unwrap();
    let no_reply = system.on("shop").call(Lives).await;
    assert!(matches!(no_reply, Err(CallError::NoReply)));
    let before = system.dead_letters();
    system.on("shop").fire(Order(1)).await;
    settle().await;
    assert_eq!(system.dead_letters(), before);
}

#[tokio::test(start_paused = true)]
async fn a_full_probe_forgets_the_oldest_and_counts_them() {
    let system = System::new();
    let probe = Probe::with_capacity(&system, "shop", 2).await.unwrap();
    for number in 0..5 {
        system.on("shop").fire(Order(number)).await;
    }
    settle().await;
    assert_eq!(
        probe.all::<Order>(),
        [Arc::new(Order(3)), Arc::new(Order(4))]
    );
    assert_eq!(probe.forgotten(), 3);
    let error = probe.none::<Paid>().within(SECOND).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "nobody can tell whether paid came: the probe has forgotten events; clear it before, or \
         give it more capacity; instead came\n  order on shop: Order(3)\n  order on shop: \
         Order(4)\n  (3 older ones are forgotten)"
    );
    probe.clear();
    assert_eq!((probe.forgotten(), probe.events().len()), (0, 0));
    probe.none::<Paid>().within(SECOND).await.unwrap();
    let none = Probe::with_capacity(&system, "shop", 0).await.unwrap();
    system.on("shop").fire(Order(9)).await;
    none.expect::<Order>().within(SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_expectation_is_met_by_what_came_and_by_what_comes() {
    let (system, _shop, probe) = shop().await;
    system.on("shop").fire(Order(1));
    settle().await;
    let came = probe.expect::<Order>().on("shop").within(Duration::ZERO);
    assert_eq!(came.await.unwrap().0, 1);
    let comes = probe.expect::<Order>().on("late").within(60 * SECOND);
    let fires = async {
        tokio::time::sleep(60 * SECOND).await;
        system.on("late").fire(Order(2));
    };
    assert_eq!(tokio::join!(comes, fires).0.unwrap().0, 2);
}

#[tokio::test(start_paused = true)]
async fn each_event_meets_one_expectation() {
    let (system, _shop, probe) = shop().await;
    system.on("shop").fire(Order(1));
    system.on("shop").fire(Order(2));
    let two = tokio::join!(
        probe.expect::<Order>().within(SECOND),
        probe.expect::<Order>().within(SECOND),
    );
    let mut two = [two.0.unwrap().0, two.1.unwrap().0];
    two.sort_unstable();
    assert_eq!(two, [1, 2]);
    let third = probe.expect::<Order>().within(SECOND).await;
    assert_eq!(
        format!("{:?}", third.unwrap_err()),
        "no order within 1s; instead came\n  paid on shop: Paid(1)\n  paid on shop: Paid(2)"
    );
    let any_order = probe.expect::<Paid>().matching(|paid| paid.0 == 2);
    any_order.within(SECOND).await.unwrap();
    probe.expect::<Paid>().within(SECOND).await.unwrap();
    let nothing = probe.expect::<Paid>().matching(|_| true).on("shop");
    let error = nothing.within(SECOND).await.unwrap_err();
    let text = "no matching paid on shop within 1s; nothing came instead";
    assert_eq!(
        (error.to_string().as_str(), error.instead().len()),
        (text, 0)
    );
    assert_eq!(probe.events().len(), 4, "it remembers what was taken");
}

#[tokio::test(start_paused = true)]
async fn an_expectation_that_is_dropped_takes_nothing() {
    let (system, _shop, probe) = shop().await;
    let dropped = probe.expect::<Order>().within(SECOND);
    assert!(tokio::time::timeout(SECOND / 2, dropped).await.is_err());
    system.on("shop").fire(Order(1));
    probe.expect::<Order>().within(SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn none_fails_at_once_when_one_comes() {
    let (system, _shop, probe) = shop().await;
    let start = tokio::time::Instant::now();
    probe
        .none::<Paid>()
        .on("shop")
        .within(SECOND)
        .await
        .unwrap();
    assert_eq!(start.elapsed(), SECOND + TICK);
    system.on("shop").fire(Order(5));
    let error = probe
        .none::<Paid>()
        .within(3600 * SECOND)
        .await
        .unwrap_err();
    assert_eq!(start.elapsed(), SECOND + TICK);
    let text = "no paid was expected, but this came:\n  paid on shop: Paid(5)";
    assert_eq!(error.to_string(), text);
    let last = probe.none::<Order>().on("late").within(SECOND);
    let fires = async {
        tokio::time::sleep(SECOND).await;
        system.on("late").fire(Order(6));
    };
    assert!(tokio::join!(last, fires).0.is_err());
    let others = probe.none::<Paid>().on("store").within(SECOND);
    others.await.unwrap();
    let small = probe.none::<Paid>().matching(|paid| paid.0 < 5);
    small.within(SECOND).await.unwrap();
    probe.expect::<Paid>().within(SECOND).await.unwrap();
    probe.none::<Paid>().within(SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_error_lists_the_last_events_and_cuts_long_ones() {
    #[derive(Event, Debug)]
    struct Long(#[expect(dead_code, reason = "printed")] String);
    let (system, _shop, probe) = shop().await;
    for number in 0..30 {
        system.on("list").fire(Order(number)).await;
    }
    system.on("list").fire(Long("ö".repeat(1000)));
    settle().await;
    let error = probe.expect::<Paid>().within(SECOND).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 2 + 20);
    assert!(text.contains("\n  (11 before)\n  order on list: Order(11)\n"));
    let last = text.lines().last().unwrap();
    assert!(
        last.ends_with("ö..") && last.chars().count() < 230,
        "{last}"
    );
    assert_eq!(error.instead().len(), 31);
}

#[tokio::test]
async fn expectations_end_with_the_system() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    let expected = probe.expect::<Order>().within(3600 * SECOND);
    let none = probe.none::<Order>().within(3600 * SECOND);
    system.stop();
    let (expected, none) = within(async { tokio::join!(expected, none) }).await;
    let text = "no order, and the probe has ended with its system; nothing came instead";
    assert_eq!(expected.unwrap_err().to_string(), text);
    assert_eq!(none.unwrap_err().to_string(), text);
    system.join().await.unwrap();
    assert!(Probe::on(&system, "*").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expectations_work_on_several_threads() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    system.supervise(Shop::default).await.unwrap();
    for number in 0..100 {
        system.on("shop").fire(Order(number)).await;
        let probe = probe.clone();
        let paid = tokio::spawn(async move {
            let paid = probe.expect::<Paid>().matching(|paid| paid.0 == number);
            paid.within(30 * SECOND).await.map(|paid| paid.0)
        });
        assert_eq!(paid.await.unwrap().unwrap(), number);
    }
    probe.expect::<Started>().within(30 * SECOND).await.unwrap();
}

/// Hands a number on to itself, until it is 0.
#[component(channel = "chain")]
struct Chain(Log);

#[component]
impl Chain {
    #[handler("order")]
    async fn order(&mut self, event: &Order, cx: &Context<Self>) {
        tokio::task::yield_now().await;
        match event.0 {
            0 => self.0.add("done"),
            left => drop(cx.fire(Order(left - 1))),
        }
    }

    #[handler("paid")]
    fn later(&mut self, event: &Paid, cx: &Context<Self>) {
        cx.after(Duration::from_millis(event.0.into()), Order(0));
    }
}

#[tokio::test(start_paused = true)]
async fn settle_waits_for_all_that_needs_no_time() {
    let (system, log) = (System::new(), Log::default());
    let shared = log.clone();
    let chain = move || Chain(shared.clone());
    system.supervise(chain).await.unwrap();
    let start = tokio::time::Instant::now();
    system.on("chain").fire(Order(10_000));
    settle().await;
    assert_eq!(log.take(), ["done"]);
    assert_eq!(start.elapsed(), TICK);
    // What is due later is not waited for.
    system.on("chain").fire(Paid(5));
    settle().await;
    assert_eq!(log.len(), 0);
    tokio::time::sleep(Duration::from_millis(5)).await;
    settle().await;
    assert_eq!(log.take(), ["done"]);
}

#[tokio::test(start_paused = true)]
async fn settle_waits_for_blocking_closures() {
    let log = Log::default();
    let shared = log.clone();
    drop(tokio::task::spawn_blocking(move || {
        for _ in 0..1000 {
            std::thread::yield_now();
        }
        shared.add("done");
    }));
    settle().await;
    assert_eq!(log.take(), ["done"]);
}

#[tokio::test]
#[should_panic(expected = "settle needs a paused clock")]
async fn settle_refuses_a_clock_that_runs() {
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_a_life_behind_what_is_queued() {
    let (system, shop, probe) = shop().await;
    system.on("shop").fire(Order(1));
    crash(&system, &shop, Error::new("no more money"))
        .await
        .unwrap();
    system.on("shop").fire(Order(2));
    assert_eq!(system.on("shop").call(Lives).await.unwrap(), 2);
    assert_eq!(system.restarts(), 1);
    let exception = probe.expect::<Exception>().within(SECOND).await.unwrap();
    assert!(exception.crashed);
    assert_eq!(exception.error.to_string(), "no more money");
    settle().await;
    let told = probe
        .events()
        .into_iter()
        .filter(|e| e.is::<Order>() || e.is::<Paid>());
    assert_eq!(told.count(), 4);
    assert!(!probe.names().contains(&"crash".to_owned()));
    assert_eq!((system.exceptions(), system.dead_letters()), (1, 0));
}

/// Answers errors, and tries each event up to three times.
#[component(channel = "shop", on_error = "answer", attempts = 3)]
struct Calm;

#[component]
impl Calm {
    #[handler("lives")]
    fn lives(&mut self, cx: &Context<Self>) {
        let _ = cx;
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_meets_one_component_and_one_life() {
    let system = System::with(Options::new().max_restarts(2));
    let calm = system.supervise(|| Calm).await.unwrap();
    let other = system.supervise(Shop::default).await.unwrap();
    let twice = tokio::join!(
        crash(&system, &calm, Error::new("one")),
        crash(&system, &other, Error::new("two")),
    );
    twice.0.unwrap();
    twice.1.unwrap();
    settle().await;
    assert_eq!((calm.life(), other.life()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_component_that_is_gone_cannot_crash() {
    let (system, shop, probe) = shop().await;
    let temporary = system.supervise(Shop::default).restart(Restart::Temporary);
    let temporary = temporary.await.unwrap();
    crash(&system, &temporary, Error::new("the end"))
        .await
        .unwrap();
    temporary.ended().await;
    for gone in [&temporary, &shop] {
        gone.stop().await;
        let error = crash(&system, gone, Error::new("again")).await.unwrap_err();
        assert!(matches!(error, CrashError::Unreached(CallError::Stopped)));
        assert_eq!(error.to_string(), "the failure did not reach the component");
    }
    let other: &Handle = &System::new();
    let shop = system.supervise(Shop::default).await.unwrap();
    let error = crash(other, &shop, Error::new("elsewhere"))
        .await
        .unwrap_err();
    assert!(matches!(error, CrashError::Unreached(CallError::NoHandler)));
    probe.none::<DeadLetter>().within(SECOND).await.unwrap();
}
