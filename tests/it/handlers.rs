//! Handlers: what they hear, what they return, how long they take, and how they come and go.

use circuits::component::{HandlerError, HandlerId, HandlerTimeout};
use circuits::event::Exception;
use circuits::prelude::*;
use circuits::{CallError, ChannelError};

use crate::log::Log;

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Ask(u32);

/// Another type of the same name.
#[derive(Event)]
#[event(name = "ask")]
struct OtherAsk;

#[derive(Event)]
struct Open;

#[derive(Event)]
struct Close;

#[derive(Debug)]
struct Odd(u32);

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is odd", self.0)
    }
}

impl std::error::Error for Odd {}

#[component(channel = "door")]
struct Door(Log);

#[component]
impl Door {
    #[handler("open", "close")]
    fn moved(&mut self) {
        self.0.add("moved");
    }

    #[handler(priority = 0.5)]
    fn open(&mut self, _: &Open) {
        self.0.add("open");
    }

    #[handler("ask")]
    fn asked(&mut self) {
        self.0.add("asked");
    }

    #[handler("open", "ask", priority = -1)]
    fn any(&mut self, event: &AnyEvent) {
        self.0.add(format!("any {}", event.name()));
    }
}

#[component(channel = "replies")]
struct Replies;

#[component]
impl Replies {
    #[handler("ask", channel = "reply")]
    fn reply(&mut self, event: &Ask) -> u32 {
        event.0
    }

    #[handler("ask", channel = "async")]
    async fn later(&self, event: &Ask) -> u32 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        event.0
    }

    #[handler("ask", channel = "option")]
    fn option(&self, event: &Ask) -> Option<u32> {
        (event.0.is_multiple_of(2)).then_some(event.0)
    }

    #[handler("ask", channel = "result")]
    fn result(&mut self, event: &Ask) -> Result<u32, Odd> {
        if event.0.is_multiple_of(2) {
            Ok(event.0)
        } else {
            Err(Odd(event.0))
        }
    }

    #[handler("ask", channel = "both")]
    async fn both(&mut self, event: &Ask) -> Result<Option<u32>, Odd> {
        match event.0 {
            0 => Ok(None),
            even if even.is_multiple_of(2) => Ok(Some(even)),
            odd => Err(Odd(odd)),
        }
    }

    #[handler("ask", channel = "unit")]
    fn unit(&self, _: &Ask) -> Result<(), Odd> {
        Ok(())
    }

    #[handler("ask", channel = "slow", timeout = "2s")]
    async fn slow(&mut self, event: &Ask) -> u32 {
        tokio::time::sleep(Duration::from_secs(event.0.into())).await;
        event.0
    }
}

#[component(channel = "ward")]
struct Ward(Log);

#[component]
impl Ward {
    #[handler("open")]
    fn open(&mut self, _: &Open) {
        self.0.add("own");
    }

    #[handler("close")]
    fn close(&mut self, _: &Close) {
        panic!("closed");
    }
}

/// Fails at every exception, that of its own failure among them.
#[component]
struct Grumbler(Log);

#[component]
impl Grumbler {
    #[handler("exception")]
    fn grumble(&mut self) -> Result<(), Odd> {
        self.0.add("grumble");
        Err(Odd(1))
    }
}

#[component]
struct Reporter(Log);

