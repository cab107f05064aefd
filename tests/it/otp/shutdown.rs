//! The end of a whole system: S72 and S103 to S107.

use std::future::{Future, pending};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use circuits::Phase;
use circuits::event::{ShutdownPhase, Stopped};
use circuits::net::Listening;
use circuits::prelude::*;
use circuits::web::{Request, Response, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Semaphore};
use tokio::time::{Instant, sleep};

use super::{Do, Step, Trace, World, cases, child};

cases!(
    s103_phases_run_in_their_order_and_the_tasks_of_one_together,
    s104_a_phase_that_fails_or_is_late_keeps_the_next_from_nothing,
    s104_a_phase_that_fails_and_aborts_is_the_last,
    s105_a_shutdown_that_is_asked_for_twice_runs_once,
    s106_requests_in_flight_are_answered_and_idle_connections_end,
    s106_a_phase_that_drains_the_server_answers_what_is_in_flight,
    s106_a_request_is_cut_at_its_limit_and_not_before,
    s107_what_handlers_fire_while_the_system_stops_is_accepted_or_a_dead_letter,
);

/// Takes part in each phase, as two tasks beside it do.
#[component(channel = "desk")]
struct Desk {
    trace: Trace,
    meet: Arc<Barrier>,
}

#[component]
impl Desk {
    #[handler("shutdown_phase")]
    async fn phase(&mut self, event: &ShutdownPhase) {
        if &*event.phase != "late" {
            meet(&self.trace, &self.meet, &event.phase).await;
        }
    }
}

/// Waits for the other two: only together they get on.
async fn meet(trace: &Trace, barrier: &Barrier, phase: &str) {
    if barrier.wait().await.is_leader() {
        trace.note(format!("{phase}: all three"));
    }
}

async fn s103_phases_run_in_their_order_and_the_tasks_of_one_together(world: World) {
    let system = world.system().await;
    let (trace, barrier) = (world.trace.clone(), Arc::new(Barrier::new(3)));
    let desk = Desk {
        trace: trace.clone(),
        meet: barrier.clone(),
    };
    system.register(desk).await.unwrap();
    world.start(&system, child("store")).await.unwrap();
    world.start(&system, child("server")).await.unwrap();
    for name in ["stop accepting", "finish requests", "stop endpoints"] {
        let mut phase = Phase::new(name).limit(Duration::from_secs(60));
        for task in ["a", "b"] {
            let (trace, barrier) = (trace.clone(), barrier.clone());
            let run = move || async move {
                meet(&trace, &barrier, name).await;
                Ok(())
            };
            phase = phase.task(task, run);
        }
        system.add_phase(phase).unwrap();
    }
    let late = endless(&trace, "late: dropped");
    let late = Phase::new("late").limit(world.secs(2)).task("late", late);
    system.add_phase(late).unwrap();
    let begun = Instant::now();
    system.shutdown();
    assert_eq!(system.join().await.unwrap(), Phase::FAILED);
    let expected = [
        "store 1 started",
        "server 1 started",
        "stop accepting: all three",
        "finish requests: all three",
        "stop endpoints: all three",
        "late: dropped",
        "server 1 stopping",
        "server 1 stopped",
        "store 1 stopping",
        "store 1 stopped",
    ];
    let entries = world.expect(&expected).await;
    assert!(begun.elapsed() >= world.secs(2));
    if world.is_paused() {
        let times = entries[2..6].iter().map(|entry| entry.at.as_secs());
        assert_eq!(times.collect::<Vec<_>>(), [0, 0, 0, 2]);
    }
}

/// A task that never ends by itself, and writes a line when it is dropped.
fn endless(trace: &Trace, line: &'static str) -> impl FnOnce() -> Ending + Send + 'static {
    struct Dropped(Trace, &'static str);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.note(self.1);
        }
    }
    let dropped = Dropped(trace.clone(), line);
    move || {
        Box::pin(async move {
            let _dropped = dropped;
            pending().await
        })
    }
}

type Ending = std::pin::Pin<Box<dyn Future<Output = circuits::Result<()>> + Send>>;

