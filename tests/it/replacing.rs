//! Handlers that replace an event for those of lower priority.

use circuits::component::ReplaceError;
use circuits::event::{Complete, DeadLetter, Failure, Success};
use circuits::prelude::*;

use crate::support::{Log, settle};

#[derive(Event, Debug)]
#[event(reply = String, success, failure, complete)]
struct Request(String);

#[derive(Event, Debug, PartialEq)]
struct Plain(u32);

#[derive(Event, Debug)]
struct Other;

/// Changes requests before the pages see them.
#[component]
struct Middleware(Log);

#[component]
impl Middleware {
    #[handler("request", priority = 20)]
    fn trim(&mut self, event: &Request, cx: &Context<Self>) -> Result<(), Error> {
        let text = event.0.trim().to_owned();
        cx.replace(Request(text))?;
        self.0.add(format_args!("trim keeps {:?}", event.0));
        Ok(())
    }

    #[handler("request", priority = 10)]
    async fn upper(&self, event: &Request, cx: &Context<Self>) {
        tokio::task::yield_now().await;
        cx.replace(Request(event.0.to_uppercase())).unwrap();
        // The first is forgotten.
        cx.replace(Request(format!("{}!", event.0.to_uppercase())))
            .unwrap();
        let error = cx.replace(Other).unwrap_err();
        assert!(matches!(error, ReplaceError::OtherType(_)));
        assert_eq!(
            error.to_string(),
            "only a `other` can take the place of the event"
        );
        let Other = error.into_inner();
    }

    #[handler("plain")]
    fn alone(&mut self, event: &Plain, cx: &Context<Self>) {
        let error = cx.replace(Plain(event.0 + 1)).unwrap_err();
        assert_eq!(format!("{error:?}"), "Unseen(Plain(2))");
        assert_eq!(error.into_inner(), Plain(2));
        self.0.add("nobody sees it");
    }
}

#[component]
struct Page(Log);

#[component]
impl Page {
    #[handler("request")]
    fn page(&mut self, event: &Request, cx: &Context<Self>) -> Result<String, Error> {
        self.0.add(format_args!("page gets {:?}", event.0));
        if event.0.starts_with("FAIL") {
            return Err(Error::new("failed"));
        }
        // It is the last stage, but success and complete are still to come.
        cx.replace(Request("seen".into()))?;
        Ok(event.0.clone())
    }

    #[handler("*", channel = "*", priority = 15)]
    fn between(&mut self, event: &AnyEvent) {
        if let Some(request) = event.downcast_ref::<Request>() {
            self.0.add(format_args!("between sees {:?}", request.0));
        }
    }

    #[handler("request_success")]
    fn success(&mut self, event: &Success<Request>) {
        let replies = event.replies();
        self.0
            .add(format_args!("success {:?} {replies:?}", event.event.0));
    }

    #[handler("request_failure")]
    fn failure(&mut self, event: &Failure<Request>) {
        self.0
            .add(format_args!("failure {:?} {}", event.event.0, event.error));
    }

    #[handler("request_complete")]
    fn complete(&mut self, event: &Complete<Request>) {
        self.0.add(format_args!("complete {:?}", event.event.0));
    }

    #[handler("exception")]
    fn exception(&mut self) {}
}

async fn tree() -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    system.register(Middleware(log.clone())).await.unwrap();
    system.register(Page(log.clone())).await.unwrap();
    (system, log)
}

#[tokio::test(start_paused = true)]
async fn core_003_later_handlers_get_the_new_event_and_feedback_tells_of_the_last() {
    let (system, log) = tree().await;
    let reply = system.call(Request("  hello ".into())).await;
    assert_eq!(reply.unwrap(), "HELLO!");
    settle().await;
    let expected = [
        r#"trim keeps "  hello ""#,
        r#"between sees "hello""#,
        r#"page gets "HELLO!""#,
        r#"success "seen" ["HELLO!"]"#,
        r#"complete "seen""#,
    ];
    assert_eq!(log.take(), expected);

    let reply = system.call(Request(" fail".into())).await;
    assert!(reply.is_err());
    settle().await;
    let expected = [
        r#"trim keeps " fail""#,
        r#"between sees "fail""#,
        r#"page gets "FAIL!""#,
        r#"failure "FAIL!" failed"#,
        r#"complete "FAIL!""#,
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_sees_later_is_given_back() {
    let (system, log) = tree().await;
    let plain = system.fire(Plain(1));
    plain.completed().await.unwrap();
    system.fire(Plain(1)).await;
    settle().await;
    assert_eq!(log.take(), ["nobody sees it"; 2]);
    assert_eq!(system.exceptions(), 0);
}

/// Does not come to hear the new version.
#[component]
struct Busy;

#[derive(Event)]
struct Hold;

#[component]
impl Busy {
    #[handler("hold")]
    async fn hold(&mut self, _: &Hold) {
        std::future::pending().await
    }

    #[handler("plain", priority = -1)]
    fn plain(&mut self, _: &Plain) {
        unreachable!("it is held up")
    }
}

#[component]
struct Morgue(Log);

#[component]
impl Morgue {
    #[handler("dead_letter")]
    fn letter(&mut self, letter: &DeadLetter) {
        self.0.add(&letter.event);
    }
}

#[component]
struct Changer;

#[component]
impl Changer {
    #[handler("plain", priority = 5)]
    fn change(&self, event: &Plain, cx: &Context<Self>) -> Result<(), Error> {
        Ok(cx.replace(Plain(event.0 + 1))?)
    }

    #[handler("plain", priority = 4)]
    fn again(&self, event: &Plain, cx: &Context<Self>) -> Result<(), Error> {
        Ok(cx.replace(Plain(event.0 * 10))?)
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_is_the_last_version() {
    let (system, log) = (System::new(), Log::default());
    system.register(Changer).await.unwrap();
    system.register(Morgue(log.clone())).await.unwrap();
    let busy = system.register(Busy).await.unwrap();
    system.to(&busy).fire(Hold);
    settle().await;
    system.fire(Plain(1));
    settle().await;
    busy.kill();
    settle().await;
    assert_eq!(log.take(), ["hold[] hold", "plain[] Plain(20)"]);
}
