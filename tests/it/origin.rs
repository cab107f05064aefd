//! Where an event comes from, for handlers that ask.

use circuits::Origin;
use circuits::prelude::*;

use crate::support::{Log, settle};

#[derive(Event, Clone, Debug)]
struct Data;

#[derive(Event)]
#[event(reply = String, priority = 4)]
struct Ask;

#[derive(Event, Debug)]
#[event(complete)]
struct Job;

fn show(origin: &Origin) -> String {
    format!(
        "{} {:?} by {:?} at {}",
        origin.event_name(),
        origin.channels().collect::<Vec<_>>(),
        origin.sender_name(),
        origin.priority(),
    )
}

#[component(channel = "forward")]
struct Forwarder(Log);

#[component]
impl Forwarder {
    #[handler("data", channel = "*")]
    fn data(&mut self, _: &Data, origin: &Origin) {
        assert_eq!(origin.channel(), origin.channels().next());
        self.0.add(show(origin));
    }

    #[handler("ask")]
    async fn ask(&self, _: &Ask, origin: &Origin, cx: &Context<Self>) -> String {
        assert_ne!(origin.sender(), Some(cx.id()));
        show(origin)
    }

    #[handler("opened", "closed", "job_complete")]
    fn moved(&mut self, origin: &Origin) {
        self.0.add(format_args!("moved: {}", show(origin)));
    }

    #[handler("job", "started", priority = 2)]
    fn any(&self, event: &AnyEvent, origin: &Origin, _cx: &Context<Self>) {
        assert_eq!(event.name(), origin.event_name());
        assert_eq!(event.channel(), origin.channel());
        self.0.add(format_args!("any: {}", show(origin)));
    }

    #[handler("job")]
    fn job(&self, _: &Job, _cx: &Context<Self>) {}
}

#[derive(Event)]
struct Opened;

#[derive(Event)]
struct Closed;

#[derive(Event)]
struct Go;

#[component]
struct Peer(Log);

#[component]
impl Peer {
    #[handler("go")]
    async fn go(&mut self, _: &Go, cx: &Context<Self>) {
        cx.on("connection-7").priority(3).fire(Data);
        cx.on_all(&["a", "b"]).fire(Data);
        cx.on("forward").fire(Opened);
        let answer = cx.on("forward").call(Ask).await.unwrap();
        self.0.add(format_args!("answer: {answer}"));
        cx.after(Duration::from_secs(1), Closed);
        cx.timer("later")
            .on("line")
            .after(Duration::from_secs(1), Data);
    }
}

#[tokio::test(start_paused = true)]
async fn core_014_a_handler_learns_on_which_channel_and_by_whom_its_event_was_fired() {
    let (system, log) = (System::new(), Log::default());
    let forwarder = Forwarder(log.clone());
    let forwarder = system.register(forwarder).await.unwrap();
    let peer = system.register(Peer(log.clone()));
    let peer = peer.named("peer").channel("forward").await.unwrap();
    system.to(&peer).fire(Go);
    settle().await;
    let expected = [
        "any: started [] by None at 0",
        r#"data ["connection-7"] by Some("peer") at 3"#,
        r#"data ["a", "b"] by Some("peer") at 0"#,
        r#"moved: opened ["forward"] by Some("peer") at 0"#,
        r#"answer: ask ["forward"] by Some("peer") at 4"#,
    ];
    assert_eq!(log.take(), expected);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let expected = [
        r#"moved: closed ["forward"] by Some("peer") at 0"#,
        r#"data ["line"] by Some("peer") at 0"#,
    ];
    assert_eq!(log.take(), expected);

    system.on("x").fire(Data);
    system.to(&forwarder).fire(Data);
    let answer = system.to(&forwarder).call(Ask).await.unwrap();
    assert_eq!(answer, "ask [] by None at 4");
    let job = system.on("forward").fire(Job);
    job.completed().await.unwrap();
    settle().await;
    let expected = [
        r#"data ["x"] by None at 0"#,
        "data [] by None at 0",
        r#"any: job ["forward"] by None at 0"#,
        r#"moved: job_complete ["forward"] by None at 0"#,
    ];
    assert_eq!(log.take(), expected);
}

#[component]
struct Private(Option<Address<Forwarder>>);

#[component]
impl Private {
    #[handler("go")]
    fn go(&mut self, _: &Go, cx: &Context<Self>) {
        let forwarder = self.0.take().unwrap();
        cx.to(&forwarder).fire(Data);
        cx.to(&forwarder.incarnation()).fire(Data);
    }
}

#[tokio::test(start_paused = true)]
async fn core_014_an_addressed_event_has_a_sender_and_no_channel() {
    let (system, log) = (System::new(), Log::default());
    let forwarder = Forwarder(log.clone());
    let forwarder = system.register(forwarder).await.unwrap();
    settle().await;
    log.take();
    let private = system.register(Private(Some(forwarder)));
    let private = private.named("private").await.unwrap();
    system.to(&private).fire(Go);
    settle().await;
    assert_eq!(log.take(), [r#"data [] by Some("private") at 0"#; 2]);
}