/// A phase with one task, which writes the phase's name and ends so.
fn phase(world: &World, name: &'static str, end: Result<(), &'static str>) -> Phase {
    let trace = world.trace.clone();
    Phase::new(name).task("task", move || async move {
        trace.note(name);
        end.map_err(Error::new)
    })
}

async fn s104_a_phase_that_fails_or_is_late_keeps_the_next_from_nothing(world: World) {
    for (name, late) in [("fails", false), ("is late", true)] {
        let system = world.system().await;
        world.start(&system, child("a")).await.unwrap();
        if late {
            let task = endless(&world.trace, name);
            let phase = Phase::new(name).limit(world.secs(1)).task("task", task);
            system.add_phase(phase).unwrap();
        } else {
            let fails = phase(&world, name, Err("it fails"));
            system.add_phase(fails).unwrap();
        }
        system.add_phase(phase(&world, "next", Ok(()))).unwrap();
        let begun = Instant::now();
        system.shutdown();
        assert_eq!(system.join().await.unwrap(), Phase::FAILED);
        let time = if late { world.secs(1) } else { Duration::ZERO };
        assert!(begun.elapsed() >= time);
        assert!(!world.is_paused() || begun.elapsed() == time);
        let expected = ["a 1 started", name, "next", "a 1 stopping", "a 1 stopped"];
        world.expect(&expected).await;
    }
    // Where the user has set a code, that one counts.
    let system = world.system().await;
    let fails = phase(&world, "fails", Err("it fails"));
    system.add_phase(fails).unwrap();
    system.shutdown_with(3);
    assert_eq!(system.join().await.unwrap(), 3);
    // All is well: the code says so.
    let system = world.system().await;
    system.add_phase(phase(&world, "fine", Ok(()))).unwrap();
    system.shutdown();
    assert_eq!(system.join().await.unwrap(), 0);
    world.expect(&["fails", "fine"]).await;
}

async fn s104_a_phase_that_fails_and_aborts_is_the_last(world: World) {
    let system = world.system().await;
    let busy = child("a").shutdown(Duration::from_secs(600));
    world.start(&system, busy).await.unwrap();
    let a = system.on("a");
    // One that is handled for as long as this takes, and one that waits.
    a.fire(Do(Step::Slow(world.secs(50))));
    a.fire(Do(Step::Work));
    world
        .until("it works", || world.trace.has("a 1 works"))
        .await;
    let fails = phase(&world, "fails", Err("it fails")).abort_on_failure();
    system.add_phase(fails).unwrap();
    system.add_phase(phase(&world, "next", Ok(()))).unwrap();
    system.shutdown();
    assert_eq!(system.join().await.unwrap(), Phase::FAILED);
    let expected = [
        "a 1 started",
        "a 1 works",
        "fails",
        "a 1 worked",
        "a 1 stopping",
        "a 1 stopped",
    ];
    world.expect(&expected).await;
    // The observer is stopped as well, and may not get to write of the other one.
    assert!(system.dead_letters() >= 1);
    world.reports.take();
}

async fn s105_a_shutdown_that_is_asked_for_twice_runs_once(world: World) {
    let system = world.system().await;
    world.start(&system, child("a")).await.unwrap();
    let (runs, trace) = (Arc::new(AtomicU32::new(0)), world.trace.clone());
    let (counted, time) = (runs.clone(), world.secs(1));
    let phase = Phase::new("slow").task("task", move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        sleep(time).await;
        trace.note("slow");
        Err(Error::new("it fails"))
    });
    system.add_phase(phase).unwrap();
    let threads = [system.clone(), system.clone()].map(|system| {
        let asking = system.handle();
        std::thread::spawn(move || asking.shutdown())
            .join()
            .unwrap();
        tokio::spawn(async move {
            let code = system.join().await.unwrap();
            (code, system.is_stopped())
        })
    });
    for thread in threads {
        assert_eq!(thread.await.unwrap(), (Phase::FAILED, true));
    }
    system.shutdown();
    assert_eq!(system.join().await.unwrap(), Phase::FAILED, "for good");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let expected = ["a 1 started", "slow", "a 1 stopping", "a 1 stopped"];
    world.expect(&expected).await;
}

