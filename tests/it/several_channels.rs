//! One event on several channels at once.

use circuits::event::{Complete, DeadLetter, Reason, Success};
use circuits::prelude::*;
use circuits::{CallError, ChannelError};

use crate::support::{Log, settle, until, watch, within};

#[derive(Event, Debug)]
#[event(reply = &'static str)]
struct Ask;

/// Answers with its text, on the channel that it is added with.
macro_rules! answers {
    ($name:ident, $priority:literal, $text:literal) => {
        #[component]
        struct $name;

        #[component]
        impl $name {
            #[handler("ask", priority = $priority)]
            fn ask(&self, _: &Ask) -> &'static str {
                $text
            }
        }
    };
}

answers!(Foo, 0, "Foo");
answers!(Hello, 0, "Hello World!");
answers!(First, 5, "first");
answers!(Last, -0.5, "last");

async fn answers(system: &System, channels: &[&str]) -> Vec<&'static str> {
    let answers = within(system.on_all(channels).call_all(Ask)).await;
    answers.into_iter().map(|answer| answer.unwrap()).collect()
}

#[tokio::test]
async fn core_025_the_handlers_of_all_channels_are_merged_by_priority_then_registration() {
    let system = System::new();
    system.register(Last).channel("a").await.unwrap();
    system.register(Foo).channel("a").await.unwrap();
    system.register(Hello).channel("b").await.unwrap();
    system.register(First).channel("b").await.unwrap();
    system.register(Foo).channel("c").await.unwrap();
    // Registration decides, not the order in which the channels are named.
    for channels in [["a", "b"], ["b", "a"]] {
        let expected = ["first", "Foo", "Hello World!", "last"];
        assert_eq!(answers(&system, &channels).await, expected);
    }
    assert_eq!(answers(&system, &["b"]).await, ["first", "Hello World!"]);
    let reply = system.on_all(&["c", "b"]).call(Ask).await;
    assert_eq!(reply.unwrap(), "first");
}

#[tokio::test]
async fn core_025_a_handler_that_several_channels_reach_gets_the_event_once() {
    let system = System::new();
    system.register(Foo).channel("*").await.unwrap();
    system.register(Hello).channel("b").await.unwrap();
    for channels in [&["a", "b"][..], &["b", "b", "x"], &["b", "*"], &["*", "*"]] {
        let expected = ["Foo", "Hello World!"];
        assert_eq!(answers(&system, channels).await, expected, "{channels:?}");
    }
    assert_eq!(answers(&system, &["x", "y"]).await, ["Foo"]);
}

#[derive(Event, Debug)]
#[event(success, complete)]
struct Job;

/// Hears `Job` and its feedback on its channel, and all events on `*`.
#[component(channel = "a")]
struct Ear(Log);

#[component]
impl Ear {
    #[handler("job", priority = 1)]
    async fn job(&mut self, _: &Job, cx: &Context<Self>) {
        // The second stage waits for this one, although it is on another channel.
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.add(format_args!("job on {}", cx.channel()));
    }

    #[handler("job", channel = "b")]
    fn other(&mut self, _: &Job) {
        self.0.add("job on b");
    }

    #[handler("job_success", channel = "b")]
    fn success(&mut self, _: &Success<Job>) {
        self.0.add("success on b");
    }

    #[handler("job_complete")]
    fn complete(&mut self, _: &Complete<Job>) {
        self.0.add("complete on a");
    }

    #[handler("*", channel = "*", priority = 2)]
    fn any(&mut self, event: &AnyEvent) {
        let channels: Vec<_> = event.channels().collect();
        self.0.add(format_args!("{} {:?}", event.name(), channels));
        assert_eq!(event.channel(), channels.first().copied());
    }
}

#[tokio::test(start_paused = true)]
async fn stages_and_feedback_go_over_all_channels_of_the_event() {
    let (system, log) = (System::new(), Log::default());
    system.register(Ear(log.clone())).await.unwrap();
    log.take();
    let job = system.on_all(&["a", "b"]).priority(3).fire(Job);
    job.completed().await.unwrap();
    // The last `complete` is its own cause, and told of when the first is.
    settle().await;
    let expected = [
        r#"job ["a", "b"]"#,
        "job on a",
        "job on b",
        r#"job_success ["a", "b"]"#,
        "success on b",
        r#"job_complete ["a", "b"]"#,
        "complete on a",
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test]
async fn core_025_one_channel_is_as_on_and_names_and_number_are_checked() {
    let system = System::new();
    let log = watch(&system).await;
    system.register(Foo).channel("a").await.unwrap();
    assert_eq!(system.on_all(&["a"]).call(Ask).await.unwrap(), "Foo");
    let nobody = system.on_all(&["x", "y"]).call(Ask).await;
    assert!(matches!(nobody, Err(CallError::NoHandler)), "{nobody:?}");

    let call = |channels: Vec<&'static str>| {
        let system = system.clone();
        async move { system.on_all(&channels).call(Ask).await }
    };
    let too_many = vec!["a"; 65];
    for (channels, expected) in [
        (vec![], ChannelError::Count { channels: 0 }),
        (too_many, ChannelError::Count { channels: 65 }),
        (vec!["a", ""], ChannelError::Empty),
    ] {
        let answer = call(channels).await;
        assert!(matches!(answer, Err(CallError::BadChannel(error)) if error == expected));
    }
    assert_eq!(call(vec!["a"; 64]).await.unwrap(), "Foo");
    let text = ChannelError::Count { channels: 65 }.to_string();
    assert_eq!(
        text,
        "an event is fired on 1 to 64 channels at once, not on 65"
    );

    let letter = system.wait::<DeadLetter>();
    system.on_all(&[]).fire(Ask);
    assert_eq!(within(letter).await.unwrap().reason, Reason::BadChannel);
    system.on_all(&["x", "y"]).fire(Ask);
    assert_eq!(system.dead_letters(), 2);
    let letters = ["dead ask BadChannel", "dead ask NoHandler"];
    until(|| log.len() == letters.len()).await;
    assert_eq!(log.take(), letters);
}
