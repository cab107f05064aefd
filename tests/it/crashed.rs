//! The handler of `crashed`, which runs on the value that failed.

use circuits::Options;
use circuits::event::Crashed;
use circuits::prelude::*;

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
struct Work;

#[derive(Event, Debug)]
struct Fail;

#[derive(Event, Debug)]
struct Far;

/// What the handler of `crashed` does.
#[derive(Clone, Copy, Debug)]
enum Hook {
    Ok,
    Panic,
    Error,
    Never,
}

/// Does some work, and keeps what is unsaved.
#[component(channel = "saver", shutdown = "1s")]
struct Saver {
    hook: Hook,
    unsaved: u32,
    log: Log,
}

#[component]
impl Saver {
    #[handler("work")]
    async fn work(&mut self, _event: &Work, cx: &Context<Self>) {
        self.unsaved += 1;
        let log = self.log.clone();
        let life = cx.life();
        cx.spawn(async move {
            let _held = End(log, life);
            std::future::pending().await
        });
        tokio::task::yield_now().await;
        panic!("boom");
    }

    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) -> Result<(), Error> {
        self.unsaved += 2;
        Err(Error::fatal(Error::new("broken")))
    }

    /// Reads on another thread for ever, and so holds the value.
    #[handler("far", parallel)]
    async fn far(&self, _event: &Far) {
        std::future::pending().await
    }

    #[handler("crashed")]
    async fn crashed(&mut self, event: &Crashed, cx: &Context<Self>) -> Result<(), Error> {
        let Crashed { life, error, .. } = event;
        assert_eq!(*life, cx.life());
        self.log
            .add(format_args!("{} unsaved in {life}: {error}", self.unsaved));
        tokio::task::yield_now().await;
        match self.hook {
            Hook::Ok => Ok(()),
            Hook::Panic => panic!("worse"),
            Hook::Error => Err(Error::new("worse")),
            Hook::Never => std::future::pending().await,
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.log.add("dropped");
    }
}

/// Writes down the end of a task.
struct End(Log, u64);

impl Drop for End {
    fn drop(&mut self) {
        self.0.add(format_args!("task of {} ended", self.1));
    }
}

async fn saver(system: &System, hook: Hook) -> (Address<Saver>, Log) {
    let log = Log::default();
    let made = log.clone();
    let factory = move || {
        let log = made.clone();
        let unsaved = 0;
        Saver { hook, unsaved, log }
    };
    (system.supervise(factory).await.unwrap(), log)
}

/// Lets the component fail, and compares what was reported beside its crash.
async fn check(hook: Hook, expected: &[&str]) {
    let system = System::with(Options::new().max_restarts(9));
    let reports = watch(&system).await;
    let (saver, log) = saver(&system, hook).await;
    system.to(&saver).fire(Work);
    within(async {
        while saver.life() == 1 {
            settle().await;
        }
    })
    .await;
    settle().await;
    let lines = [
        "task of 1 ended",
        "1 unsaved in 1: panicked: boom",
        "dropped",
    ];
    assert_eq!(log.take(), lines, "{hook:?}");
    let crash = [
        "exception work work true: panicked: boom",
        "dead work Crashed",
    ];
    assert_eq!(reports.take(), [&crash, expected].concat(), "{hook:?}");
    assert_eq!(system.restarts(), 1, "{hook:?}");
}

#[tokio::test(start_paused = true)]
async fn the_hook_runs_on_the_old_value_before_it_is_dropped() {
    check(Hook::Ok, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_itself_is_reported_and_changes_nothing_more() {
    let panicked = "exception crashed crashed true: panicked: worse";
    check(Hook::Panic, &[panicked, "dead crashed Crashed"]).await;
    check(Hook::Error, &["exception crashed crashed true: worse"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_never_ends_is_dropped_in_the_shutdown_time() {
    let late = "exception crashed crashed true: the handler took longer than 1s and was dropped";
    check(Hook::Never, &[late, "dead crashed Crashed"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_fatal_error_runs_the_hook_with_its_cause() {
    let system = System::new();
    let (saver, log) = saver(&system, Hook::Ok).await;
    system.to(&saver).fire(Far);
    system.to(&saver).fire(Fail);
    settle().await;
    assert_eq!(saver.life(), 1, "the reader before it goes on");
    let (other, other_log) = self::saver(&system, Hook::Ok).await;
    system.to(&other).fire(Fail);
    settle().await;
    assert_eq!(other.life(), 2);
    assert_eq!(other_log.take(), ["2 unsaved in 1: broken", "dropped"]);
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_kill_runs_no_hook_and_cuts_one_that_runs() {
    let system = System::with(Options::new().max_restarts(9));
    let (saver, log) = saver(&system, Hook::Never).await;
    saver.kill();
    settle().await;
    assert_eq!(log.take(), ["dropped"]);
    system.to(&saver).fire(Fail);
    settle().await;
    assert_eq!(log.take(), ["2 unsaved in 2: broken"]);
    saver.kill();
    settle().await;
    assert_eq!((log.take(), saver.life()), (vec!["dropped".to_owned()], 3));
}

/// Waits in its hook, and has no time to end.
#[component(shutdown = "brutal")]
struct Hasty(Log);

#[component]
impl Hasty {
    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) {
        panic!("boom");
    }

    #[handler("crashed")]
    async fn crashed(&mut self) {
        self.0.add("crashed");
        tokio::task::yield_now().await;
        self.0.add("goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_with_no_time_to_end_runs_its_hook_to_the_first_wait() {
    let system = System::new();
    let log = Log::default();
    let made = log.clone();
    let hasty = system.supervise(move || Hasty(made.clone())).await.unwrap();
    system.to(&hasty).fire(Fail);
    settle().await;
    assert_eq!((log.take(), hasty.life()), (vec!["crashed".to_owned()], 2));
}

/// Reads beside others, one of which fails.
#[component(channel = "reader")]
struct Reader(Log);

#[component]
impl Reader {
    #[handler("far", parallel)]
    async fn far(&self, _event: &Far) {
        std::future::pending().await
    }

    #[handler("work")]
    async fn work(&self, _event: &Work) {
        tokio::task::yield_now().await;
        panic!("boom");
    }

    #[handler("crashed")]
    fn crashed(&mut self) {
        self.0.add("crashed");
    }
}

#[tokio::test]
async fn readers_on_other_threads_end_before_the_hook_runs() {
    let system = System::new();
    let log = Log::default();
    let made = log.clone();
    let reader = system
        .supervise(move || Reader(made.clone()))
        .await
        .unwrap();
    system.to(&reader).fire(Far);
    system.to(&reader).fire(Work);
    crate::support::until(|| reader.life() == 2).await;
    assert_eq!(log.take(), ["crashed"]);
}

/// Hears of the crashes of all components.
#[component]
struct Chronicle(Log);

#[component]
impl Chronicle {
    #[handler("crashed", channel = "*")]
    fn crashed(&mut self, event: &Crashed) {
        self.0.add(format_args!(
            "{} {}: {}",
            event.name, event.life, event.error
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_channel_a_handler_hears_of_the_crashes_of_others() {
    let system = System::new();
    let log = Log::default();
    system.register(Chronicle(log.clone())).await.unwrap();
    let reader = system
        .supervise(|| Reader(Log::default()))
        .named("reader")
        .await
        .unwrap();
    system.to(&reader).fire(Work);
    settle().await;
    assert_eq!(log.take(), ["reader 1: panicked: boom"]);
}
