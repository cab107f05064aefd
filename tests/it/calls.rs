//! Calls: which reply counts, and the errors instead of one.

use circuits::CallError;
use circuits::prelude::*;
use tokio::sync::oneshot;

#[derive(Event, Debug)]
#[event(reply = u32, channel = "desk")]
struct Ask(u32);

/// Answers with its own number, after as many seconds.
#[component(channel = "desk")]
struct Desk(u32);

#[component]
impl Desk {
    #[handler("ask")]
    async fn ask(&self, event: &Ask) -> Result<Option<u32>, Error> {
        tokio::time::sleep(Duration::from_secs(self.0.into())).await;
        match event.0 {
            0 => Ok(None),
            1 => Err(std::io::Error::other(format!("desk {}", self.0)).into()),
            2 => panic!("two"),
            3 => std::future::pending().await,
            4 if self.0 == 2 => std::future::pending().await,
            _ => Ok(Some(self.0)),
        }
    }
}

#[component(channel = "desk")]
struct Boss;

#[component]
impl Boss {
    #[handler("ask", priority = 5)]
    fn ask(&mut self, event: &Ask) -> Option<u32> {
        (event.0 == 100).then_some(1000)
    }
}

/// Calls from a handler.
#[component(channel = "hall")]
struct Hall;

#[derive(Event)]
#[event(reply = u32)]
struct Forward(u32);

#[component]
impl Hall {
    #[handler("forward")]
    async fn forward(&mut self, event: &Forward, cx: &Context<Self>) -> Result<u32, Error> {
        Ok(cx.call(Ask(event.0)).await? + 1)
    }
}

async fn desks(numbers: &[u32]) -> (System, Vec<Address<Desk>>) {
    let system = System::new();
    let mut desks = Vec::new();
    for number in numbers {
        desks.push(system.register(Desk(*number)).await.unwrap());
    }
    (system, desks)
}