/// Answers once the gate lets it.
#[component(channel = "web")]
struct Page {
    trace: Trace,
    gate: Arc<Semaphore>,
}

#[component]
impl Page {
    #[handler("request")]
    async fn request(&self, event: &Request) -> Result<Response, Error> {
        self.trace.note(format!("asked {}", event.path()));
        if event.path() == "/wait" {
            self.gate.acquire().await?.forget();
        }
        Ok(Response::text("page"))
    }
}

/// A site with two connections: an idle one that was used, and one that waits.
struct Site {
    system: System,
    server: Address<Server>,
    gate: Arc<Semaphore>,
    idle: TcpStream,
    busy: TcpStream,
}

async fn site(world: &World, limit: Duration) -> Site {
    let (system, gate) = (world.system().await, Arc::new(Semaphore::new(0)));
    let (trace, waits) = (world.trace.clone(), gate.clone());
    let page = move || Page {
        trace: trace.clone(),
        gate: waits.clone(),
    };
    let page = system.supervise(page).shutdown(world.secs(1));
    page.await.unwrap();
    let listening = system.on("web").wait::<Listening>();
    let server = move || Server::bind("127.0.0.1:0").drain_timeout(limit);
    let server = system.supervise(server).await.unwrap();
    let address = listening.await.unwrap().address;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let mut response = String::new();
    while !response.ends_with("page") {
        response.push(char::from(idle.read_u8().await.unwrap()));
    }
    assert!(!response.contains("connection: close"), "{response}");
    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    world
        .until("it is asked", || world.trace.has("asked /wait"))
        .await;
    Site {
        system,
        server,
        gate,
        idle,
        busy,
    }
}

impl Site {
    /// Opens the gate after a time: the request in flight is answered, as the last.
    async fn is_answered_after(&mut self, time: Duration) {
        sleep(time).await;
        self.gate.add_permits(1);
        let mut response = String::new();
        self.busy.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert!(response.contains("connection: close"), "{response}");
        assert!(response.ends_with("page"), "{response}");
    }

    /// The idle connection is closed, and there are no new ones.
    async fn takes_nothing_new(&mut self) {
        assert_eq!(self.idle.read(&mut [0]).await.unwrap(), 0);
        let address = self.busy.peer_addr().unwrap();
        // One that the kernel still let in is dropped unanswered.
        while TcpStream::connect(address).await.is_ok() {}
    }
}

async fn s106_requests_in_flight_are_answered_and_idle_connections_end(world: World) {
    // Longer than the 5 s of the server itself and than its 10 s for a header.
    let mut site = site(&world, Duration::from_secs(20)).await;
    let begun = Instant::now();
    site.system.shutdown();
    site.takes_nothing_new().await;
    assert!(!world.is_paused() || begun.elapsed() < Duration::from_millis(10));
    site.is_answered_after(world.secs(19)).await;
    assert_eq!(site.system.join().await.unwrap(), 0);
    world.expect(&["asked /", "asked /wait"]).await;
}

async fn s106_a_phase_that_drains_the_server_answers_what_is_in_flight(world: World) {
    let mut site = site(&world, Duration::from_secs(20)).await;
    let server = site.server.clone();
    let close = Phase::new("stop accepting").limit(Duration::from_secs(20));
    let close = close.task("server", move || async move {
        server.drain().await;
        Ok(())
    });
    site.system.add_phase(close).unwrap();
    site.system
        .add_phase(phase(&world, "next", Ok(())))
        .unwrap();
    site.system.shutdown();
    site.takes_nothing_new().await;
    site.is_answered_after(world.secs(19)).await;
    assert_eq!(site.system.join().await.unwrap(), 0);
    world.expect(&["asked /", "asked /wait", "next"]).await;
}

