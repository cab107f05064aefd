//! Processes that crash, hang, send garbage, or do not even start.

use std::os::unix::process::ExitStatusExt;

use circuits::StartError;
use circuits::event::End;
use circuits::prelude::*;
use circuits::worker::{JobError, Killed, ProcessEnded, ProcessError, ProcessWorker};

use super::jobs::{Act, Add};
use super::{Folder, eventually, failure, is_there, kill, pid, processes, start};
use crate::support::within;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Calls for a job that costs its process; returns the error, and what was told.
async fn costs(system: &System, job: Act) -> (JobError, std::sync::Arc<ProcessEnded>) {
    let told = system.on("worker").wait::<ProcessEnded>();
    let before = pid(system).await;
    let error = failure(within(system.call(job)).await.unwrap_err());
    let told = within(told).await.unwrap();
    assert_eq!((told.pid, told.job), (before, Some("act")));
    assert!(!is_there(before));
    assert_ne!(pid(system).await, before);
    (error.downcast_ref::<JobError>().unwrap().clone(), told)
}

#[tokio::test]
async fn core_100_a_crash_costs_its_job_only_and_the_process_is_replaced() {
    let (system, worker) = start(processes(1)).await;
    let (error, told) = costs(&system, Act::Exit(3)).await;
    assert_eq!(
        error.to_string(),
        "the process ended before the job was done (exit status: 3)"
    );
    assert_eq!((told.status.code(), told.killed), (Some(3), None));
    let (error, told) = costs(&system, Act::Abort).await;
    assert!(error.to_string().contains("signal: 6"), "{error}");
    assert_eq!(told.status.signal(), Some(6));
    let (error, told) = costs(&system, Act::HalfAFrame).await;
    assert!(matches!(error, JobError::Died(_)), "{error:?}");
    assert_eq!((told.status.code(), told.killed), (Some(4), None));
    assert_eq!((worker.life(), system.restarts()), (1, 0));
}

#[tokio::test]
async fn core_100_a_process_that_is_killed_by_its_id_fails_its_job_with_the_signal() {
    let (system, _worker) = start(processes(2)).await;
    let folder = Folder::new("kill");
    let (running, busy) = folder.hold(&system).await;
    let told = system.on("worker").wait::<ProcessEnded>();
    kill(busy);
    let error = failure(within(running).await.unwrap().unwrap_err());
    assert!(error.to_string().contains("signal: 9"), "{error}");
    assert_eq!(within(told).await.unwrap().job, Some("hold"));
    assert_eq!(within(system.call(Add(1, 1))).await.unwrap(), 2);
}

#[tokio::test]
async fn core_100_a_process_that_ends_while_it_has_nothing_to_do_is_replaced() {
    let (system, _worker) = start(processes(1)).await;
    let before = pid(&system).await;
    let told = system.on("worker").wait::<ProcessEnded>();
    kill(before);
    let told = within(told).await.unwrap();
    assert_eq!(
        (told.pid, told.job, told.status.signal()),
        (before, None, Some(9))
    );
    assert_ne!(pid(&system).await, before);
}

#[tokio::test]
async fn core_100_a_job_that_hangs_is_ended_by_its_limit() {
    let limit = ms(200);
    let (system, _worker) = start(processes(1).job_limit(limit)).await;
    let (error, told) = costs(&system, Act::Hang).await;
    assert!(matches!(error, JobError::OverTime(it) if it == limit));
    assert_eq!(told.killed, Some(Killed::OverTime(limit)));
}

#[tokio::test]
async fn core_100_garbage_instead_of_an_answer_costs_the_process() {
    let (system, _worker) = start(processes(1)).await;
    let frames: [&[u8]; 5] = [
        b"this is no frame, and announces two gigabytes",
        &[0, 0, 0, 0],
        &[0, 0, 0, 9, 99, 0, 0, 0, 0, 0, 0, 0, 1],
        // The answer to another job.
        &[0, 0, 0, 9, 3, 0, 0, 0, 0, 0, 0, 0, 77],
        // What only the worker says.
        &[0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0, 2],
    ];
    for bytes in frames {
        let (error, told) = costs(&system, Act::Garbage(bytes.to_vec())).await;
        assert!(matches!(error, JobError::Garbage), "{error:?}");
        assert_eq!(told.killed, Some(Killed::Garbage));
    }
}

#[tokio::test]
async fn core_100_a_reply_of_another_type_is_an_error_of_its_job() {
    let (system, _worker) = start(processes(1)).await;
    assert_eq!(within(system.call(Add(1, 2))).await.unwrap(), 3);
    // The answer to the second job: a text, where a number is due.
    let forged = [0, 0, 0, 11, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0xa1, b'x'];
    let job = Act::Garbage(forged.to_vec());
    let error = failure(within(system.call(job)).await.unwrap_err());
    let error = error.downcast_ref::<JobError>();
    assert!(matches!(error, Some(JobError::Uncarried(_))), "{error:?}");
}

/// Starts a worker that cannot start; returns what it says.
async fn refused(worker: ProcessWorker) -> String {
    let system = System::new();
    let error = match within(system.register(worker)).await {
        Err(StartError::Failed { error, .. }) => error,
        other => panic!("{other:?}"),
    };
    assert!(error.downcast_ref::<ProcessError>().is_some(), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn core_100_a_program_that_is_no_worker_is_told_from_one() {
    let starts = |mode: &str| processes(2).env("WORKER_TEST", mode);
    let hook = "its `main` has to call `serve` of the same worker first";
    let ends = refused(starts("exits")).await;
    assert_eq!(
        ends,
        format!("the process ended at once (exit status: 3): {hook}")
    );
    let silent = refused(starts("silent").start_limit(ms(100))).await;
    assert_eq!(
        silent,
        format!("the process does not say within 100ms that it is a worker: {hook}")
    );
    let stranger = refused(starts("garbage")).await;
    assert_eq!(
        stranger,
        format!("the process is no worker of this version: {hook}")
    );
    let other = refused(starts("other")).await;
    assert!(
        other.starts_with("the process does the jobs [\"echo\"], and not [\"add\", "),
        "{other}"
    );
    let missing = refused(processes(1).program("/no/such/program")).await;
    assert_eq!(
        missing,
        "`/no/such/program` cannot be started as a worker process"
    );
    let shell = refused(processes(1).program("/bin/true")).await;
    assert!(
        shell.starts_with("the process ended at once (exit status: 0)"),
        "{shell}"
    );
}

#[tokio::test]
async fn core_100_a_worker_fails_when_its_processes_start_no_more() {
    let folder = Folder::new("no-more");
    let mode = format!("exits_if {}", folder.0.join("broken").display());
    let system = System::new();
    let worker = processes(1).env("WORKER_TEST", mode);
    let worker = within(system.register(worker)).await.unwrap();
    let before = pid(&system).await;
    folder.write("broken");
    kill(before);
    let down = within(worker.ended()).await;
    let End::Failed(error) = down.end else {
        panic!("{down:?}");
    };
    assert!(
        matches!(error.downcast_ref(), Some(ProcessError::Ended(_))),
        "{error:?}"
    );
    eventually(|| !is_there(before)).await;
}