#[tokio::test(start_paused = true)]
async fn the_first_to_answer_among_equals_counts_and_the_highest_before_all() {
    let (system, _desks) = desks(&[3, 1, 2]).await;
    assert_eq!(system.call(Ask(9)).await.unwrap(), 1);
    system.register(Boss).await.unwrap();
    assert_eq!(system.call(Ask(100)).await.unwrap(), 1000);
    assert_eq!(system.call(Ask(9)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_there_and_nobody_with_an_opinion_are_two_errors() {
    let system = System::new();
    let unheard = system.call(Ask(9)).await;
    assert!(matches!(unheard, Err(CallError::NoHandler)));
    assert!(system.call_all(Ask(9)).await.is_empty());
    let (system, _desks) = desks(&[0, 1]).await;
    assert!(matches!(system.call(Ask(0)).await, Err(CallError::NoReply)));
    assert!(system.call_all(Ask(0)).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_the_caller_with_its_cause() {
    let (system, _desks) = desks(&[0]).await;
    let error = system.call(Ask(1)).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "desk 0");
    assert!(source.is::<std::io::Error>());
}

#[tokio::test(start_paused = true)]
async fn a_crash_and_a_stop_end_the_call_at_once() {
    let (system, _desks) = desks(&[0]).await;
    let begun = tokio::time::Instant::now();
    let crashed = system.call(Ask(2)).await;
    assert!(matches!(crashed, Err(CallError::Crashed)), "{crashed:?}");
    let (system, desks) = desks(&[0]).await;
    let held = tokio::spawn({
        let system = system.clone();
        async move { system.call(Ask(3)).await }
    });
    tokio::task::yield_now().await;
    desks[0].kill();
    assert!(matches!(held.await.unwrap(), Err(CallError::Crashed)));
    desks[0].stop().await;
    let gone = system.to(&desks[0]).call(Ask(9)).await;
    assert!(matches!(gone, Err(CallError::Stopped)));
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_call_into_a_stopped_system_says_so() {
    let (system, _desks) = desks(&[0]).await;
    system.stop();
    system.join().await.unwrap();
    let stopped = system.call(Ask(9)).await;
    assert!(matches!(stopped, Err(CallError::Stopped)));
    let all = system.call_all(Ask(9)).await;
    assert!(matches!(&all[..], [Err(CallError::Stopped)]), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_gives_up_when_its_time_is_over_and_the_late_reply_is_a_dead_letter() {
    let (system, _desks) = desks(&[10]).await;
    let begun = tokio::time::Instant::now();
    let limit = Duration::from_secs(2);
    let late = system.call(Ask(9)).timeout(limit).await;
    assert!(matches!(late, Err(CallError::TimedOut(time)) if time == limit));
    assert_eq!(begun.elapsed(), limit);
    let next = system.call(Ask(9)).timeout(Duration::from_secs(30)).await;
    assert_eq!(next.unwrap(), 10);
    assert_eq!((system.dead_letters(), system.exceptions()), (1, 0));
}

#[tokio::test]
async fn a_time_limit_holds_in_real_time_too() {
    let (system, _desks) = desks(&[60]).await;
    let limit = Duration::from_millis(5);
    let late = system.call(Ask(9)).timeout(limit).await;
    assert!(matches!(late, Err(CallError::TimedOut(_))));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_awaited_sends_nothing_and_a_dropped_one_all_the_same() {
    let (system, _desks) = desks(&[0]).await;
    drop(system.call(Ask(2)));
    assert_eq!(system.call(Ask(9)).await.unwrap(), 0);
    let caller = tokio::spawn({
        let system = system.clone();
        async move { system.call(Ask(1)).await }
    });
    tokio::task::yield_now().await;
    caller.abort();
    assert_eq!(system.call(Ask(9)).await.unwrap(), 0);
    assert_eq!(system.exceptions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_call_and_pass_the_outcome_on() {
    let (system, _desks) = desks(&[7]).await;
    system.register(Hall).await.unwrap();
    let hall = system.on("hall");
    assert_eq!(hall.call(Forward(9)).await.unwrap(), 8);
    let Err(CallError::Failed(error)) = hall.call(Forward(0)).await else {
        panic!("nobody replies");
    };
    assert!(matches!(error.downcast_ref(), Some(CallError::NoReply)));
}

#[tokio::test(start_paused = true)]
async fn call_all_gets_every_result_in_the_order_of_the_handlers() {
    let (system, _desks) = desks(&[3, 1, 2]).await;
    system.register(Boss).await.unwrap();
    let all = system.call_all(Ask(100)).await;
    assert!(
        matches!(&all[..], [Ok(1000), Ok(3), Ok(1), Ok(2)]),
        "{all:?}"
    );
    let all = system.call_all(Ask(1)).await;
    assert_eq!(all.len(), 3);
    assert!(
        all.iter()
            .all(|one| matches!(one, Err(CallError::Failed(_))))
    );
    let all = system
        .call_all(Ask(9))
        .timeout(Duration::from_secs(2) + Duration::from_millis(1));
    let all = all.await;
    let [Err(CallError::TimedOut(_)), Ok(1), Ok(2)] = &all[..] else {
        panic!("{all:?}");
    };
    let all = system
        .call_all(Ask(4))
        .timeout(Duration::from_secs(9))
        .await;
    let [Ok(3), Ok(1), Err(CallError::TimedOut(_))] = &all[..] else {
        panic!("{all:?}");
    };
    let all = system.call_all(Ask(2)).await;
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| matches!(one, Err(CallError::Crashed))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_thread_may_call() {
    let (system, _desks) = desks(&[0]).await;
    let (done, outcome) = oneshot::channel();
    std::thread::spawn(move || {
        let replies = [9, 10].map(|number| {
            let call = system.call(Ask(number)).timeout(Duration::from_secs(60));
            block_on(call).unwrap()
        });
        done.send(replies).unwrap();
    });
    assert_eq!(outcome.await.unwrap(), [0, 0]);
}

/// An executor that knows nothing of tokio.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Thread(std::thread::Thread);
    impl std::task::Wake for Thread {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Thread(std::thread::current())).into();
    let mut task = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut task) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