#[component]
impl Reporter {
    #[handler("exception")]
    fn report(&mut self, exception: &Exception) {
        let Exception { handler, error, .. } = exception;
        self.0.add(format!("{handler}: {error}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_without_event_hears_every_event_of_its_names() {
    let (system, log) = (System::new(), Log::default());
    system.register(Door(log.clone())).await.unwrap();
    let door = system.on("door");
    door.fire(Open).completed().await.unwrap();
    assert_eq!(log.take(), ["open", "moved", "any open"]);
    door.fire(Close).completed().await.unwrap();
    assert_eq!(log.take(), ["moved"]);
    for _ in 0..2 {
        door.fire(Ask(1)).completed().await.unwrap();
        assert_eq!(log.take(), ["asked", "any ask"]);
        door.fire(OtherAsk).completed().await.unwrap();
        assert_eq!(log.take(), ["asked", "any ask"]);
    }
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reply_may_be_plain_optional_or_a_result_sync_or_async() {
    let system = System::new();
    system.register(Replies).await.unwrap();
    for channel in ["reply", "async", "option", "result", "both"] {
        let reply = system.on(channel).call(Ask(2)).await;
        assert_eq!(reply.unwrap(), 2, "{channel}");
    }
    for channel in ["option", "unit"] {
        let reply = system.on(channel).call(Ask(1)).await;
        assert!(matches!(reply, Err(CallError::NoReply)), "{channel}");
    }
    let reply = system.on("both").call(Ask(0)).await;
    assert!(matches!(reply, Err(CallError::NoReply)));
    for channel in ["result", "both"] {
        let reply = system.on(channel).call(Ask(3)).await;
        let Err(CallError::Failed(error)) = reply else {
            panic!("{reply:?}");
        };
        assert_eq!(error.downcast_ref::<Odd>().unwrap().0, 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_is_dropped_and_its_component_goes_on() {
    let (system, log) = (System::new(), Log::default());
    system.register(Replies).await.unwrap();
    system.register(Reporter(log.clone())).await.unwrap();
    assert_eq!(system.on("slow").call(Ask(1)).await.unwrap(), 1);
    let begun = tokio::time::Instant::now();
    let Err(CallError::Failed(error)) = system.on("slow").call(Ask(60)).await else {
        panic!("it has a limit");
    };
    assert_eq!(begun.elapsed().as_secs(), 2);
    let limit = error.downcast_ref::<HandlerTimeout>().unwrap();
    assert_eq!(limit.0, Duration::from_secs(2));
    assert_eq!(system.on("slow").call(Ask(1)).await.unwrap(), 1);
    assert_eq!(log.take().len(), 1);
    assert_eq!(system.exceptions(), 1);
}

fn note(
    text: &'static str,
) -> impl Fn(&mut Ward, &Open, &Context<Ward>) -> circuits::Result<Option<()>> {
    move |ward, _, _| {
        ward.0.add(text);
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_come_and_go_while_the_component_runs() {
    let (system, log) = (System::new(), Log::default());
    let share = log.clone();
    let ward = system.supervise(move || Ward(share.clone())).await.unwrap();
    let heard = async || {
        system.on("ward").fire(Open).completed().await.unwrap();
        log.take()
    };
    assert_eq!(heard().await, ["own"]);
    let first = ward.add_handler(note("first")).unwrap();
    let second = ward.add_handler(note("second")).unwrap();
    assert_eq!(heard().await, ["own", "first", "second"]);
    assert!(ward.remove_handler(first));
    assert!(!ward.remove_handler(first));
    assert_eq!(heard().await, ["own", "second"]);
    system.on("ward").fire(Close).completed().await.unwrap();
    assert_eq!(heard().await, ["own", "second"]);
    assert_eq!(ward.life(), 2);
    assert!(ward.remove_handler(second));
    assert_eq!(heard().await, ["own"]);
    ward.stop().await;
    ward.add_handler(note("late")).unwrap();
    assert!(heard().await.is_empty());
    // The first was fired at the crashed life, the second at nobody.
    assert_eq!(system.dead_letters(), 2);
}

#[component(channel = "ward")]
struct Chief(Option<HandlerId>);

#[component]
impl Chief {
    #[handler("open")]
    fn open(&mut self, _: &Open, cx: &Context<Self>) -> Result<(), Error> {
        let added = cx.add_handler_on::<Ask, _>("desk", 2.5, |_, ask, _| match ask.0 {
            0 => Ok(None),
            1 => Err(Odd(1).into()),
            number => Ok(Some(number)),
        })?;
        self.0 = Some(added);
        let refused = cx.add_handler_on::<Ask, _>("", 0.0, |_, _, _| Ok(None));
        assert_eq!(
            refused.unwrap_err(),
            HandlerError::BadChannel(ChannelError::Empty)
        );
        Ok(())
    }

    #[handler("close")]
    fn close(&mut self, _: &Close, cx: &Context<Self>) {
        assert!(cx.remove_handler(self.0.take().unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_added_handler_answers_as_others_do() {
    let system = System::new();
    let chief = system.register(Chief(None)).await.unwrap();
    let desk = system.on("desk");
    assert!(matches!(desk.call(Ask(2)).await, Err(CallError::NoHandler)));
    let opened = system.to(&chief).fire(Open);
    opened.completed().await.unwrap();
    assert_eq!(desk.call(Ask(2)).await.unwrap(), 2);
    assert!(matches!(desk.call(Ask(0)).await, Err(CallError::NoReply)));
    assert!(matches!(desk.call(Ask(1)).await, Err(CallError::Failed(_))));
    system.to(&chief).fire(Close).completed().await.unwrap();
    assert!(matches!(desk.call(Ask(2)).await, Err(CallError::NoHandler)));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_one_who_hears_of_failures_is_told_to_nobody() {
    let (system, log) = (System::new(), Log::default());
    system.register(Replies).await.unwrap();
    system.register(Grumbler(log.clone())).await.unwrap();
    let failing = system.on("result").fire(Ask(1));
    failing.completed().await.unwrap();
    assert_eq!(log.take(), ["grumble"]);
    assert_eq!(system.exceptions(), 2);
}

/// Listens at its post, and where it is told to.
#[component(channel = "post")]
struct Guard(Vec<HandlerId>);

#[component]
impl Guard {
    #[handler("open")]
    fn open(&mut self, _: &Open, cx: &Context<Self>) -> Result<(), Error> {
        self.0.push(cx.listen::<Ask>("gate")?);
        assert!(cx.listen::<Ask>("").is_err());
        Ok(())
    }

    #[handler("close")]
    fn close(&mut self, _: &Close, cx: &Context<Self>) {
        assert!(cx.remove_handler(self.0.pop().unwrap()));
    }

    #[handler("ask")]
    async fn ask(&self, event: &Ask) -> u32 {
        event.0 + 1
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_listens_on_one_more_channel_until_it_is_removed() {
    let system = System::new();
    let guard = system.register(Guard(Vec::new())).await.unwrap();
    let gate = system.on("gate");
    assert!(matches!(gate.call(Ask(1)).await, Err(CallError::NoHandler)));
    system.to(&guard).fire(Open).completed().await.unwrap();
    assert_eq!(gate.call(Ask(1)).await.unwrap(), 2);
    assert_eq!(system.on("post").call(Ask(2)).await.unwrap(), 3);
    system.to(&guard).fire(Close).completed().await.unwrap();
    assert!(matches!(gate.call(Ask(1)).await, Err(CallError::NoHandler)));
}
