//! Processes: real ones, from `echo` to whole groups that do not want to end.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use circuits::io::{ExitError, Exited, Process, SendSignal, Spawned};
use circuits::prelude::*;
use circuits::stream::{
    Bytes, Close, Connected, DisconnectReason, Disconnected, Finish, Read, Write,
};
use circuits::testing::Probe;
use circuits::{Backoff, Options, Restart};

use crate::folder::Folder;
use crate::support::soon;

const SOON: Duration = Duration::from_secs(10);

struct Run {
    system: System,
    probe: Probe,
    errors: Probe,
    process: Address<Process>,
    pid: u32,
}

/// Adds a process and waits until it runs.
async fn run(process: Process) -> Run {
    let system = System::new();
    run_in(system, process).await
}

async fn run_in(system: System, process: Process) -> Run {
    let probe = Probe::with_capacity(&system, "process", 100_000).await;
    let errors = Probe::with_capacity(&system, "process.stderr", 100_000).await;
    let (probe, errors) = (probe.unwrap(), errors.unwrap());
    let process = system.register(process).await.unwrap();
    let spawned = probe.expect::<Spawned>().within(SOON).await.unwrap();
    Run {
        system,
        probe,
        errors,
        process,
        pid: spawned.pid,
    }
}

impl Run {
    async fn exited(&self) -> Exited {
        let exited = self.probe.expect::<Exited>().within(SOON).await;
        *exited.unwrap()
    }

    async fn line(&self) -> String {
        let line = self.probe.expect::<Read>().within(SOON).await.unwrap();
        String::from_utf8(line.data.to_vec()).unwrap()
    }

    async fn signal(&self, signal: SendSignal) -> bool {
        soon(self.system.on("process").call(signal)).await.unwrap()
    }
}

fn text(probe: &Probe) -> String {
    let pieces = probe.all::<Read>();
    let bytes: Vec<_> = pieces.iter().map(|piece| piece.data.to_vec()).collect();
    String::from_utf8(bytes.concat()).unwrap()
}

