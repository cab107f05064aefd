//! Waiting for the next event of a type.

use circuits::WaitError;
use circuits::prelude::*;

#[derive(Event, Debug, PartialEq)]
struct Connected(u32);

#[derive(Event)]
#[event(channel = "client")]
struct Closed;

#[component(channel = "client")]
struct Client;

#[component]
impl Client {
    #[handler("connected", priority = 1)]
    fn connected(&mut self, event: &Connected, cx: &Context<Self>) {
        if event.0 == 0 {
            cx.stop_propagation();
        }
    }

    #[handler("go")]
    async fn go(&mut self, _: &Go, cx: &Context<Self>) -> Result<u32, Error> {
        let connected = cx.wait::<Connected>();
        cx.fire(Connected(4));
        // It goes to the handler above first, which waits for this one.
        let heard = connected.timeout(Duration::from_secs(1)).await;
        assert_eq!(
            heard.unwrap_err(),
            WaitError::TimedOut(Duration::from_secs(1))
        );
        let elsewhere = cx.on("server").wait::<Connected>();
        cx.on("server").fire(Connected(5));
        Ok(elsewhere.await?.0)
    }
}

#[derive(Event)]
#[event(reply = u32)]
struct Go;

#[tokio::test(start_paused = true)]
async fn a_wait_takes_the_next_event_after_it_was_made() {
    let system = System::new();
    let client = system.on("client");
    client.fire(Connected(1));
    let wait = client.wait::<Connected>();
    client.fire(Connected(2));
    client.fire(Connected(3));
    assert_eq!(*wait.await.unwrap(), Connected(2));
    client.fire(Connected(4));
    // The first and the last were heard by nobody.
    assert_eq!(system.dead_letters(), 2);
}

#[tokio::test(start_paused = true)]
async fn several_waits_share_one_event() {
    let system = System::new();
    let one = system.on("client").wait::<Connected>();
    let all = system.on("*").wait::<Connected>();
    let other = system.on("server").wait::<Connected>();
    system.on("client").fire(Connected(1));
    let (one, all) = (one.await.unwrap(), all.await.unwrap());
    assert!(std::sync::Arc::ptr_eq(&one, &all));
    system.on("*").fire(Connected(2));
    assert_eq!(*other.await.unwrap(), Connected(2));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_a_channel_takes_that_of_the_event() {
    let system = System::new();
    let wait = system.wait::<Closed>();
    system.on("client").fire(Closed);
    wait.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_gives_up_when_its_time_is_over_and_listens_no_more() {
    let system = System::new();
    let begun = tokio::time::Instant::now();
    let limit = Duration::from_secs(3);
    let wait = system.on("client").wait::<Connected>().timeout(limit);
    assert_eq!(wait.await.unwrap_err(), WaitError::TimedOut(limit));
    assert_eq!(begun.elapsed(), limit);
    system.on("client").fire(Connected(1));
    assert_eq!(system.dead_letters(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_system() {
    let system = System::new();
    let wait = tokio::spawn(system.on("client").wait::<Connected>());
    tokio::task::yield_now().await;
    system.stop();
    system.join().await.unwrap();
    assert_eq!(wait.await.unwrap().unwrap_err(), WaitError::Stopped);
    let late = system.on("client").wait::<Connected>().await;
    assert_eq!(late.unwrap_err(), WaitError::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_wait_stands_behind_handlers_of_higher_priority() {
    let system = System::new();
    system.register(Client).await.unwrap();
    let wait = system.on("client").wait::<Connected>();
    system.on("client").fire(Connected(0));
    system.on("client").fire(Connected(7));
    assert_eq!(wait.await.unwrap().0, 7);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_wait() {
    let system = System::new();
    system.register(Client).await.unwrap();
    assert_eq!(system.on("client").call(Go).await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_missed_between_two_threads() {
    let system = System::new();
    for number in 0..2_000 {
        let wait = system.on("client").wait::<Connected>();
        let firing = tokio::spawn({
            let system = system.clone();
            async move { system.on("client").fire(Connected(number)).await }
        });
        assert_eq!(wait.await.unwrap().0, number);
        firing.await.unwrap();
    }
    assert_eq!(system.dead_letters(), 0);
}
