//! Replies that come from further on.

use circuits::prelude::*;

use crate::support::{Log, settle};

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[derive(Event)]
struct Ping;

/// Passes the question on to another channel, and its answer back.
#[component]
struct Relay {
    next: &'static str,
    log: Log,
}

#[component]
impl Relay {
    #[handler]
    async fn hello(&self, _: &Hello, cx: &Context<Self>) -> circuits::Result<String> {
        Ok(cx.on(self.next).call(Hello).await?)
    }

    #[handler]
    fn ping(&self, _: &Ping, cx: &Context<Self>) {
        self.log.add(cx.channel());
    }
}

#[component(channel = "world")]
struct World;

#[component]
impl World {
    #[handler]
    async fn hello(&self, _: &Hello) -> Result<String, Error> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok("Hello World!".to_owned())
    }

    #[handler("hello", channel = "nowhere")]
    fn fail(&self, _: &Hello) -> Result<String, Error> {
        Err(Error::new("nobody is there"))
    }
}

async fn relays(last: &'static str) -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    for (channel, next) in [("one", "two"), ("two", "three"), ("three", last)] {
        let relay = Relay {
            next,
            log: log.clone(),
        };
        system.register(relay).channel(channel).await.unwrap();
    }
    system.register(World).await.unwrap();
    (system, log)
}

#[tokio::test(start_paused = true)]
async fn core_081_a_reply_comes_back_over_three_levels_and_nobody_is_held_up() {
    let (system, log) = relays("world").await;
    let calls = async {
        let call = || system.on("one").call(Hello);
        // Two at once: no relay waits for the answer to the other.
        let begun = tokio::time::Instant::now();
        let (one, two) = tokio::join!(call(), call());
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        (one.unwrap(), two.unwrap())
    };
    let pings = async {
        settle().await;
        system.on("*").fire(Ping);
        settle().await;
        assert_eq!(log.take(), ["one", "two", "three"]);
    };
    let ((one, two), ()) = tokio::join!(calls, pings);
    assert_eq!([one, two], ["Hello World!"; 2]);
}

#[tokio::test(start_paused = true)]
async fn core_081_an_error_comes_back_over_three_levels_with_its_causes() {
    let (system, _) = relays("nowhere").await;
    let error = system.on("one").call(Hello).await.unwrap_err();
    let mut deepest: &dyn std::error::Error = &error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    assert_eq!(deepest.to_string(), "nobody is there");
}
