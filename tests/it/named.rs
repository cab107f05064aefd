//! Events that are named while the program runs.

use circuits::event::{DeadLetter, Name, NameError, Named, Reason};
use circuits::prelude::*;
use circuits::{CallError, Origin};

use crate::support::{Log, settle, within};

#[derive(Clone, Debug, PartialEq)]
struct Json(&'static str);

/// Of the name of one that is made up below.
#[derive(Event, Debug)]
struct Ready;

#[component(channel = "ears")]
struct Ears(Log);

#[component]
impl Ears {
    #[handler("ready", "steady")]
    fn by_name(&mut self, origin: &Origin) {
        let (name, channel) = (origin.event_name(), origin.channel());
        self.0.add(format_args!("name {name} on {channel:?}"));
    }

    #[handler("ready", priority = 2)]
    fn any(&self, event: &AnyEvent) {
        let payload = event.downcast_ref::<Named<Json>>().map(Named::payload);
        self.0.add(format_args!("any {} {payload:?}", event.name()));
    }

    #[handler("ready", priority = 3)]
    fn typed(&self, event: &Named<Json>, origin: &Origin, cx: &Context<Self>) -> Json {
        assert_eq!(origin.event_name(), event.name().as_str());
        self.0.add(format_args!("json {:?}", event.payload()));
        if event.payload().0 == "stop" {
            cx.stop_propagation();
        }
        if event.payload().0 == "change" {
            let changed = event.clone().with(Json("changed"));
            cx.replace(changed).unwrap();
        }
        event.payload().clone()
    }

    #[handler("steady", priority = 3)]
    fn steady(&mut self, event: &Named<Json>) -> Json {
        self.0.add("steady");
        event.payload().clone()
    }

    #[handler("broken")]
    fn broken(&mut self, event: &Named) -> Result<(), Error> {
        Err(Error::new(format!("{} fails", event.name())))
    }

    #[handler("ready", priority = -1, channel = "other")]
    fn elsewhere(&mut self) {
        self.0.add("elsewhere");
    }

    #[handler("*", channel = "*", priority = 9)]
    fn all(&self, event: &AnyEvent) {
        if event.name() != "registered" && event.name() != "started" {
            self.0.add(event);
        }
    }

    #[handler("exception", channel = "*")]
    fn exception(&mut self, event: &circuits::event::Exception) {
        self.0
            .add(format_args!("{}: {}", event.event.name(), event.error));
    }
}

async fn ears() -> (System, Log, Address<Ears>) {
    let (system, log) = (System::new(), Log::default());
    let ears = system.register(Ears(log.clone())).await.unwrap();
    settle().await;
    log.take();
    (system, log, ears)
}

fn ready(payload: &'static str) -> Named<Json> {
    Named::new("ready").unwrap().with(Json(payload))
}

#[tokio::test(start_paused = true)]
async fn core_002_a_made_up_event_reaches_the_handlers_of_its_name_in_their_stages() {
    let (system, log, _) = ears().await;
    let fired = system.on("ears").fire(ready("one"));
    fired.completed().await.unwrap();
    let shown = r#"ready[ears] Named { name: "ready", payload: Json("one") }"#;
    let expected = [
        shown,
        r#"json Json("one")"#,
        r#"any ready Some(Json("one"))"#,
        r#"name ready on Some("ears")"#,
    ];
    assert_eq!(log.take(), expected);

    // Without that payload, and the event of a type that bears the name.
    let bare = system.on("ears").fire(Named::new("ready").unwrap());
    bare.completed().await.unwrap();
    let typed = system.on("ears").fire(Ready);
    typed.completed().await.unwrap();
    let expected = [
        r#"ready[ears] Named { name: "ready", payload: () }"#,
        "any ready None",
        r#"name ready on Some("ears")"#,
        "ready[ears] Ready",
        "any ready None",
        r#"name ready on Some("ears")"#,
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn core_002_it_is_called_addressed_stopped_and_replaced_as_others_are() {
    let (system, log, ears) = ears().await;
    let reply = system.on("ears").call(ready("stop")).await;
    assert_eq!(reply.unwrap(), Json("stop"));
    let all = system.on_all(&["ears", "other"]).call_all(ready("change"));
    assert_eq!(within(all).await.len(), 1);
    let changed = r#"any ready Some(Json("changed"))"#;
    let expected = [
        r#"ready[ears] Named { name: "ready", payload: Json("stop") }"#,
        r#"json Json("stop")"#,
        r#"ready[ears,other] Named { name: "ready", payload: Json("change") }"#,
        r#"json Json("change")"#,
        changed,
        r#"name ready on Some("ears")"#,
        "elsewhere",
    ];
    assert_eq!(log.take(), expected);

    let reply = system.to(&ears).call(ready("stop")).await;
    assert_eq!(reply.unwrap(), Json("stop"));
    let steady = || Named::new("steady").unwrap().with(Json("x"));
    system.to(&ears).fire(steady());
    settle().await;
    system.to(&ears.incarnation()).fire(steady());
    settle().await;
    let expected = [
        r#"ready[] Named { name: "ready", payload: Json("stop") }"#,
        r#"json Json("stop")"#,
        r#"steady[] Named { name: "steady", payload: Json("x") }"#,
        "steady",
        "name steady on None",
        r#"steady[] Named { name: "steady", payload: Json("x") }"#,
        "steady",
        "name steady on None",
    ];
    assert_eq!(log.take(), expected);
    let unknown = Named::new("unknown").unwrap().with(Json("x"));
    let reply = system.to(&ears).call(unknown).await;
    assert!(matches!(reply, Err(CallError::NoReply)), "{reply:?}");
}

#[tokio::test(start_paused = true)]
async fn core_002_its_failures_and_dead_letters_bear_its_name() {
    let (system, log, ears) = ears().await;
    let broken = system.on("ears").call(Named::new("broken").unwrap());
    let error = broken.await.unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "broken fails"
    );
    settle().await;
    let lines = log.take();
    assert!(
        lines.contains(&"broken: broken fails".to_owned()),
        "{lines:?}"
    );

    ears.stop().await;
    // Its handler of all events has heard of its own end, too late.
    let before = system.dead_letters();
    let letter = system.wait::<DeadLetter>();
    for number in 0..1000 {
        system
            .on("x")
            .fire(Named::new(&format!("made_up_{number}")).unwrap());
    }
    // One that bears a name of the framework's is an event like others.
    system.fire(Named::new("dead_letter").unwrap());
    system.fire(Named::new("exception").unwrap());
    let letter = within(letter).await.unwrap();
    assert_eq!(letter.event.name(), "made_up_0");
    assert_eq!(letter.reason, Reason::NoHandler);
    assert_eq!(system.dead_letters() - before, 1002);
}

#[component(channel = "late")]
struct Late(Log);

#[derive(Event)]
struct Listen;

#[component]
impl Late {
    #[handler]
    fn listen(&mut self, _: &Listen, cx: &Context<Self>) -> Result<(), Error> {
        cx.add_handler::<Named<u8>, _>(|this, event, _| {
            this.0
                .add(format_args!("added {} {}", event.name(), event.payload()));
            Ok(Some(event.payload() + 1))
        })?;
        cx.after(Duration::from_secs(1), Named::new("tick")?.with(7_u8));
        Ok(())
    }

    #[handler("tick", priority = -1)]
    fn tick(&mut self, origin: &Origin) {
        let who = origin.sender_name();
        self.0
            .add(format_args!("{} by {who:?}", origin.event_name()));
    }

    /// Of a component's own life: a made-up event of the name is not heard.
    #[handler("stopped")]
    fn stopped(&mut self) {
        self.0.add("stopped");
    }
}

#[tokio::test(start_paused = true)]
async fn timers_waits_and_added_handlers_take_it_by_its_type() {
    let (system, log) = (System::new(), Log::default());
    let late = system.register(Late(log.clone())).named("late");
    late.await.unwrap();
    system.on("late").fire(Listen).completed().await.unwrap();
    let tick = system.on("late").wait::<Named<u8>>();
    assert_eq!(
        within(tick).await.unwrap().clone().name(),
        &Name::new("tick").unwrap()
    );
    system.on("late").fire(Named::new("stopped").unwrap()).await;
    settle().await;
    assert_eq!(log.take(), ["added tick 7", r#"tick by Some("late")"#]);
    let reply = system
        .on("late")
        .call(Named::new("any").unwrap().with(1_u8));
    assert_eq!(reply.await.unwrap(), 2);
}

#[test]
fn core_002_a_name_is_checked_and_reads_as_text() {
    let name = Name::new("hello").unwrap();
    assert_eq!(name, "hello");
    assert_eq!(name.len(), 5);
    assert_eq!(format!("{name} {name:?}"), r#"hello "hello""#);
    for (text, expected) in [
        ("", NameError::Empty),
        ("*", NameError::Star),
        ("two words", NameError::Whitespace),
        (&"x".repeat(65), NameError::TooLong { length: 65 }),
    ] {
        assert_eq!(Name::new(text).unwrap_err(), expected);
        assert_eq!(Named::new(text).unwrap_err(), expected);
    }
    Name::new(&"x".repeat(64)).unwrap();
    let text = NameError::TooLong { length: 65 }.to_string();
    assert_eq!(
        text,
        "the name of an event has 65 bytes; at most 64 are allowed"
    );
    assert_eq!(size_of::<Name>(), size_of::<&str>());
}
