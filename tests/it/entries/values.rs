//! What comes back from handlers (CORE-080, 082).

use circuits::CallError;
use circuits::prelude::*;

#[derive(Event, Debug)]
#[event(reply = &'static str)]
struct Hello;

#[derive(Event, Debug)]
#[event(reply = &'static str)]
struct Test;

#[derive(Event, Debug)]
#[event(reply = bool)]
struct Is(&'static str);

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("hello")]
    fn hello(&self, _: &Hello) -> &'static str {
        "Hello World!"
    }

    #[handler("test", priority = 2)]
    fn foo(&self, _: &Test) -> &'static str {
        "foo"
    }

    #[handler("test", priority = 1)]
    fn bar(&self, _: &Test) -> &'static str {
        "bar"
    }

    #[handler("test")]
    async fn nested(&self, _: &Test, cx: &Context<Self>) -> Result<&'static str, CallError> {
        cx.call(Hello).await
    }

    #[handler("is", priority = 2)]
    fn no_opinion(&self, event: &Is) -> Option<bool> {
        (event.0 != "unknown").then_some(false)
    }

    #[handler("is", priority = 1)]
    fn nothing(&self, _: &Is) {}

    #[handler("is")]
    fn error(&self, event: &Is) -> Result<Option<bool>, Error> {
        match event.0 {
            "broken" => Err(Error::new("broken")),
            _ => Ok(None),
        }
    }
}

async fn app() -> System {
    let system = System::new();
    system.register(App).await.unwrap();
    system
}

#[tokio::test(start_paused = true)]
async fn core_080_all_results_come_in_the_order_of_the_handlers() {
    let system = app().await;
    let all = system.on("app").call_all(Test).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all, ["foo", "bar", "Hello World!"]);
    assert_eq!(system.on("app").call(Test).await.unwrap(), "foo");
}

#[tokio::test(start_paused = true)]
async fn core_080_false_is_a_result_and_nothing_is_none() {
    let system = app().await;
    let app = system.on("app");
    assert!(!app.call(Is("known")).await.unwrap());
    assert_eq!(app.call_all(Is("known")).await.len(), 1);
    assert!(app.call_all(Is("unknown")).await.is_empty());
    assert!(matches!(
        app.call(Is("unknown")).await,
        Err(CallError::NoReply)
    ));
}

#[tokio::test(start_paused = true)]
async fn core_080_errors_are_among_the_results_and_do_not_hide_a_reply() {
    let system = app().await;
    let all = system.on("app").call_all(Is("broken")).await;
    assert!(matches!(all[..], [Ok(false), Err(CallError::Failed(_))]));
    assert!(!system.on("app").call(Is("broken")).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn core_082_results_are_ordinary_values() {
    let system = app().await;
    let all = system.on("app").call_all(Test).await;
    let all: Vec<&str> = all.into_iter().flatten().collect();
    assert!(all.contains(&"bar"));
    assert_eq!((all[0], all.len()), ("foo", 3));
    assert_eq!(all.join(" "), "foo bar Hello World!");
    let all = system.on("app").call_all(Is("broken")).await;
    let error = all.into_iter().find_map(Result::err).unwrap();
    assert_eq!(error.to_string(), "the handler failed");
    let Some(error) = std::error::Error::source(&error) else {
        panic!("an error keeps its cause");
    };
    assert_eq!(error.to_string(), "broken");
}
