//! Calls over a bridge: replies, errors, completion, and callers that go.

use circuits::CallError;
use circuits::bridge::{Bridge, CrossError, Refused, RemoteError};
use circuits::event::{Complete, Success};
use circuits::prelude::*;
use circuits::testing::Probe;
use serde::{Deserialize, Serialize};

use super::{Fail, Hello, News, Pair, Slow, crossed, remote, texts};
use crate::support::{until, within};

/// No wait takes longer.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn core_110_a_call_crosses_and_its_reply_comes_back() {
    let pair = Pair::usual().await;
    let answer = pair.call(Hello::from("world")).await;
    assert_eq!(answer.unwrap(), "Hello, world!");
    let answers = within(pair.here.on("bridge").call_all(Hello::from("all"))).await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].as_ref().unwrap(), "Hello, all!");
}

#[tokio::test]
async fn core_110_calls_cross_in_both_directions() {
    let both = |it: Bridge| it.send::<Hello>().receive::<Hello>().on("app");
    let pair = Pair::new(both, both).await;
    let log = crate::support::Log::default();
    let app = log.clone();
    pair.here
        .supervise(move || super::App(app.clone()))
        .await
        .unwrap();
    let there = pair.call(Hello::from("there")).await.unwrap();
    let here = within(pair.there.on("bridge").call(Hello::from("here")))
        .await
        .unwrap();
    assert_eq!([there, here], ["Hello, there!", "Hello, here!"]);
    assert_eq!(log.take(), ["hello here"]);
}

#[tokio::test]
async fn core_110_no_result_is_no_reply() {
    let pair = Pair::usual().await;
    let answer = pair.call(Fail("nothing".into())).await;
    assert!(matches!(answer, Err(CallError::NoReply)), "{answer:?}");
}

#[tokio::test]
async fn core_110_an_error_comes_back_with_its_causes_as_text() {
    let pair = Pair::usual().await;
    let error = crossed(pair.call(Fail("out of ink".into())).await);
    let expected = [
        "the other side failed",
        "the handler there failed",
        "out of ink",
    ];
    assert_eq!(texts(&error), expected);
}

#[tokio::test]
async fn a_crash_there_fails_the_call_here() {
    let pair = Pair::usual().await;
    let error = remote(pair.call(Fail("panic".into())).await);
    assert!(matches!(error, RemoteError::Crashed), "{error:?}");
    // Its supervisor has started it again, and the link goes on.
    assert_eq!(
        pair.call(Hello::from("again")).await.unwrap(),
        "Hello, again!"
    );
}

#[tokio::test]
async fn an_event_that_nobody_handles_there_is_told() {
    let pair = Pair::new(
        |it| it.send::<Hello>(),
        |it| it.receive::<Hello>().on("elsewhere"),
    )
    .await;
    let error = remote(pair.call(Hello::from("nobody")).await);
    assert!(matches!(error, RemoteError::NoHandler), "{error:?}");
    // A plain fire tells it as an exception.
    pair.here.on("bridge").fire(Hello::from("nobody"));
    until(|| pair.here.exceptions() == 2).await;
}

#[tokio::test]
async fn what_is_not_chosen_does_not_cross() {
    let pair = Pair::new(|it| it.send::<Hello>(), |it| it.receive::<News>().on("app")).await;
    // Not received there: known here.
    let error = crossed(pair.call(Hello::from("you")).await);
    let text = error.to_string();
    assert!(matches!(error, CrossError::NotReceived(name) if name == "hello"));
    assert!(text.contains(".receive::<..>()"), "{text}");
    // Not sent: the bridge does not hear it.
    let answer = pair.call(News(1)).await;
    assert!(matches!(answer, Err(CallError::NoHandler)), "{answer:?}");
    assert!(pair.log.take().is_empty());
}

#[tokio::test]
async fn what_is_not_sent_does_not_cross_by_address_either() {
    let pair = Pair::new(|it| it.send::<Hello>(), |it| it.receive::<News>().on("app")).await;
    let answer = within(pair.here.to(&pair.bridge).call(News(1))).await;
    let error = crossed(answer);
    assert!(matches!(error, CrossError::NotSent("news")), "{error:?}");
}

#[tokio::test]
async fn an_event_that_is_too_large_fails_alone() {
    let pair = Pair::new(
        |it| it.send::<Hello>(),
        |it| it.receive::<Hello>().on("app").max_frame(64 * 1024),
    )
    .await;
    let error = crossed(pair.call(Hello::from(&"x".repeat(70_000))).await);
    let is_too_large = matches!(error, CrossError::TooLarge { limit: 65_536, .. });
    assert!(is_too_large, "{error:?}");
    let answer = pair.call(Hello::from("small")).await;
    assert_eq!(answer.unwrap(), "Hello, small!");
}

