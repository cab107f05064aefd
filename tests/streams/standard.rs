//! The standard streams of a process of its own.

use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::support::soon;

fn start(argument: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_standard"))
        .arg(argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn io_020_the_standard_streams_are_read_and_written() {
    let mut child = start("");
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdin.write_all(b"one\ntw").await.unwrap();
    let mut line = [0; 4];
    soon(stdout.read_exact(&mut line)).await.unwrap();
    assert_eq!(&line, b"ONE\n", "it comes at once");
    let more = "o\n".to_owned() + &"a line\n".repeat(10_000) + "rest";
    let mut text = String::new();
    let (written, read) = tokio::join!(
        async {
            let written = stdin.write_all(more.as_bytes()).await;
            drop(stdin);
            written
        },
        soon(stdout.read_to_string(&mut text)),
    );
    written.unwrap();
    read.unwrap();
    let expected = "TWO\n".to_owned() + &"A LINE\n".repeat(10_000) + "REST\n";
    assert!(text == expected, "{} bytes", text.len());
    let output = soon(child.wait_with_output()).await.unwrap();
    assert_eq!(output.stderr, b"10003 lines\n");
    assert!(output.status.success());
}

#[tokio::test]
async fn io_020_a_program_ends_though_nothing_more_comes_from_its_standard_input() {
    let mut child = start("once");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one\n").await.unwrap();
    let output = soon(child.wait_with_output()).await.unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"ONE\n");
    assert_eq!(output.stderr, b"1 lines\n");
    drop(stdin);
}