/// Tells whether a process is there, and be it as a zombie.
fn is_there(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

async fn gone(pid: u32) {
    soon(async {
        while is_there(pid) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn chain(error: impl Into<Error>) -> String {
    let error = error.into();
    let mut text = error.to_string();
    let mut source = error.as_dyn().source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn io_030_what_a_process_prints_is_told_and_then_its_end() {
    let run = run(Process::new("echo").arg("Hello World!")).await;
    let exited = run.exited().await;
    assert_eq!((exited.status.code(), exited.pid), (Some(0), run.pid));
    assert_eq!(exited.component, run.process.id());
    assert_eq!(text(&run.probe), "Hello World!\n");
    let mut names = run.probe.names();
    names.retain(|name| !["registered", "started"].contains(&&**name));
    let told = ["spawned", "connected", "read", "disconnected", "exited"];
    assert_eq!(names[..5], told);
    soon(run.process.ended()).await;
    assert!(!is_there(run.pid), "not even as a zombie");
}

#[tokio::test]
async fn io_030_what_is_written_goes_to_its_input_until_that_is_finished() {
    let folder = Folder::new();
    let line = "cat > text; echo done";
    let run = run(Process::shell(line).directory(folder.path()).lines(80)).await;
    let on = run.system.on("process");
    assert!(on.call(Write::new("Hello ")).await.unwrap());
    assert!(on.call(Write::new("World!")).await.unwrap());
    assert!(on.call(Finish::new()).await.unwrap());
    assert_eq!(run.line().await, "done");
    assert!(run.exited().await.status.success());
    let written = fs::read_to_string(folder.path().join("text")).unwrap();
    assert_eq!(written, "Hello World!");
}

#[tokio::test]
async fn io_030_two_processes_at_once_do_not_disturb_each_other() {
    let first = run(Process::new("cat")).await;
    let second = first.system.register(Process::new("cat")).await.unwrap();
    let connected = first.probe.all::<Connected>();
    let connected = match connected
        .iter()
        .find(|it| it.connection.id().owner() == second.id())
    {
        Some(connected) => connected.clone(),
        None => {
            let told = first.probe.expect::<Connected>();
            let id = second.id();
            let told = told.matching(move |it| it.connection.id().owner() == id);
            told.within(SOON).await.unwrap()
        }
    };
    let on = first.system.on("process");
    on.fire(Finish::of(&connected.connection)).await;
    assert_eq!(first.exited().await.component, second.id());
    assert!(is_there(first.pid));
    let own = SendSignal::terminate().to(first.process.id());
    assert!(first.signal(own).await);
    let exited = first.exited().await;
    assert_eq!(exited.component, first.process.id());
    assert_eq!(exited.status.signal(), Some(15));
}

#[tokio::test]
async fn io_030_output_and_errors_are_told_apart_and_the_exit_code_is_told() {
    let run = run(Process::shell("echo out; echo err >&2; exit 3")).await;
    let exited = run.exited().await;
    assert_eq!(exited.status.code(), Some(3));
    assert_eq!(text(&run.probe), "out\n");
    assert_eq!(text(&run.errors), "err\n");
    let ends = run.errors.all::<Disconnected>();
    assert!(matches!(ends[0].reason, DisconnectReason::PeerClosed));
}

#[tokio::test]
async fn io_030_an_unknown_program_is_an_error_that_says_what_to_do() {
    let system = System::new();
    let error = system.supervise(|| Process::new("no-such-program")).await;
    let text = chain(error.unwrap_err());
    let told = "`no-such-program` cannot be started: no such program; correct its name, \
                install it, or add its directory to PATH";
    assert!(text.contains(told), "{text}");

    let lost = || Process::new("echo").directory("/nowhere");
    let text = chain(system.supervise(lost).await.unwrap_err());
    assert!(
        text.contains("its directory `/nowhere` is not there"),
        "{text}"
    );

    let text = chain(
        system
            .supervise(|| Process::new("/etc/passwd"))
            .await
            .unwrap_err(),
    );
    assert!(text.contains("it is no program"), "{text}");
}

#[tokio::test]
async fn io_030_it_has_the_environment_that_is_said() {
    let process = Process::new("/usr/bin/env").env_clear();
    let set = run(process.env("A", "1").env("B", "2").env_remove("A")).await;
    set.exited().await;
    assert_eq!(text(&set.probe), "B=2\n");
}

#[tokio::test]
async fn io_030_signals_reach_it_and_unknown_ones_are_errors() {
    assert_eq!(SendSignal::interrupt().signal, 2);
    // Not that one: what runs in the background of a shell ignores it, and so does all
    // that it starts.
    let run = run(Process::shell(
        "trap 'echo ouch' TERM; echo ready; while :; do sleep 0.01; done",
    )
    .lines(80))
    .await;
    assert_eq!(run.line().await, "ready");
    assert!(run.signal(SendSignal::terminate()).await);
    assert_eq!(run.line().await, "ouch");
    let unknown = run.system.on("process").call(SendSignal::new(1000)).await;
    let text = chain(unknown.unwrap_err());
    assert!(text.contains("there is no signal 1000"), "{text}");
    assert!(run.signal(SendSignal::kill()).await);
    assert_eq!(run.exited().await.status.signal(), Some(9));
}

/// Starts a process that starts another one; returns what the other one is.
async fn with_descendant(process: impl Fn(&str) -> Process) -> (Run, u32) {
    let run = run(process("sleep 1000 & echo $!; wait").lines(80)).await;
    let other = run.line().await.parse().unwrap();
    assert!(is_there(other));
    (run, other)
}

#[tokio::test]
async fn io_030_a_killed_component_takes_its_process_and_its_group_along() {
    let (run, other) = with_descendant(|line| Process::shell(line)).await;
    run.process.kill();
    gone(run.pid).await;
    gone(other).await;
}

#[tokio::test]
async fn io_030_a_stopped_component_asks_its_process_to_end_and_then_kills_it() {
    let polite = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    let asked = run(Process::shell(polite).lines(80)).await;
    assert_eq!(asked.line().await, "ready");
    soon(asked.process.stop()).await;
    let exited = asked.exited().await;
    assert_eq!((exited.status.code(), exited.was_stopped), (Some(7), true));
    assert_eq!(text(&asked.probe), "readybye", "its last words are told");

    let rude = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
    let rude = Process::shell(rude).lines(80);
    let killed = run(rude.drain_timeout(Duration::from_millis(100))).await;
    assert_eq!(killed.line().await, "ready");
    soon(killed.process.stop()).await;
    gone(killed.pid).await;
}

#[tokio::test]
async fn io_030_the_rest_of_a_group_ends_with_its_process() {
    let grouped = run(Process::shell("sleep 1000 & echo $!").lines(80)).await;
    let other = grouped.line().await.parse().unwrap();
    grouped.exited().await;
    gone(other).await;
}

#[tokio::test]
async fn io_030_outputs_that_others_hold_open_are_read_for_a_limited_time() {
    let shell = Process::new("sh").arg("-c");
    let process = shell.arg("sleep 1000 & echo $!").lines(80);
    let held = run(process.output_timeout(Duration::from_millis(100))).await;
    let other: u32 = held.line().await.parse().unwrap();
    held.exited().await;
    assert!(is_there(other), "it has no group of its own");
    let mut kill = std::process::Command::new("kill");
    assert!(kill.arg(other.to_string()).status().unwrap().success());
}

#[tokio::test]
async fn io_030_what_it_does_not_read_is_lost_and_what_it_said_is_not() {
    let head = run(Process::new("head").args(["-n", "1"])).await;
    let line = Bytes::from(format!("first\n{}", "x".repeat(60_000)));
    for _ in 0..20 {
        head.system
            .on("process")
            .fire(Write::new(line.clone()))
            .await;
    }
    let exited = head.exited().await;
    assert!(exited.status.success(), "{exited:?}");
    assert_eq!(text(&head.probe), "first\n");
}

#[tokio::test]
async fn io_030_much_goes_through_and_is_all_there_before_the_end() {
    let cat = run(Process::new("cat").read_size(64 * 1024)).await;
    let block = Bytes::from("0123456789abcdef".repeat(4096));
    let connection = cat.probe.expect::<Connected>().within(SOON).await.unwrap();
    for _ in 0..100 {
        soon(connection.connection.write(block.clone()))
            .await
            .unwrap();
    }
    connection.connection.finish();
    cat.exited().await;
    let told: usize = cat.probe.all::<Read>().iter().map(|it| it.data.len()).sum();
    assert_eq!(told, 100 * block.len());
}

#[tokio::test]
async fn io_030_closing_ends_both_pipes() {
    let yes = run(Process::new("yes")).await;
    yes.probe.expect::<Read>().within(SOON).await.unwrap();
    assert!(
        soon(yes.system.on("process").call(Close::new()))
            .await
            .unwrap()
    );
    let exited = yes.exited().await;
    assert_eq!(exited.status.signal(), Some(13), "it writes into nothing");
}

#[tokio::test]
async fn io_030_a_supervised_process_is_started_again_when_it_fails() {
    let folder = Folder::new();
    let line = "echo x >> lives; [ $(wc -l < lives) -ge 3 ] || exit 1";
    let system = System::with(Options::new().max_restarts(10));
    let probe = Probe::on(&system, "process").await.unwrap();
    let process = Process::shell(line).directory(folder.path()).supervised();
    let process = system.supervise(move || process.clone());
    let backoff = Backoff::constant(Duration::ZERO);
    let process = process.restart(Restart::Transient).backoff(backoff).await;
    let process = process.unwrap();
    let down = soon(process.ended()).await;
    assert_eq!(down.end.to_string(), "it ended by itself");
    let codes = probe.all::<Exited>();
    let codes: Vec<_> = codes.iter().map(|it| it.status.code().unwrap()).collect();
    assert_eq!(codes, [1, 1, 0]);
}

#[tokio::test]
async fn io_030_the_failure_of_a_supervised_process_says_its_status() {
    let system = System::new();
    let process = Process::shell("exit 3").supervised();
    let process = system.register(process).await.unwrap();
    let down = soon(process.ended()).await;
    let text = format!("{:?}", down.end);
    assert!(text.contains("exit status: 3"), "{text}");
    let error = ExitError(std::process::ExitStatus::from_raw(3 << 8));
    assert_eq!(error.to_string(), "the process failed: exit status: 3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn io_030_two_hundred_processes_leave_no_zombie_and_no_descriptor() {
    let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
    let system = System::new();
    // What is opened once for all is opened by the first.
    let first = system.register(Process::new("true")).await.unwrap();
    soon(first.ended()).await;
    let before = descriptors();
    for _ in 0..20 {
        let mut processes = Vec::new();
        for number in 0..10 {
            let process = if number % 2 == 0 {
                Process::new("true")
            } else {
                Process::new("cat")
            };
            processes.push(system.register(process).await.unwrap());
        }
        for (number, process) in processes.iter().enumerate() {
            if number % 2 == 1 {
                process.kill();
            }
            soon(process.ended()).await;
        }
    }
    soon(async {
        while descriptors() > before + 20 || zombies() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The children of this process that have ended and were not waited for.
fn zombies() -> usize {
    let own = std::process::id().to_string();
    let stats = fs::read_dir("/proc").unwrap().flatten();
    let stats = stats.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let zombies = stats.filter(|stat| {
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let mut fields = fields.split_whitespace();
        // Only `cat` and `true` are started by this test; others wait for theirs.
        let is_ours = stat.contains("(cat)") || stat.contains("(true)");
        is_ours && fields.next() == Some("Z") && fields.next() == Some(&own)
    });
    zombies.count()
}
