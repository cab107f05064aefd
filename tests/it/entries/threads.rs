//! Other threads, and loops that are not ours (CORE-043, 044, 064).

use std::sync::mpsc;
use std::thread;

use circuits::component::Handle;
use circuits::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::support::{Log, within};

#[derive(Event, Clone, Debug)]
struct Foo(u32);

#[derive(Event, Debug)]
struct Bar;

#[component(channel = "app")]
struct App {
    log: Log,
    told: mpsc::SyncSender<u32>,
}

#[component]
impl App {
    #[handler("foo")]
    fn foo(&mut self, event: &Foo, cx: &Context<Self>) {
        self.log.add(format_args!("foo {}", event.0));
        self.told.try_send(event.0).unwrap();
        cx.fire(Bar);
    }

    #[handler("bar")]
    fn bar(&mut self, _: &Bar) {
        let thread = thread::current();
        self.log
            .add(format_args!("bar on {}", thread.name().unwrap()));
    }
}

fn app() -> (App, Log, mpsc::Receiver<u32>) {
    let (log, (told, tells)) = (Log::default(), mpsc::sync_channel(10_000));
    let app = App {
        log: log.clone(),
        told,
    };
    (app, log, tells)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn core_043_any_thread_fires_and_wakes_an_idle_system() {
    let (app, _log, tells) = app();
    let system = System::new();
    system.register(app).await.unwrap();
    let threads = (0..4).map(|number| {
        let handle = system.handle();
        thread::spawn(move || {
            for count in 0..500 {
                handle.on("app").fire(Foo(number * 500 + count));
            }
        })
    });
    let threads: Vec<_> = threads.collect();
    let heard = tokio::task::spawn_blocking(move || tells.into_iter().take(2_000).collect());
    let mut heard: Vec<u32> = within(heard).await.unwrap();
    threads.into_iter().for_each(|t| t.join().unwrap());
    for number in 0..4 {
        let one = heard.iter().filter(|n| *n / 500 == number);
        assert!(one.is_sorted(), "those of one thread keep their order");
    }
    heard.sort_unstable();
    assert!(heard.into_iter().eq(0..2_000));
}

/// One turn of the loop: all that can be done without waiting.
fn tick(runtime: &Runtime) {
    runtime.block_on(tokio::task::yield_now());
}

#[test]
fn core_044_a_foreign_loop_drives_a_system_turn_by_turn() {
    let (app, log, _tells) = app();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let system = System::new();
    let app = runtime.block_on(system.register(app).into_future());
    let app = app.unwrap();
    system.on("app").fire(Foo(1));
    system.on("app").fire(Foo(2));
    // Nothing runs between the turns, and the length of the queue is known.
    assert_eq!((app.waiting(), log.len()), (2, 0));
    tick(&runtime);
    let mut lines = log.take();
    assert_eq!(lines[..2], ["foo 1", "foo 2"]);
    while app.waiting() > 0 {
        tick(&runtime);
    }
    lines.extend(log.take());
    assert_eq!(lines.len(), 4);
    // A turn with nothing to do comes back at once.
    tick(&runtime);
    assert_eq!(log.len(), 0);
}

#[test]
fn core_044_a_frame_of_a_foreign_loop_gives_timers_their_time() {
    let (app, log, _tells) = app();
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    let system = System::new();
    let app = runtime.block_on(system.register(app).into_future());
    app.unwrap()
        .add_handler(|_, _: &Bar, cx| {
            cx.timer("again").after(Duration::from_millis(100), Foo(2));
            Ok(None)
        })
        .unwrap();
    system.on("app").fire(Bar);
    let frame = Duration::from_millis(16);
    let mut frames = 0;
    while !log.take().contains(&"foo 2".to_owned()) {
        runtime.block_on(async { tokio::time::sleep(frame).await });
        frames += 1;
    }
    assert_eq!(frames, 7, "100 ms are over in the seventh frame of 16 ms");
}

/// Runs a system in a thread of its own; returns its handle.
fn start(app: App) -> (Handle, thread::JoinHandle<circuits::Result<u8>>) {
    let (sender, handle) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("App".to_owned());
    let thread = thread.spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let system = System::new();
            system.register(app).await?;
            sender.send(system.handle())?;
            system.join().await
        })
    });
    (handle.recv().unwrap(), thread.unwrap())
}

#[test]
fn core_064_a_system_runs_in_a_thread_of_its_own_and_is_used_from_outside() {
    let (app, log, tells) = app();
    let (handle, thread) = start(app);
    assert!(!handle.is_stopped());
    handle.on("app").fire(Foo(7));
    assert_eq!(tells.recv().unwrap(), 7);
    handle.drain();
    assert_eq!(thread.join().unwrap().unwrap(), 0);
    assert_eq!(log.take(), ["foo 7", "bar on App"]);
    assert!(handle.is_stopped());
    handle.on("app").fire(Foo(8));
    assert_eq!(handle.dead_letters(), 1);
}