#[tokio::test]
async fn a_reply_that_is_too_large_fails_alone() {
    let pair = Pair::new(
        |it| it.send::<Hello>().max_frame(64 * 1024),
        |it| it.receive::<Hello>().on("app"),
    )
    .await;
    let error = remote(pair.call(Hello::from(&"x".repeat(70_000))).await);
    assert!(matches!(error, RemoteError::Reply(_)), "{error:?}");
    let answer = pair.call(Hello::from("small")).await;
    assert_eq!(answer.unwrap(), "Hello, small!");
}

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(name = "hello", reply = u32)]
struct OtherHello(u32);

#[tokio::test]
async fn an_event_that_cannot_be_read_fails_alone() {
    let pair = Pair::new(
        |it| it.send::<OtherHello>().send::<News>(),
        |it| it.receive::<Hello>().receive::<News>().on("app"),
    )
    .await;
    let probe = Probe::on(&pair.there, "bridge").await.unwrap();
    let error = remote(pair.call(OtherHello(7)).await);
    assert!(matches!(error, RemoteError::Unreadable(_)), "{error:?}");
    let refused = probe.expect::<Refused>().within(LIMIT).await.unwrap();
    assert_eq!(refused.name, "hello");
    within(pair.here.on("bridge").fire(News(1)).completed())
        .await
        .unwrap();
    assert_eq!(pair.log.take(), ["news 1"]);
}

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(name = "hello", reply = u32)]
struct NumberPlease {
    name: String,
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_fails_the_call() {
    let pair = Pair::new(
        |it| it.send::<NumberPlease>(),
        |it| it.receive::<Hello>().on("app"),
    )
    .await;
    let error = crossed(pair.call(NumberPlease { name: "x".into() }).await);
    assert!(
        matches!(error, CrossError::Decode { name: "hello", .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_caller_that_gives_up_is_noticed_there() {
    let pair = Pair::usual().await;
    let call = pair.here.on("bridge").call(Slow(1));
    let answer = within(call.timeout(Duration::from_millis(20))).await;
    assert!(matches!(answer, Err(CallError::TimedOut(_))), "{answer:?}");
    until(|| pair.log.len() == 2).await;
    assert_eq!(pair.log.take(), ["slow 1", "unwanted 1"]);
}

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = u32, success, complete)]
struct Import(u32);

/// Causes an effect that takes as long as it is not let go.
#[component(channel = "app")]
struct Importer(tokio::sync::watch::Receiver<bool>);

#[derive(Event)]
struct Row;

#[component]
impl Importer {
    #[handler("import")]
    fn import(&mut self, event: &Import, cx: &Context<Self>) -> Result<u32, Error> {
        cx.fire(Row);
        match event.0 {
            0 => Err(Error::new("nothing to import")),
            count => Ok(count),
        }
    }

    #[handler("row")]
    async fn row(&self, _event: &Row) {
        let _ = self.0.clone().wait_for(|go| *go).await;
    }
}

#[tokio::test]
async fn core_110_an_event_is_complete_when_the_other_side_is_done_with_all_it_caused() {
    for rows in [0, 3] {
        let pair = Pair::new(
            |it| it.send::<Import>(),
            |it| it.receive::<Import>().on("imports"),
        )
        .await;
        let (go, wait) = tokio::sync::watch::channel(false);
        let importer = pair.there.register(Importer(wait)).channel("imports");
        importer.await.unwrap();
        let probe = Probe::on(&pair.here, "bridge").await.unwrap();
        // The answer does not wait for the effects.
        let answer = pair.call(Import(rows)).await;
        assert_eq!(answer.is_ok(), rows > 0);
        if rows > 0 {
            probe
                .expect::<Success<Import>>()
                .within(LIMIT)
                .await
                .unwrap();
        }
        let completed = pair.here.on("bridge").fire(Import(rows)).completed();
        tokio::pin!(completed);
        let early = tokio::time::timeout(Duration::from_millis(30), &mut completed).await;
        assert!(early.is_err());
        assert!(probe.all::<Complete<Import>>().is_empty());
        go.send(true).unwrap();
        within(completed).await.unwrap();
        probe
            .expect::<Complete<Import>>()
            .within(LIMIT)
            .await
            .unwrap();
    }
}
