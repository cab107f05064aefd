//! Handlers that wait: calls, waits, limits, errors (CORE-071 to 078).

use circuits::event::{Exception, Failure};
use circuits::prelude::*;
use circuits::testing::{Probe, settle};
use circuits::{CallError, WaitError};
use tokio::time::{Instant, sleep};

use crate::support::{Log, within};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Event, Debug)]
#[event(reply = u32, failure)]
struct Ask(u32);

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Sum;

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Doubled(u32);

#[derive(Event, Debug)]
struct Signed(&'static str);

/// Answers numbers, after so many seconds; refuses 0 and breaks down at 99.
#[component(channel = "numbers")]
struct Numbers;

#[component]
impl Numbers {
    #[handler("ask")]
    async fn ask(&self, event: &Ask) -> Result<u32, Error> {
        sleep(event.0 * SECOND).await;
        match event.0 {
            0 => Err(Error::new("no zero")),
            number => Ok(number),
        }
    }

    #[handler("doubled")]
    async fn doubled(&self, event: &Doubled, cx: &Context<Self>) -> Result<u32, CallError> {
        let number = cx.on("numbers").call(Ask(event.0)).await?;
        Ok(2 * number)
    }
}

#[component(channel = "caller")]
struct Caller;

#[component]
impl Caller {
    #[handler("sum")]
    async fn sum(&self, _: &Sum, cx: &Context<Self>) -> Result<u32, CallError> {
        let x = cx.on("numbers").call(Ask(1)).await?;
        let y = cx.on("numbers").call(Doubled(1)).await?;
        Ok(x + y)
    }
}

async fn numbers() -> System {
    let system = System::new();
    system.supervise(|| Numbers).await.unwrap();
    system.supervise(|| Caller).await.unwrap();
    system
}

#[tokio::test(start_paused = true)]
async fn core_071_a_handler_calls_others_and_goes_on_with_their_results() {
    let system = numbers().await;
    assert_eq!(system.on("caller").call(Sum).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn core_071_each_of_many_calls_in_flight_gets_its_own_result() {
    let system = numbers().await;
    let calls = (1..=20).rev().map(|number| {
        let system = system.clone();
        tokio::spawn(async move { (number, system.on("numbers").call(Ask(number)).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (number, answer) = call.await.unwrap();
        assert_eq!(answer.unwrap(), number);
    }
}

#[tokio::test(start_paused = true)]
async fn core_071_sec_29_an_error_reaches_the_caller_as_an_error() {
    let system = numbers().await;
    let answer = system.on("numbers").call(Ask(0)).await;
    assert!(matches!(&answer, Err(CallError::Failed(e)) if e.to_string() == "no zero"));
    // Through a handler that uses `?` as well: there is no value to take for one.
    let answer = system.on("numbers").call(Doubled(0)).await;
    let Err(CallError::Failed(error)) = &answer else {
        panic!("{answer:?}");
    };
    assert!(matches!(error.downcast_ref(), Some(CallError::Failed(_))));
    let answer = system.on("nobody").call(Ask(1)).await;
    assert!(matches!(answer, Err(CallError::NoHandler)));
}

#[component(channel = "desk")]
struct Desk(Log);

#[component]
impl Desk {
    #[handler("doubled")]
    async fn doubled(&self, event: &Doubled, cx: &Context<Self>) -> Result<u32, WaitError> {
        let signed = cx.wait::<Signed>().timeout(event.0 * SECOND).await?;
        self.0.add(signed.0);
        Ok(event.0)
    }

    #[handler("ask")]
    async fn ask(&self, _: &Ask, cx: &Context<Self>) -> circuits::Result<()> {
        // One event, with all that it causes, instead of the next of its name.
        cx.on("numbers").fire(Ask(2)).completed().await?;
        self.0.add("done");
        Ok(())
    }
}

async fn desk() -> (System, Log) {
    let (system, log) = (numbers().await, Log::default());
    system.register(Desk(log.clone())).await.unwrap();
    (system, log)
}

#[tokio::test(start_paused = true)]
async fn core_072_a_handler_waits_for_an_event_of_a_type_on_its_channel() {
    let (system, log) = desk().await;
    let waiting = system.clone();
    let waiting = tokio::spawn(async move { waiting.on("desk").call(Doubled(60)).await });
    settle().await;
    system.on("elsewhere").fire(Signed("on another channel"));
    settle().await;
    assert!(!waiting.is_finished());
    system.on("desk").fire(Signed("here"));
    assert_eq!(waiting.await.unwrap().unwrap(), 60);
    assert_eq!(log.take(), ["here"]);
}

#[tokio::test(start_paused = true)]
async fn core_072_a_handler_waits_for_the_very_event_that_it_fired() {
    let (system, log) = desk().await;
    let begun = Instant::now();
    system.on("desk").fire(Ask(1)).completed().await.unwrap();
    assert_eq!(
        (begun.elapsed().as_secs(), log.take()),
        (2, vec!["done".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn core_073_a_limit_is_a_time_also_where_nothing_else_happens() {
    let (system, _log) = desk().await;
    let begun = Instant::now();
    let quick = system.on("numbers").call(Ask(9)).timeout(10 * SECOND);
    assert_eq!(quick.await.unwrap(), 9);
    assert_eq!(begun.elapsed().as_secs(), 9);
    let slow = system.on("numbers").call(Ask(11)).timeout(10 * SECOND);
    assert!(matches!(slow.await, Err(CallError::TimedOut(limit)) if limit == 10 * SECOND));
    assert_eq!(begun.elapsed().as_secs(), 19);
    let none = system.on("numbers").call(Ask(1)).timeout(Duration::ZERO);
    assert!(matches!(none.await, Err(CallError::TimedOut(_))));
    // A wait, in a handler that passes the error on.
    let idle = Instant::now();
    let answer = system.on("desk").call(Doubled(3)).await;
    let Err(CallError::Failed(error)) = &answer else {
        panic!("{answer:?}");
    };
    let limit = WaitError::TimedOut(3 * SECOND);
    assert_eq!(error.downcast_ref(), Some(&limit));
    assert_eq!(idle.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn core_074_a_handler_sleeps_at_least_as_long_as_it_says() {
    #[component(channel = "sleeper")]
    struct Sleeper;
    #[component]
    impl Sleeper {
        #[handler("ask")]
        async fn ask(&mut self, _: &Ask) -> u32 {
            let begun = Instant::now();
            sleep(Duration::from_millis(300)).await;
            begun.elapsed().as_millis().try_into().unwrap()
        }
    }
    let system = System::new();
    system.register(Sleeper).await.unwrap();
    let slept = system.on("sleeper").call(Ask(0)).await.unwrap();
    assert!((300..=301).contains(&slept), "{slept}");
}

#[tokio::test(start_paused = true)]
async fn core_075_an_error_after_an_await_goes_the_way_of_all_errors() {
    let system = numbers().await;
    let probe = Probe::on(&system, "*").await.unwrap();
    system.on("numbers").fire(Ask(0)).completed().await.unwrap();
    let failure = probe.expect::<Failure<Ask>>().within(SECOND).await.unwrap();
    assert_eq!(failure.error.to_string(), "no zero");
    let exception = probe.expect::<Exception>().within(SECOND).await.unwrap();
    assert_eq!((exception.handler, exception.crashed), ("ask", false));
    assert_eq!(probe.names(), ["ask", "ask_failure", "exception"]);
    assert_eq!(
        system.on("numbers").call(Ask(1)).await.unwrap(),
        1,
        "it goes on"
    );
}

#[tokio::test(start_paused = true)]
async fn core_076_a_result_is_there_however_late_one_waits_for_it() {
    let system = numbers().await;
    let completed = system.on("numbers").fire(Ask(1)).completed();
    let call = tokio::spawn({
        let system = system.clone();
        async move { system.on("numbers").call(Ask(2)).await }
    });
    sleep(86_400 * SECOND).await;
    let begun = Instant::now();
    completed.await.unwrap();
    assert_eq!(call.await.unwrap().unwrap(), 2);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn core_077_calls_and_waits_leave_no_handler_behind() {
    let (system, _log) = desk().await;
    for _ in 0..1_000 {
        system
            .on("caller")
            .call(Sum)
            .timeout(3 * SECOND)
            .await
            .unwrap();
        let missed = system.on("desk").wait::<Signed>().timeout(SECOND);
        assert!(missed.await.is_err());
        drop(system.on("desk").wait::<Signed>());
        let wait = system.on("desk").wait::<Signed>();
        system.on("desk").fire(Signed("heard"));
        wait.await.unwrap();
    }
    // Had one been left, it would hear this, and it would be no dead letter.
    let letters = system.dead_letters();
    system.on("desk").fire(Signed("unheard"));
    assert_eq!(system.dead_letters(), letters + 1);
}

/// Writes down who goes on, and when.
#[component(channel = "row")]
struct Row(Log);

#[component]
impl Row {
    #[handler("ask")]
    async fn ask(&self, event: &Ask) -> u32 {
        sleep(event.0 / 10 * SECOND).await;
        self.0.add(event.0);
        event.0
    }

    /// Never rests, but lets others have their turn.
    #[handler("doubled")]
    async fn doubled(&self, _: &Doubled) -> u32 {
        loop {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn core_078_waiting_handlers_go_on_in_the_order_in_which_they_are_due() {
    let (system, log) = (System::new(), Log::default());
    system.register(Row(log.clone())).await.unwrap();
    for number in [30, 10, 20, 11, 12, 31] {
        system.on("row").fire(Ask(number));
    }
    sleep(10 * SECOND).await;
    assert_eq!(log.take(), ["10", "11", "12", "20", "30", "31"]);
}

#[tokio::test]
async fn core_078_a_handler_that_never_rests_does_not_starve_others() {
    let (system, log) = (System::new(), Log::default());
    let row = system.register(Row(log.clone())).await.unwrap();
    system.on("row").fire(Doubled(0));
    assert_eq!(within(system.on("row").call(Ask(1))).await.unwrap(), 1);
    row.kill();
    within(row.ended()).await;
}