async fn s106_a_request_is_cut_at_its_limit_and_not_before(world: World) {
    let limit = world.secs(20);
    let mut site = site(&world, limit).await;
    let begun = Instant::now();
    site.system.shutdown();
    assert!(matches!(site.busy.read(&mut [0]).await, Ok(0) | Err(_)));
    assert!(begun.elapsed() >= limit, "{:?}", begun.elapsed());
    // The page, which still answers it, has its own time.
    assert_eq!(site.system.join().await.unwrap(), 0);
    world.expect(&["asked /", "asked /wait"]).await;
}

#[derive(Event, Debug)]
struct Ping(&'static str);

#[derive(Event, Debug)]
struct Again;

/// Fires to both sides as it stops, and to itself for ever.
#[component]
struct Talker {
    name: &'static str,
    trace: Trace,
}

#[component]
impl Talker {
    #[handler("ping")]
    fn ping(&mut self, event: &Ping) {
        let Self { name, trace } = self;
        trace.note(format!("{name} hears {}", event.0));
    }

    #[handler("again")]
    fn again(&mut self, _event: &Again, cx: &Context<Self>) {
        cx.fire(Again);
    }

    #[handler("shutdown_phase")]
    fn phase(&mut self, event: &ShutdownPhase, cx: &Context<Self>) {
        cx.on("second").fire(Ping(self.name));
        let Self { name, trace } = self;
        trace.note(format!("{name} in {}", event.phase));
    }

    #[handler("stopped")]
    fn stopped(&mut self, _event: &Stopped, cx: &Context<Self>) {
        let Self { name, trace } = self;
        trace.note(format!("{name} stopped"));
        for channel in ["first", "second"] {
            cx.on(channel).fire(Ping(self.name));
        }
    }
}

async fn s107_what_handlers_fire_while_the_system_stops_is_accepted_or_a_dead_letter(world: World) {
    let system = world.system().await;
    for name in ["first", "second"] {
        let trace = world.trace.clone();
        let talker = Talker { name, trace };
        system.register(talker).channel(name).await.unwrap();
        system.on(name).fire(Again);
    }
    system.add_phase(Phase::new("phase")).unwrap();
    system.shutdown();
    assert_eq!(system.join().await.unwrap(), 0);
    let entries = world.trace.take();
    let mut lines: Vec<_> = entries.iter().map(|entry| &*entry.text).collect();
    // Until the end of the phase both talk at the same time.
    let stopped = lines.iter().position(|line| line.ends_with("stopped"));
    let after = lines.split_off(stopped.unwrap());
    lines.sort_unstable();
    let expected = [
        "first in phase",
        "second hears first",
        "second hears second",
        "second in phase",
    ];
    assert_eq!(lines, expected);
    let expected = ["second stopped", "first hears second", "first stopped"];
    assert_eq!(after, expected);
    let expected = [
        // The one that goes first stops to listen to itself, then is gone.
        "dead again: Stopped",
        "dead ping: Stopped",
        "dead again: Stopped",
        "dead ping: Stopped",
        "dead ping: NoHandler",
    ];
    world.expect_reports(&expected).await;
}

/// Built anew, with its dependencies, by a cargo of its own in a folder of its
/// own: about 10 s, and nothing where it has been built before.
#[test]
fn s72_a_program_that_aborts_at_panics_is_warned_at_its_start() {
    let folder = format!("{}/abort", env!("CARGO_TARGET_TMPDIR"));
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet", "--profile", "abort"])
        .args(["--package", "circuits-abort", "--target-dir", &folder])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status();
    assert!(built.unwrap().success());
    let ended = Command::new(format!("{folder}/abort/circuits-abort")).output();
    let ended = ended.unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    let warning = "log: panics abort the process, so no component can be restarted after one: \
                   remove `panic = \"abort\"` from the cargo profile";
    let warnings = said.lines().filter(|line| *line == warning).count();
    assert_eq!(warnings, 1, "{said}");
    assert_eq!(said.lines().next(), Some(warning));
    assert!(said.contains("a handler panics"), "{said}");
    // Not a word after the panic, and no exit code: a signal has ended it.
    assert_eq!(ended.stdout, b"");
    assert_eq!(ended.status.code(), None, "{:?}", ended.status);
}
