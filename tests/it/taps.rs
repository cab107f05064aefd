//! Taps: what they hear, in which order, and that they disturb nobody.

use std::sync::Mutex;

use circuits::event::{DeadLetter, End, EventRef};
use circuits::prelude::*;
use circuits::tap::{Done, Firing, Handled, Handling, Member, Outcome, Tap};

use crate::support::{Log, settle};

#[derive(Event, Debug)]
struct Order(u32);

#[derive(Event, Debug)]
struct Cook(u32);

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Price;

#[derive(Event, Debug)]
struct Burn;

#[derive(Event, Debug)]
struct Nap;

#[component(channel = "waiter")]
#[derive(Default)]
struct Waiter;

#[component]
impl Waiter {
    #[handler]
    async fn order(&mut self, event: &Order, cx: &Context<Self>) {
        tokio::time::sleep(Duration::from_millis(3)).await;
        cx.on("kitchen").fire(Cook(event.0));
    }
}

#[component(channel = "kitchen")]
#[derive(Default)]
struct Kitchen;

#[component]
impl Kitchen {
    #[handler]
    fn cook(&mut self, event: &Cook) -> circuits::Result {
        match event.0 {
            13 => Err(Error::new("no such dish")),
            _ => Ok(()),
        }
    }

    #[handler]
    fn price(&mut self, _: &Price) -> u32 {
        7
    }

    #[handler]
    fn burn(&mut self, _: &Burn) {
        panic!("fire!");
    }

    #[handler]
    async fn nap(&self, _: &Nap) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

/// Writes down what it hears of the events of this file, with the ids of firings
/// counted from 1.
struct Spy {
    log: Log,
    ids: Mutex<Vec<u64>>,
}

impl Spy {
    fn new(log: &Log) -> Self {
        let log = log.clone();
        let ids = Mutex::default();
        Self { log, ids }
    }

    fn id(&self, firing: &Firing) -> usize {
        self.number(firing.id.number())
    }

    fn number(&self, id: u64) -> usize {
        let mut ids = self.ids.lock().unwrap();
        if let Some(at) = ids.iter().position(|it| *it == id) {
            return at + 1;
        }
        ids.push(id);
        ids.len()
    }

