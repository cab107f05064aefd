//! The debugger: what it prints, what it leaves out, and that off is off.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use circuits::debugger::{Debugger, Filter, Switch};
use circuits::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use crate::support::settle;

#[derive(Event, Debug)]
struct Hello {
    #[expect(dead_code, reason = "printed by its Debug")]
    name: &'static str,
}

#[derive(Event, Debug)]
struct Fail;

#[derive(Event)]
struct Opaque;

#[derive(Event, Debug)]
struct Relay;

#[component(channel = "greeter")]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", priority = 100)]
    fn hello(&mut self, _event: &Hello, cx: &Context<Self>) {
        cx.stop_propagation();
    }

    #[handler("relay")]
    fn relay(&mut self, _event: &Relay, cx: &Context<Self>) {
        cx.on("void").fire(Opaque);
    }

    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) -> circuits::Result {
        Err(Error::new("two\nlines"))
    }
}

/// What was written; fails for one who has no room.
#[derive(Clone, Default)]
struct Paper {
    text: Arc<Mutex<String>>,
    is_full: bool,
}

impl Paper {
    /// Takes the lines, without the numbers of firings.
    fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.text.lock().unwrap());
        let lines = text.lines().map(|line| {
            let words = line.split(' ').map(|word| match word.strip_prefix('#') {
                Some(number) => format!("#{}", number.trim_start_matches(char::is_numeric)),
                None => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        });
        lines.collect()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let text = std::str::from_utf8(bytes).unwrap();
        self.text.lock().unwrap().push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn system(options: impl FnOnce(Debugger) -> Debugger) -> (System, Address<Debugger>, Paper) {
    let (system, paper) = (System::new(), Paper::default());
    let greeter = system.register(Greeter).named("greeter");
    greeter.await.unwrap();
    let debugger = options(Debugger::to_writer(paper.clone()));
    let debugger = system.register(debugger).await.unwrap();
    settle().await;
    paper.take();
    (system, debugger, paper)
}

async fn fire(system: &System) {
    system.on("greeter").fire(Hello { name: "world" });
    system.on("greeter").fire(Fail);
    system.on("nobody").fire(Opaque);
    settle().await;
}

const LINES: [&str; 4] = [
    "# hello[greeter] Hello { name: \"world\" } by outside",
    "# fail[greeter] Fail by outside",
    "# opaque[nobody] opaque by outside, unheard",
    "ERROR greeter.fail(fail) because of #: two\\nlines",
];

#[tokio::test(start_paused = true)]
async fn core_130_every_event_is_printed_with_its_place_its_sender_and_its_cause() {
    let (system, _debugger, paper) = system(|debugger| debugger).await;
    fire(&system).await;
    assert_eq!(paper.take(), LINES);
    let greeter = system.children().find::<Greeter>("greeter").await.unwrap();
    system.to(&greeter).fire(Hello { name: "you" });
    system.on("greeter").fire(Relay);
    system
        .on_all(&["greeter", "nobody"])
        .fire(Hello { name: "all" });
    settle().await;
    assert_eq!(
        paper.take(),
        [
            "# hello->greeter Hello { name: \"you\" } by outside",
            "# relay[greeter] Relay by outside",
            "# hello[greeter,nobody] Hello { name: \"all\" } by outside",
            "# opaque[void] opaque by greeter.relay because of #, unheard",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn core_130_results_and_dead_letters_are_printed_where_they_are_asked_for() {
    let (system, _debugger, paper) = system(Debugger::results).await;
    system.on("greeter").fire(Fail);
    settle().await;
    let greeter = system.children().find::<Greeter>("greeter").await.unwrap();
    greeter.stop().await;
    settle().await;
    paper.take();
    system.to(&greeter).fire(Fail);
    settle().await;
    assert_eq!(
        paper.take(),
        [
            "# fail->greeter Fail by outside",
            "# dead fail: the receiver has stopped",
            "# done in 0ns: 0 handled, 0 replied, 0 failed",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn core_130_events_and_channels_are_left_out_and_shown_again_while_it_runs() {
    let options = |debugger: Debugger| debugger.ignore_event("fail").ignore_channel("nobody");
    let (system, debugger, paper) = system(options).await;
    fire(&system).await;
    assert_eq!(paper.take(), [LINES[0], LINES[3]]);
    let change = async |filter: Filter| system.to(&debugger).call(filter).await.unwrap();
    assert!(change(Filter::ShowEvent("fail".into())).await);
    assert!(!change(Filter::ShowEvent("fail".into())).await);
    assert!(change(Filter::ShowChannel("nobody".into())).await);
    assert!(!change(Filter::IgnoreEvent("hello".into())).await);
    fire(&system).await;
    assert_eq!(paper.take(), LINES[1..]);
    assert!(!change(Filter::IgnoreChannel("greeter".into())).await);
    // Left out only where all of its channels are.
    system.on_all(&["greeter", "nobody"]).fire(Fail);
    fire(&system).await;
    let lines = [
        "# fail[greeter,nobody] Fail by outside",
        LINES[2],
        LINES[3],
        LINES[3],
    ];
    assert_eq!(paper.take(), lines);
}

#[tokio::test(start_paused = true)]
async fn core_130_each_debugger_has_lists_of_its_own() {
    let (system, debugger, paper) = system(|debugger| debugger).await;
    let other = Paper::default();
    let second = Debugger::to_writer(other.clone()).ignore_event("hello");
    system.register(second).await.unwrap();
    let ignore = Filter::IgnoreEvent("opaque".into());
    system.to(&debugger).call(ignore).await.unwrap();
    settle().await;
    paper.take();
    other.take();
    fire(&system).await;
    assert_eq!(paper.take(), [LINES[0], LINES[1], LINES[3]]);
    assert_eq!(other.take(), LINES[1..]);
}

#[tokio::test(start_paused = true)]
async fn ask_34_lines_have_a_prefix_and_are_trimmed() {
    let options = |debugger: Debugger| debugger.prefix("P").ignore_event("opaque").width(12);
    let (system, _debugger, paper) = system(options).await;
    fire(&system).await;
    let lines = paper.take();
    assert!(
        lines.iter().all(|line| line.chars().count() <= 13),
        "{lines:?}"
    );
    assert!(lines[0].starts_with("P: # hel"), "{lines:?}");
    assert_eq!(lines[2], "P: ERROR gre…");
    let count = std::sync::atomic::AtomicU32::new(0);
    let next = move || {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert!(number != 1, "a bad prefix");
        number.to_string()
    };
    let second = Paper::default();
    let debugger = Debugger::to_writer(second.clone()).prefix_with(next);
    let options = debugger.without_events();
    system.register(options).await.unwrap();
    for _ in 0..3 {
        system.on("greeter").fire(Fail);
    }
    settle().await;
    let error = LINES[3];
    assert_eq!(
        second.take(),
        [
            format!("0: {error}"),
            "an event whose text panicked".to_owned(),
            format!("2: {error}")
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn core_130_events_and_errors_are_switched_separately_and_off_is_off() {
    let (system, debugger, paper) = system(Debugger::off).await;
    let switch = async |switch: Switch| system.to(&debugger).call(switch).await.unwrap();
    fire(&system).await;
    assert_eq!(paper.take(), [""; 0]);
    assert_eq!(system.event_counts(), []);
    assert!(!system.on("debugger").call(Switch::On).await.unwrap());
    assert!(switch(Switch::On).await);
    fire(&system).await;
    assert_eq!(paper.take(), LINES);
    assert!(switch(Switch::Events(false)).await);
    fire(&system).await;
    assert_eq!(paper.take(), LINES[3..]);
    assert!(!switch(Switch::Events(true)).await);
    assert!(switch(Switch::Errors(false)).await);
    fire(&system).await;
    assert_eq!(paper.take(), LINES[..3]);
    system.on("greeter").fire(Hello { name: "world" });
    assert!(switch(Switch::Off).await);
    assert_eq!(paper.take(), LINES[..1]);
    let counts = system.event_counts();
    fire(&system).await;
    assert_eq!(paper.take(), [""; 0]);
    assert_eq!(system.event_counts(), counts);
}

#[tokio::test(start_paused = true)]
async fn core_130_a_writer_that_fails_disturbs_nobody() {
    let paper = Paper {
        is_full: true,
        ..Paper::default()
    };
    let system = System::new();
    system.register(Debugger::to_writer(paper)).await.unwrap();
    system.register(Greeter).await.unwrap();
    fire(&system).await;
    let was_on = system.on("debugger").call(Switch::Off).await;
    assert!(was_on.unwrap());
}

#[tokio::test(start_paused = true)]
async fn core_130_where_the_writer_is_slow_the_newest_lines_are_left_out_and_counted() {
    let (system, debugger, paper) = system(|debugger| debugger).await;
    // No await between them: the debugger's task has no turn.
    for _ in 0..5000 {
        system.on("nobody").fire(Opaque);
    }
    system.to(&debugger).call(Switch::Off).await.unwrap();
    let lines = paper.take();
    assert_eq!(lines.len(), 4097);
    assert_eq!(lines[4096], "… 904 lines left out: the writer is slow");
}

#[tokio::test(start_paused = true)]
async fn core_130_a_file_is_written_at_its_end() {
    let folder = std::env::temp_dir().join(format!("circuits-debugger-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("log");
    std::fs::write(&path, "before\n").unwrap();
    let system = System::new();
    let debugger = Debugger::to_file(&path).unwrap();
    let debugger = system.register(debugger).await.unwrap();
    system.on("nobody").fire(Opaque);
    system.to(&debugger).call(Switch::Off).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("before\n"), "{text}");
    assert!(
        text.ends_with("opaque[nobody] opaque by outside, unheard\n"),
        "{text}"
    );
    assert!(Debugger::to_file(folder.join("no/log")).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Keeps what is logged with the target of the framework.
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "circuits"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);

        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }

        let mut message = Message(String::new());
        event.record(&mut message);
        let level = event.metadata().level();
        self.0
            .lock()
            .unwrap()
            .push(format!("{level} {}", message.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn core_130_a_debugger_may_print_through_tracing() {
    let lines = Arc::default();
    let _guard = tracing::subscriber::set_default(Lines(Arc::clone(&lines)));
    let system = System::new();
    system.register(Greeter).named("greeter").await.unwrap();
    system.register(Debugger::to_tracing()).await.unwrap();
    fire(&system).await;
    let lines = lines.lock().unwrap().join("\n");
    let has = |start: &str, end: &str| {
        let found = |line: &str| line.starts_with(start) && line.ends_with(end);
        assert!(lines.lines().any(found), "{start} {end}: {lines}");
    };
    has(
        "DEBUG #",
        "hello[greeter] Hello { name: \"world\" } by outside",
    );
    has(
        "ERROR ERROR greeter.fail(fail) because of #",
        ": two\\nlines",
    );
}
