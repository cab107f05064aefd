//! Components that extend others, and components that are made of others.

use circuits::component::{Component, Declare, Options, StartBase};
use circuits::prelude::*;
use circuits::supervisor::ChildSpec;
use circuits::testing::crash;
use circuits::{Base, CallError, StartError};

use crate::support::{Log, settle, watch, within};

#[derive(Event, Clone, Debug)]
#[event(reply = String)]
struct Hello;

#[derive(Event, Clone, Debug)]
#[event(reply = String)]
struct Bye;

#[derive(Event, Clone, Debug)]
#[event(reply = u32)]
struct Count;

/// Says hello and bye, and counts; its own channel is not where it is used.
#[component(channel = "elsewhere")]
#[derive(Default)]
struct Greeter {
    log: Log,
    heard: u32,
}

#[component]
impl Greeter {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        self.log.add(format_args!("greeter {} started", cx.life()));
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.log.add("greeter stopped");
    }

    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> String {
        self.heard += 1;
        "Hello World!".into()
    }

    #[handler("hello", channel = "audit")]
    fn audited(&mut self, _event: &Hello) -> String {
        "audited".into()
    }

    #[handler("bye")]
    fn bye(&mut self, _event: &Bye) -> String {
        "Bye.".into()
    }

    #[handler("count")]
    fn count(&mut self, _event: &Count) -> u32 {
        self.heard
    }
}

fn greeter(log: &Log) -> Base<Greeter> {
    let log = log.clone();
    Base::new(move || Greeter {
        log: log.clone(),
        heard: 0,
    })
}

/// Overrides `hello`, calls what it overrides, and leaves the rest.
#[component(channel = "greeter", extends = base)]
struct Polite {
    log: Log,
    base: Base<Greeter>,
}

#[component]
impl Polite {
    #[handler("registered")]
    fn registered(&mut self, cx: &Context<Self>) {
        let channel = self.base.address().channel();
        self.log.add(format_args!("{} registered", cx.channel()));
        assert_eq!(channel, cx.channel());
    }

    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        self.log.add(format_args!("polite {} started", cx.life()));
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.log.add("polite stopped");
    }

    #[handler("hello")]
    async fn hello(&self, event: &Hello, cx: &Context<Self>) -> Result<String, Error> {
        let plain = cx.to(&self.base).call(event.clone()).await?;
        Ok(format!("{plain} Please."))
    }
}

fn polite(log: &Log) -> Polite {
    Polite {
        log: log.clone(),
        base: greeter(log),
    }
}

async fn start_polite(system: &System, log: &Log) -> Address<Polite> {
    let ours = log.clone();
    let address = system.supervise(move || polite(&ours)).await.unwrap();
    log.take();
    address
}

async fn base_of(polite: &Address<Polite>) -> (String, u64) {
    let children = polite.children().list().await.unwrap();
    assert_eq!(children.len(), 1);
    (children[0].component.to_string(), children[0].life)
}

#[tokio::test(start_paused = true)]
async fn core_037_what_a_component_does_not_handle_goes_to_what_it_extends() {
    let system = System::new();
    let log = Log::default();
    start_polite(&system, &log).await;
    let greeter = system.on("greeter");
    assert_eq!(greeter.call(Bye).await.unwrap(), "Bye.");
    assert_eq!(greeter.call(Count).await.unwrap(), 0);
    // Its own type's channel is not where it listens, except where a handler says so.
    let elsewhere = system.on("elsewhere").call(Bye).await;
    assert!(matches!(elsewhere, Err(CallError::NoHandler)));
    assert_eq!(system.on("audit").call(Hello).await.unwrap(), "audited");
}

#[tokio::test(start_paused = true)]
async fn core_037_a_handler_overrides_that_of_the_base_and_can_still_call_it() {
    let system = System::new();
    let log = Log::default();
    start_polite(&system, &log).await;
    let greeter = system.on("greeter");
    let all = greeter.call_all(Hello).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(*all[0].as_ref().unwrap(), "Hello World! Please.");
    // It was heard once by the base: from the one that overrides it.
    assert_eq!(greeter.call(Count).await.unwrap(), 1);
}

#[component(channel = "greeter", extends = base)]
struct Beside {
    base: Base<Greeter>,
}

#[component]
impl Beside {
    #[handler("hello", priority = -1, also)]
    fn hello(&mut self, _event: &Hello) -> String {
        "Foobar".into()
    }
}

