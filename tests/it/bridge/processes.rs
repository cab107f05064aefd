//! Processes that are joined: started, talked to, killed and waited for.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use circuits::bridge::{Bridge, CrossError, Disconnected, Exited, Join, LinkError, Ready};
use circuits::prelude::*;
use circuits::testing::Probe;
use circuits::{Address, CallError};
use serde::{Deserialize, Serialize};

use super::crossed;
use crate::support::{until, within};

/// No wait takes longer.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = String)]
struct Hello;

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = u32)]
struct Hang;

#[derive(Event, Serialize, Deserialize, Debug)]
struct Quit(u8);

fn program(mode: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bridge"));
    command.arg(mode).stdout(Stdio::null());
    command
}

fn child() -> Bridge {
    let bridge = Bridge::spawn(|| program("child")).send::<Hello>();
    bridge.send::<Hang>().send::<Quit>()
}

async fn start(system: &System) -> (Address<Bridge>, Probe, u32) {
    let probe = Probe::on(system, "bridge").await.unwrap();
    let bridge = within(system.register(child())).await.unwrap();
    let ready = probe.expect::<Ready>().within(LIMIT).await.unwrap();
    (bridge, probe, ready.process)
}

fn is_alive(process: u32) -> bool {
    let path = format!("/proc/{process}/stat");
    // A zombie is listed as well.
    std::path::Path::new(&path).exists()
}

fn kill(process: u32) {
    let sent = Command::new("kill")
        .args(["-9", &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn core_065_a_process_is_started_and_answers_calls() {
    let system = System::new();
    let (_bridge, _probe, process) = start(&system).await;
    assert_ne!(process, std::process::id());
    // The child prints as well, which is no part of the link.
    for _ in 0..3 {
        let answer = within(system.on("bridge").call(Hello)).await.unwrap();
        assert_eq!(answer, format!("Hello from {process}"));
    }
}

#[tokio::test]
async fn core_066_join_waits_for_the_end_of_the_process() {
    let system = System::new();
    let (bridge, probe, process) = start(&system).await;
    let joined = async {
        let join = system.to(&bridge).call(Join);
        let (status, ()) = tokio::join!(join, async {
            system.on("bridge").fire(Quit(3));
        });
        status.unwrap()
    };
    assert_eq!(within(joined).await.code(), Some(3));
    let exited = probe.expect::<Exited>().within(LIMIT).await.unwrap();
    assert_eq!(exited.status.code(), Some(3));
    within(bridge.ended()).await;
    assert!(!is_alive(process), "no zombie stays");
    // Who is gone is not waited for.
    let answer = within(system.to(&bridge).call(Join)).await;
    assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
}

#[tokio::test]
async fn core_067_a_process_that_is_killed_fails_the_calls_in_flight_at_once() {
    use std::os::unix::process::ExitStatusExt;

    let system = System::new();
    let (_bridge, probe, process) = start(&system).await;
    let calls = async {
        let call = system.on("bridge").call(Hang);
        let (answer, ()) = tokio::join!(call, async {
            // The call is on its way when another one is answered.
            system.on("bridge").call(Hello).await.unwrap();
            kill(process);
        });
        answer
    };
    let error = crossed(within(calls).await);
    let is_closed = matches!(error, CrossError::Disconnected(LinkError::PeerClosed));
    assert!(is_closed, "{error:?}");
    probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
    let exited = probe.expect::<Exited>().within(LIMIT).await.unwrap();
    assert_eq!(exited.status.signal(), Some(9));
    assert!(!is_alive(process), "no zombie stays");
}

#[tokio::test]
async fn core_067_a_bridge_that_ends_ends_its_process() {
    let system = System::new();
    let (bridge, probe, process) = start(&system).await;
    within(bridge.stop()).await;
    let exited = probe.expect::<Exited>().within(LIMIT).await.unwrap();
    assert_eq!(exited.status.code(), Some(0), "it has ended in order");
    assert!(!is_alive(process));

    // Killed, it has no time to wait.
    let (bridge, _probe, process) = start(&system).await;
    bridge.kill();
    within(bridge.ended()).await;
    until(|| !is_alive(process)).await;
}

#[tokio::test]
async fn core_067_a_process_ends_when_its_parent_is_killed() {
    let mut parent = program("parent").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut lines = BufReader::new(parent.stdout.take().unwrap());
    lines.read_line(&mut line).unwrap();
    let process: u32 = line.trim().parse().unwrap();
    assert!(is_alive(process));
    parent.kill().unwrap();
    parent.wait().unwrap();
    // Whoever inherits it reaps it; as a zombie it has ended.
    let has_ended = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
        stat.map_or(true, |stat| stat.contains(") Z"))
    };
    until(has_ended).await;
}

#[tokio::test]
async fn a_process_that_is_no_bridge_fails_the_start_with_its_status() {
    let system = System::new();
    let bridge = Bridge::spawn(|| program("quits"));
    let error = within(system.register(bridge)).await.unwrap_err();
    let text = super::texts(&error).join(": ");
    assert!(
        text.contains("the process has ended before it was connected"),
        "{text}"
    );
    assert!(text.contains("exit status: 7"), "{text}");
}

#[tokio::test]
async fn a_process_is_started_again_if_asked() {
    let system = System::new();
    let probe = Probe::on(&system, "bridge").await.unwrap();
    let moment = Duration::from_millis(1);
    system
        .register(child().reconnect(moment, moment))
        .await
        .unwrap();
    for count in 1..=3 {
        let ready = probe.expect::<Ready>().within(LIMIT).await.unwrap();
        assert_eq!(ready.count, count);
        probe.clear();
        kill(ready.process);
        probe.expect::<Exited>().within(LIMIT).await.unwrap();
    }
}

#[tokio::test]
async fn a_process_without_a_parent_is_told_so() {
    // Standard input of a test is no socket.
    let error = within(System::new().register(Bridge::parent()))
        .await
        .unwrap_err();
    let text = super::texts(&error).join(": ");
    assert!(text.contains("standard input is no link"), "{text}");
}
