//! What worker processes do, how they end, and what does not disturb them.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use circuits::event::{Failure, Success};
use circuits::prelude::*;
use circuits::worker::JobError;
use circuits::{CallError, StartError};

use super::jobs::{Act, Add, Echo, Hold};
use super::{Folder, eventually, failure, is_there, pid, pid_again, processes, start};
use crate::support::within;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[tokio::test]
async fn core_100_a_job_is_done_in_another_process_and_answered_as_any_event() {
    let (system, _worker) = start(processes(1)).await;
    assert_ne!(pid(&system).await, std::process::id());
    assert_eq!(within(system.call(Add(1, 2))).await.unwrap(), 3);
    let success = system.on("worker").wait::<Success<Add>>();
    within(system.fire(Add(3, 4)).completed()).await.unwrap();
    assert_eq!(within(success).await.unwrap().event.1, 4);
    let failed = system.on("worker").wait::<Failure<Add>>();
    let error = failure(within(system.call(Add(u64::MAX, 1))).await.unwrap_err());
    assert_eq!(error.to_string(), "the sum is too large");
    assert_eq!(
        within(failed).await.unwrap().error.to_string(),
        error.to_string()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn core_100_a_thousand_jobs_are_done_by_two_processes() {
    let (system, worker) = start(processes(2)).await;
    let jobs: Vec<_> = (0..1000)
        .map(|number| {
            let system = system.clone();
            tokio::spawn(async move {
                let sum = system.call(Add(number, 1)).await.unwrap();
                assert_eq!(sum, number + 1);
                system.call(Act::Nothing).await.unwrap()
            })
        })
        .collect();
    let mut pids = HashSet::new();
    for job in jobs {
        pids.insert(within(job).await.unwrap());
    }
    assert_eq!(pids.len(), 2);
    worker.stop().await;
    // None is left, not even as a zombie.
    assert!(pids.into_iter().all(|pid| !is_there(pid)));
}

#[tokio::test]
async fn core_100_errors_keep_their_causes_and_panics_are_errors() {
    let (system, _worker) = start(processes(1)).await;
    let before = pid(&system).await;
    let error = failure(within(system.call(Act::Fail)).await.unwrap_err());
    assert_eq!(error.to_string(), "the report cannot be written");
    assert!(
        format!("{error:?}").contains("because the disk is full"),
        "{error:?}"
    );
    let error = failure(within(system.call(Act::Panic)).await.unwrap_err());
    let error = error.downcast_ref::<JobError>().unwrap();
    assert!(matches!(error, JobError::Panicked(text) if text == "out of luck"));
    assert_eq!(pid(&system).await, before);
}

#[tokio::test]
async fn core_100_what_a_job_prints_or_reads_is_no_frame() {
    let (system, _worker) = start(processes(1)).await;
    let before = pid(&system).await;
    let text = "printed by a job of this test".to_owned();
    assert_eq!(within(system.call(Act::Print(text))).await.unwrap(), before);
    assert_eq!(within(system.call(Act::ReadAll)).await.unwrap(), before);
    assert_eq!(pid(&system).await, before);
}

#[tokio::test]
async fn core_100_what_is_too_large_is_refused_on_both_sides_and_the_process_goes_on() {
    let (system, _worker) = start(processes(1).max_frame(10_000)).await;
    let before = pid(&system).await;
    let echo = |length: usize, times| Echo {
        text: "x".repeat(length),
        times,
    };
    assert_eq!(
        within(system.call(echo(4_000, 2))).await.unwrap().len(),
        8_000
    );
    for (too_large, text) in [
        (echo(10_000, 1), "it takes 100"),
        (echo(4_000, 3), "the reply takes 12003"),
    ] {
        let error = failure(within(system.call(too_large)).await.unwrap_err());
        let error = error.downcast_ref::<JobError>().unwrap().to_string();
        assert!(error.contains(text) && error.contains("10000"), "{error}");
    }
    assert_eq!(pid(&system).await, before);
}

#[tokio::test]
async fn core_100_a_running_job_in_a_process_is_told_that_its_caller_has_gone() {
    let (system, _worker) = start(processes(1)).await;
    let folder = Folder::new("told");
    let (call, pid_before) = folder.hold(&system).await;
    call.abort();
    folder.sees("cancelled").await;
    assert_eq!(pid(&system).await, pid_before);
}

#[tokio::test]
async fn core_100_a_running_job_that_is_cancelled_may_cost_its_process() {
    let (system, _worker) = start(processes(1).kill_cancelled()).await;
    let folder = Folder::new("cancelled");
    let (call, pid_before) = folder.hold(&system).await;
    call.abort();
    assert_ne!(pid(&system).await, pid_before);
    assert!(!is_there(pid_before) && !folder.has("cancelled"));
}

#[tokio::test]
async fn core_101_a_stop_waits_for_what_runs_in_a_process_and_fails_what_waits() {
    let (system, worker) = start(processes(1)).await;
    let folder = Folder::new("stop");
    let (running, pid) = folder.hold(&system).await;
    let waiting = tokio::spawn({
        let system = system.clone();
        async move { system.call(Act::Nothing).await }
    });
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let stop = tokio::spawn(async move { worker.stop().await });
    let error = failure(within(waiting).await.unwrap().unwrap_err());
    assert!(matches!(error.downcast_ref(), Some(JobError::Stopped)));
    folder.write("go");
    assert_eq!(within(running).await.unwrap().unwrap(), pid);
    within(stop).await.unwrap();
    assert!(!is_there(pid));
}

#[tokio::test]
async fn core_101_a_process_is_killed_whose_job_takes_longer_than_the_shutdown_time() {
    let (system, worker) = start(processes(1).shutdown(ms(30))).await;
    let folder = Folder::new("abandon");
    let (running, pid) = folder.hold(&system).await;
    within(worker.stop()).await;
    let error = failure(within(running).await.unwrap().unwrap_err());
    assert!(matches!(error.downcast_ref(), Some(JobError::Abandoned)));
    eventually(|| !is_there(pid)).await;
}

#[tokio::test]
async fn core_101_the_processes_end_with_a_worker_that_is_killed() {
    let (system, worker) = start(processes(2)).await;
    let folder = Folder::new("killed");
    let (running, pid_before) = folder.hold(&system).await;
    worker.kill();
    let error = within(running).await.unwrap().unwrap_err();
    assert!(
        matches!(error, CallError::Crashed | CallError::Failed(_)),
        "{error:?}"
    );
    eventually(|| !is_there(pid_before)).await;
    assert_ne!(pid_again(&system).await, pid_before);
    assert_eq!(worker.life(), 2);
}

#[tokio::test]
async fn core_101_the_processes_end_with_their_parent_in_the_middle_of_a_job() {
    let folder = Folder::new("parent");
    let mut parent = Command::new(env!("CARGO_BIN_EXE_worker"))
        .arg(&folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let idle: u32 = line.trim().parse().unwrap();
    folder.sees("begun").await;
    let busy: u32 = std::fs::read_to_string(folder.0.join("begun"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(is_there(idle) && is_there(busy));
    parent.kill().unwrap();
    parent.wait().unwrap();
    eventually(|| !is_there(idle) && !is_there(busy)).await;
    // All that held it have ended, and had nothing to say.
    let mut said = String::new();
    parent
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(said, "");
}

#[tokio::test]
async fn core_100_a_signal_of_the_terminal_does_not_reach_the_processes() {
    let (system, _worker) = start(processes(1)).await;
    let group = within(system.call(Act::LeadsItsGroup)).await.unwrap();
    assert_eq!(group, pid(&system).await);
}

#[tokio::test]
async fn core_100_a_full_queue_refuses_jobs_for_processes_as_well() {
    let (system, _worker) = start(processes(1).max_queue(0)).await;
    let folder = Folder::new("full");
    let (running, _) = folder.hold(&system).await;
    let error = failure(within(system.call(Act::Nothing)).await.unwrap_err());
    assert!(matches!(error.downcast_ref(), Some(JobError::Full(0))));
    folder.write("go");
    within(running).await.unwrap().unwrap();
    pid(&system).await;
}

#[tokio::test]
async fn core_102_threads_and_processes_for_one_job_are_rivals_on_one_channel() {
    let (system, _worker) = start(processes(1)).await;
    let threads = circuits::worker::Worker::threads(1).job::<Hold>();
    let refused = within(system.register(threads)).await.unwrap_err();
    assert!(
        matches!(refused, StartError::Failed { error, .. } if error.to_string().starts_with("another worker does `hold`"))
    );
}