#[tokio::test(start_paused = true)]
async fn core_037_a_handler_that_says_also_runs_beside_that_of_the_base() {
    let system = System::new();
    let log = Log::default();
    let ours = log.clone();
    let make = move || Beside {
        base: greeter(&ours),
    };
    system.supervise(make).await.unwrap();
    let all = system.on("greeter").call_all(Hello).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all, ["Hello World!", "Foobar"]);
}

#[tokio::test(start_paused = true)]
async fn each_hears_of_its_own_life_and_the_base_is_first_to_start_and_to_stop() {
    let system = System::new();
    let log = Log::default();
    let ours = log.clone();
    let address = system.supervise(move || polite(&ours)).await.unwrap();
    let begun = [
        "greeter 1 started",
        "greeter registered",
        "polite 1 started",
    ];
    assert_eq!(log.take(), begun);
    within(address.stop()).await;
    assert_eq!(log.take(), ["greeter stopped", "polite stopped"]);
    let nobody = system.on("greeter").call(Bye).await;
    assert!(matches!(nobody, Err(CallError::NoHandler)));
}

#[tokio::test(start_paused = true)]
async fn a_new_life_has_a_new_base_and_a_base_that_fails_is_restarted_alone() {
    let system = System::new();
    let log = Log::default();
    let polite = start_polite(&system, &log).await;
    let (first, _) = base_of(&polite).await;
    crash(&system, &polite, Error::new("a test")).await.unwrap();
    settle().await;
    assert_eq!(polite.life(), 2);
    let ended = ["greeter stopped", "greeter 1 started", "polite 2 started"];
    assert_eq!(log.take(), ended);
    let (second, _) = base_of(&polite).await;
    assert_ne!(first, second);
    assert_eq!(
        system.on("greeter").call(Hello).await.unwrap(),
        "Hello World! Please."
    );

    tokio::time::advance(Duration::from_secs(10)).await;
    let children = polite.children();
    let name = children.list().await.unwrap()[0].name.clone();
    let base: Address<Greeter> = children.find(&name).await.unwrap();
    crash(&system, &base, Error::new("a test")).await.unwrap();
    settle().await;
    assert_eq!(base_of(&polite).await, (second, 2));
    assert_eq!(
        (polite.life(), log.take()),
        (2, vec!["greeter 2 started".into()])
    );
    assert_eq!(
        system.on("greeter").call(Hello).await.unwrap(),
        "Hello World! Please."
    );

    // The second failure within 5 s is more than its holder bears.
    crash(&system, &base, Error::new("a test")).await.unwrap();
    settle().await;
    assert_eq!(polite.life(), 3);
    assert_eq!(system.on("greeter").call(Count).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn in_a_drain_the_base_ends_first_and_whoever_calls_it_then_is_told() {
    let system = System::new();
    let log = Log::default();
    let polite = start_polite(&system, &log).await;
    let (first, second) = (Hello, Hello);
    let greeter = system.on("greeter");
    let first = greeter.call(first);
    let second = greeter.call(second);
    let (first, second, ()) = within(async { tokio::join!(first, second, polite.drain()) }).await;
    for answer in [first, second] {
        // Each is answered: by the base, or with what it says to those who come late.
        match answer {
            Ok(text) => assert_eq!(text, "Hello World! Please."),
            Err(CallError::Failed(error)) => {
                assert!(
                    matches!(error.downcast_ref(), Some(CallError::Stopped)),
                    "{error}"
                );
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(polite.is_gone());
}

#[component]
struct Broken;

#[component]
impl Broken {
    #[handler("started")]
    fn started(&mut self) -> Result<(), Error> {
        Err(Error::new("no line"))
    }
}

#[component(extends = 0)]
struct OnBroken(Base<Broken>);

#[component]
impl OnBroken {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> String {
        unreachable!("it never starts")
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_base_does_not_start_nothing_does_and_the_error_tells_the_cause() {
    let system = System::new();
    let seen = watch(&system).await;
    let error = system.supervise(|| OnBroken(Base::new(|| Broken))).await;
    let Err(StartError::Failed { name, error }) = error else {
        panic!("{error:?}");
    };
    assert!(name.starts_with("OnBroken"), "{name}");
    let Some(StartError::Failed { name, error }) = error.downcast_ref() else {
        panic!("{error:?}");
    };
    assert!(name.starts_with("Broken"), "{name}");
    assert_eq!(error.to_string(), "no line");
    settle().await;
    let seen = seen.take();
    assert!(
        seen.iter()
            .any(|line| line.starts_with("exception extends")),
        "{seen:?}"
    );
    let gone = system.on("*").call(Hello).await;
    assert!(matches!(gone, Err(CallError::NoHandler)));
}

/// Extends what extends another one.
#[component(channel = "chain", extends = base)]
struct Loud {
    base: Base<Polite>,
}

#[component]
impl Loud {
    #[handler("bye")]
    fn bye(&mut self, _event: &Bye) -> String {
        "BYE".into()
    }
}

#[tokio::test(start_paused = true)]
async fn a_base_may_extend_another_one() {
    let system = System::new();
    let log = Log::default();
    let make = move || {
        let log = log.clone();
        Loud {
            base: Base::new(move || polite(&log)),
        }
    };
    system.supervise(make).await.unwrap();
    let chain = system.on("chain");
    assert_eq!(chain.call(Hello).await.unwrap(), "Hello World! Please.");
    assert_eq!(chain.call(Count).await.unwrap(), 1);
    // What is overridden is so for all below.
    let all = chain.call_all(Bye).await;
    assert_eq!(
        all.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
        ["BYE"]
    );
}

/// Adds what it needs to any component at all.
#[component(channel = "generic", extends = base)]
struct Counted<C: Component + Sync> {
    base: Base<C>,
    count: u32,
}

#[component]
impl<C: Component + Sync> Counted<C> {
    #[handler("count")]
    fn count(&mut self, _event: &Count) -> u32 {
        self.count += 1;
        self.count
    }
}

#[tokio::test(start_paused = true)]
async fn a_generic_component_extends_whatever_it_is_given() {
    let system = System::new();
    let log = Log::default();
    let make = move || Counted {
        base: greeter(&log),
        count: 0,
    };
    system.supervise(make).await.unwrap();
    let generic = system.on("generic");
    assert_eq!(generic.call(Hello).await.unwrap(), "Hello World!");
    assert_eq!(generic.call(Count).await.unwrap(), 1);
}

/// What `extends = base` writes.
struct ByHand {
    base: Base<Greeter>,
}

impl Declare for ByHand {
    const OPTIONS: Options = Options::new().channel("by hand");

    fn start_base<'a>(&'a mut self, cx: &'a Context<Self>) -> Option<StartBase<'a>> {
        Some(self.base.start(cx))
    }
}

#[component]
impl ByHand {
    #[handler("bye")]
    fn bye(&mut self, _event: &Bye) -> String {
        "Bye, by hand.".into()
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_macro_writes_can_be_written_by_hand() {
    let system = System::new();
    let log = Log::default();
    let make = move || ByHand {
        base: greeter(&log),
    };
    let address = system.supervise(make).await.unwrap();
    let by_hand = system.on("by hand");
    assert_eq!(by_hand.call(Hello).await.unwrap(), "Hello World!");
    assert_eq!(by_hand.call(Bye).await.unwrap(), "Bye, by hand.");
    assert_eq!(address.children().count().await.unwrap().specs, 1);
}

#[test]
#[should_panic(expected = "a base is started by")]
fn a_base_that_nothing_names_says_what_to_write() {
    let base = Base::new(|| Broken);
    assert_eq!(format!("{base:?}"), "Base(Broken, not started)");
    base.address();
}

#[tokio::test(start_paused = true)]
async fn a_child_can_be_told_what_not_to_hear() {
    let system = System::new();
    let greeter = system
        .supervise(Greeter::default)
        .named("greeter")
        .except(["hello"])
        .await
        .unwrap();
    let on = system.on("elsewhere");
    assert!(matches!(on.call(Hello).await, Err(CallError::NoHandler)));
    assert_eq!(on.call(Bye).await.unwrap(), "Bye.");
    assert_eq!(system.on("audit").call(Hello).await.unwrap(), "audited");
    assert_eq!(
        system.to(&greeter).call(Hello).await.unwrap(),
        "Hello World!"
    );

    // Described anew with other names, it is another component.
    let children = system.children();
    let spec = || ChildSpec::new("greeter", Greeter::default);
    let id = async || children.list().await.unwrap()[0].component;
    let before = id().await;
    for (spec, is_new) in [
        (spec().except(["hello"]), false),
        (spec().except(["bye"]), true),
    ] {
        children.update([spec]).await.unwrap();
        children.terminate("greeter").await.unwrap();
        children.restart("greeter").await.unwrap();
        assert_eq!(id().await != before, is_new);
    }
    assert_eq!(on.call(Hello).await.unwrap(), "Hello World!");
    assert!(matches!(on.call(Bye).await, Err(CallError::NoHandler)));
}