    fn is_own(event: &str) -> bool {
        let own = ["order", "cook", "price", "burn", "nap", "exception"];
        own.contains(&event)
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(error) => format!("failed: {error}"),
        Outcome::Panicked(error) => format!("{error}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

impl Tap for Spy {
    fn fired(&self, firing: &Firing, event: EventRef<'_>) {
        assert_eq!(firing.event, event.name());
        if !Self::is_own(&firing.event) {
            return;
        }
        let id = self.id(firing);
        let to = match (firing.channel(), &firing.target) {
            (Some(channel), None) => channel.to_string(),
            (None, Some(target)) => format!("to {target} {}", target.life),
            other => panic!("{other:?}"),
        };
        let event = match firing.event.as_str() {
            "exception" => "exception".to_owned(),
            _ => format!("{event:?}"),
        };
        let because = firing.cause.map(|it| self.number(it.number()));
        let because = because.map_or(String::new(), |it| format!(" because of {it}"));
        let (sender, receivers) = (&firing.sender, firing.receivers);
        self.log.add(format_args!(
            "{id} fired {event} [{to}] by {sender}{because} for {receivers}"
        ));
    }

    fn begins(&self, firing: &Firing, handling: &Handling) {
        if Self::is_own(&firing.event) {
            let id = self.id(firing);
            let Handling {
                component, handler, ..
            } = handling;
            self.log
                .add(format_args!("{id} begins {component}.{handler}"));
        }
    }

    fn handled(&self, firing: &Firing, handling: &Handling, handled: &Handled) {
        if Self::is_own(&firing.event) {
            let id = self.id(firing);
            let component = &handling.component;
            let outcome = outcome(&handled.outcome);
            let (waited, took) = (handling.waited, handled.took);
            self.log.add(format_args!(
                "{id} handled by {component} in {took:?} after {waited:?}: {outcome}"
            ));
        }
    }

    fn done(&self, firing: &Firing, done: &Done) {
        if Self::is_own(&firing.event) {
            let id = self.id(firing);
            let Done {
                handled,
                replied,
                failed,
                dead,
                ..
            } = done;
            self.log.add(format_args!(
                "{id} done: {handled} handled, {replied} replied, {failed} failed, {dead} dead"
            ));
        }
    }

    fn dead(&self, firing: Option<&Firing>, letter: &DeadLetter) {
        let id = firing.map(|firing| self.id(firing));
        let name = letter.event.name();
        self.log
            .add(format_args!("{id:?} dead {name}: {:?}", letter.reason));
    }

    fn restarts(&self, component: &Member, end: &End) {
        let Member { name, life, .. } = component;
        self.log.add(format_args!("restarts {name} {life}: {end}"));
    }
}

async fn restaurant() -> (System, Address<Waiter>, Address<Kitchen>) {
    let system = System::new();
    let waiter = system.supervise(Waiter::default).named("waiter");
    let waiter = waiter.await.unwrap();
    let kitchen = system.supervise(Kitchen::default).named("kitchen");
    let kitchen = kitchen.await.unwrap();
    settle().await;
    (system, waiter, kitchen)
}

#[tokio::test(start_paused = true)]
async fn core_014_a_tap_hears_who_fires_what_to_whom_because_of_what_and_what_comes_of_it() {
    let (system, _, _) = restaurant().await;
    let log = Log::default();
    let _guard = system.tap(Spy::new(&log));
    system.on("waiter").fire(Order(13));
    system.on("waiter").fire(Order(1));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(
        log.take(),
        [
            "1 fired Order(13) [waiter] by outside for 1",
            "2 fired Order(1) [waiter] by outside for 1",
            "1 begins waiter.order",
            "3 fired Cook(13) [kitchen] by waiter.order because of 1 for 1",
            "1 handled by waiter in 3ms after 0ns: nothing",
            "1 done: 1 handled, 0 replied, 0 failed, 0 dead",
            "2 begins waiter.order",
            "3 begins kitchen.cook",
            "3 handled by kitchen in 0ns after 0ns: failed: no such dish",
            "3 done: 1 handled, 0 replied, 1 failed, 0 dead",
            "4 fired exception [*] by circuits because of 3 for 0",
            "4 done: 0 handled, 0 replied, 0 failed, 0 dead",
            "5 fired Cook(1) [kitchen] by waiter.order because of 2 for 1",
            "2 handled by waiter in 3ms after 3ms: nothing",
            "2 done: 1 handled, 0 replied, 0 failed, 0 dead",
            "5 begins kitchen.cook",
            "5 handled by kitchen in 0ns after 0ns: nothing",
            "5 done: 1 handled, 0 replied, 0 failed, 0 dead",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn core_033_a_tap_hears_what_is_sent_to_an_address_as_well() {
    let (system, _, kitchen) = restaurant().await;
    let log = Log::default();
    let guard = system.tap(Spy::new(&log));
    assert_eq!(system.to(&kitchen).call(Price).await.unwrap(), 7);
    system.to(&kitchen.incarnation()).fire(Cook(2)).await;
    settle().await;
    assert_eq!(
        log.take(),
        [
            "1 fired Price [to kitchen 1] by outside for 1",
            "1 begins kitchen.price",
            "1 handled by kitchen in 0ns after 0ns: replied",
            "1 done: 1 handled, 1 replied, 0 failed, 0 dead",
            "2 fired Cook(2) [to kitchen 1] by outside for 1",
            "2 begins kitchen.cook",
            "2 handled by kitchen in 0ns after 0ns: nothing",
            "2 done: 1 handled, 0 replied, 0 failed, 0 dead",
        ]
    );
    drop(guard);
    system.to(&kitchen).fire(Cook(3)).await;
    system.on("kitchen").fire(Cook(3)).await;
    settle().await;
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn core_047_a_tap_hears_panics_kills_dead_letters_and_restarts() {
    let (system, _, kitchen) = restaurant().await;
    let log = Log::default();
    let _guard = system.tap(Spy::new(&log));
    system.on("kitchen").fire(Burn);
    settle().await;
    assert_eq!(
        log.take(),
        [
            "1 fired Burn [kitchen] by outside for 1",
            "1 begins kitchen.burn",
            "1 handled by kitchen in 0ns after 0ns: panicked: fire!",
            "2 fired exception [*] by circuits because of 1 for 0",
            "2 done: 0 handled, 0 replied, 0 failed, 0 dead",
            "Some(1) dead burn: Crashed",
            "1 done: 1 handled, 0 replied, 1 failed, 1 dead",
            "restarts kitchen 1: panicked: fire!",
        ]
    );
    system.on("kitchen").fire(Nap);
    system.on("nobody").fire(Cook(4));
    settle().await;
    kitchen.kill();
    settle().await;
    let lines = log.take();
    assert_eq!(
        lines[..8],
        [
            "3 fired Nap [kitchen] by outside for 1",
            "4 fired Cook(4) [nobody] by outside for 0",
            "Some(4) dead cook: NoHandler",
            "4 done: 0 handled, 0 replied, 0 failed, 1 dead",
            "3 begins kitchen.nap",
            "3 handled by kitchen in 1ms after 0ns: killed",
            "Some(3) dead nap: Crashed",
            "3 done: 1 handled, 0 replied, 1 failed, 1 dead",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_has_one_firing_over_all_its_receivers_and_stages() {
    #[derive(Event, Debug)]
    struct Many;

    #[component(channel = "many")]
    struct First;

    #[component]
    impl First {
        #[handler(priority = 1)]
        async fn many(&self, _: &Many) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[component(channel = "many")]
    struct Later;

    #[component]
    impl Later {
        #[handler]
        fn many(&mut self, _: &Many) {}
    }

    struct Counts(Log);

    impl Tap for Counts {
        fn fired(&self, firing: &Firing, event: EventRef<'_>) {
            if event.is::<Many>() {
                self.0.add(format_args!("for {}", firing.receivers));
            }
        }

        fn handled(&self, firing: &Firing, handling: &Handling, _: &Handled) {
            if firing.event == "many" {
                let (component, waited) = (&handling.component, handling.waited);
                self.0.add(format_args!("{component} after {waited:?}"));
            }
        }

        fn done(&self, firing: &Firing, done: &Done) {
            if firing.event == "many" {
                self.0
                    .add(format_args!("{} in {:?}", done.handled, done.took));
            }
        }
    }

    let system = System::new();
    system.register(First).named("first").await.unwrap();
    for name in ["left", "right"] {
        system.register(Later).named(name).await.unwrap();
    }
    let log = Log::default();
    let _guard = system.tap(Counts(log.clone()));
    system.on("many").fire(Many);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let lines = [
        "for 3",
        "first after 0ns",
        "left after 0ns",
        "right after 0ns",
        "3 in 5ms",
    ];
    assert_eq!(log.take(), lines);
}

#[tokio::test(start_paused = true)]
async fn what_a_component_hears_of_its_own_life_is_a_firing_with_that_target() {
    #[component(channel = "own")]
    struct Own;

    #[component]
    impl Own {
        #[handler]
        fn started(&mut self, cx: &Context<Self>) {
            cx.after(Duration::from_millis(2), Nap);
        }

        #[handler]
        fn nap(&mut self, _: &Nap) {}
    }

    struct Lives(Log);

    impl Tap for Lives {
        fn fired(&self, firing: &Firing, _: EventRef<'_>) {
            let Firing {
                event,
                target,
                sender,
                ..
            } = firing;
            let target = target.as_ref().map(|it| &*it.name);
            let to = target.or(firing.channel());
            self.0.add(format_args!("{event} {} {sender}", to.unwrap()));
        }

        fn handled(&self, _: &Firing, handling: &Handling, _: &Handled) {
            self.0.add(handling.handler);
        }
    }

    let (system, log) = (System::new(), Log::default());
    let _guard = system.tap(Lives(log.clone()));
    system.register(Own).named("it").await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let lines = [
        "registered own circuits",
        "started it circuits",
        "started",
        "nap own a timer of it",
        "nap",
    ];
    assert_eq!(log.take(), lines);
}

#[tokio::test(start_paused = true)]
async fn a_tap_that_panics_is_taken_off_and_disturbs_nobody() {
    struct Bad(Log);

    impl Tap for Bad {
        fn fired(&self, firing: &Firing, _: EventRef<'_>) {
            self.0.add(&firing.event);
            panic!("a bad tap");
        }
    }

    let (system, _, kitchen) = restaurant().await;
    let (bad, good) = (Log::default(), Log::default());
    let _bad = system.tap(Bad(bad.clone()));
    let _good = system.tap(Spy::new(&good));
    for _ in 0..2 {
        assert_eq!(system.to(&kitchen).call(Price).await.unwrap(), 7);
    }
    settle().await;
    assert_eq!(bad.take(), ["price"]);
    assert_eq!(good.len(), 8);
    assert_eq!(system.exceptions(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_tap_fires_itself_no_tap_hears_but_components_do() {
    struct Echo(circuits::Handle, Log);

    impl Tap for Echo {
        fn fired(&self, firing: &Firing, _: EventRef<'_>) {
            self.1.add(&firing.event);
            self.0.on("kitchen").fire(Cook(5));
        }
    }

    let (system, ..) = restaurant().await;
    let log = Log::default();
    let guard = system.tap(Echo(system.handle(), log.clone()));
    let cooked = system.on("kitchen").wait::<Cook>();
    system.on("kitchen").fire(Price);
    assert_eq!(cooked.await.unwrap().0, 5);
    settle().await;
    drop(guard);
    assert_eq!(log.take(), ["price"]);
}

#[tokio::test(start_paused = true)]
async fn events_are_counted_and_components_say_what_they_do_while_a_tap_is_there() {
    let (system, _, kitchen) = restaurant().await;
    system.on("kitchen").fire(Cook(1));
    settle().await;
    assert_eq!(system.event_counts(), []);
    assert_eq!(kitchen.activity().handled, 0);

    let guard = system.tap(());
    system.on("kitchen").fire(Cook(1));
    system.on("kitchen").fire(Cook(13));
    system.on("nobody").fire(Cook(1));
    let begun = tokio::time::Instant::now();
    for _ in 0..2 {
        system.on("kitchen").fire(Nap);
    }
    settle().await;
    let counts = system.event_counts();
    let cook = counts.iter().find(|it| it.event == "cook").unwrap();
    assert_eq!((cook.fired, cook.handled), (3, 2));
    assert_eq!((cook.failed, cook.dead), (1, 1));

    let activity = kitchen.activity();
    assert_eq!((activity.handled, activity.failed), (2, 1));
    assert_eq!(activity.running.len(), 2);
    let running = &activity.running[0];
    assert_eq!((running.handler, &*running.event), ("nap", "nap"));
    assert_eq!(running.since, begun);
    let last = activity.last_error.unwrap();
    assert_eq!(last.handler, "cook");
    assert_eq!(last.error.to_string(), "no such dish");

    drop(guard);
    system.on("nobody").fire(Cook(1));
    assert_eq!(system.event_counts(), counts);
}
