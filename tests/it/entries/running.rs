//! Running and stopping (CORE-060 to 062); signals (CORE-063) are in `signals.rs`.

use std::process::Command;

use circuits::event::Started;
use circuits::prelude::*;
use circuits::testing::{Probe, settle};

use crate::support::Log;

#[derive(Event, Debug)]
struct Hello;

#[derive(Event, Debug)]
struct Bye;

/// Ends the system, and says hello to itself at the same time.
#[component(channel = "app")]
struct App {
    log: Log,
    code: u8,
}

#[component]
impl App {
    #[handler("started")]
    fn started(&mut self, _: &Started) {
        self.log.add("started");
    }

    #[handler("bye")]
    fn bye(&mut self, _: &Bye, cx: &Context<Self>) {
        cx.fire(Hello);
        match self.code {
            0 => cx.system().drain(),
            code => cx.system().shutdown_with(code),
        }
    }

    #[handler("hello")]
    fn hello(&mut self, _: &Hello) {
        self.log.add("hello");
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.log.add("stopped");
    }
}

async fn run(code: u8) -> (u8, Vec<String>) {
    let (system, log) = (System::new(), Log::default());
    let app = App {
        log: log.clone(),
        code,
    };
    system.register(app).await.unwrap();
    system.on("app").fire(Bye);
    (system.join().await.unwrap(), log.take())
}

#[tokio::test(start_paused = true)]
async fn core_060_a_run_begins_with_started_and_ends_with_stopped() {
    let lines = ["started", "hello", "stopped"];
    assert_eq!(run(0).await, (0, lines.map(str::to_owned).to_vec()));
    // A system that has ended stays so; the next run is one of a new system.
    assert_eq!(run(0).await, (0, lines.map(str::to_owned).to_vec()));
}

#[tokio::test(start_paused = true)]
async fn core_060_a_run_goes_on_until_somebody_ends_it() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    let running = tokio::spawn({
        let system = system.clone();
        async move { system.join().await }
    });
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert!(!running.is_finished() && !system.is_stopped());
    system.on("app").fire(Hello);
    settle().await;
    assert_eq!(probe.names(), ["hello"]);
    system.stop();
    assert_eq!(running.await.unwrap().unwrap(), 0);
    assert!(system.is_stopped());
    system.stop(); // Changes nothing.
    assert_eq!(system.join().await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn core_061_a_stop_in_a_handler_keeps_its_code_and_lets_others_finish() {
    let (code, lines) = run(3).await;
    assert_eq!(code, 3);
    assert_eq!(lines, ["started", "hello", "stopped"]);
}

/// Runs a program that ends as its argument says; returns its status, what it
/// printed and what it complained about.
fn program(how: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_exits")).arg(how).output();
    let output = output.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn core_062_the_code_of_a_handler_is_the_status_of_the_process() {
    for code in 0..4 {
        for how in [format!("code {code}"), format!("later {code}")] {
            let ended = program(&how);
            // `stopped` is handled whatever the code is.
            let expected = (Some(code), "stopped\n".to_owned(), String::new());
            assert_eq!(ended, expected, "{how}");
        }
    }
}

#[test]
fn core_062_an_error_is_printed_and_the_status_is_1() {
    let (status, printed, complaint) = program("fail foobar");
    assert_eq!((status, &*printed), (Some(1), "stopped\n"));
    assert_eq!(complaint, "Error: foobar\n");
}
