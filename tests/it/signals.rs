//! Signals: a process that drains, and its exit code in the shell.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A program under test, and the lines that it prints.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(mode: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signaled"))
            .arg(mode)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut program = Self { child, lines };
        program.expect("work 0");
        program.wait_for_handlers();
        program
    }

    /// Waits until the process itself catches SIGTERM and SIGINT.
    fn wait_for_handlers(&self) {
        let path = format!("/proc/{}/status", self.child.id());
        loop {
            let status = std::fs::read_to_string(&path).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
            if caught & (1 << 14) != 0 && caught & (1 << 1) != 0 {
                return;
            }
            std::thread::yield_now();
        }
    }

    fn expect(&mut self, line: &str) {
        assert_eq!(self.lines.next().unwrap().unwrap(), line);
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end; returns what was printed, and the exit code.
    fn end(mut self) -> (Vec<String>, Option<i32>) {
        let lines = self.lines.by_ref().map(|line| line.unwrap()).collect();
        (lines, self.child.wait().unwrap().code())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Of no effect where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn core_063_a_signal_drains_the_system() {
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let program = Program::start("drain");
        program.signal(name);
        let (lines, code) = program.end();
        assert_eq!(lines, [&format!("signal {number}"), "work 1", "stopped"]);
        assert_eq!(code, Some(0));
    }
}

#[test]
fn core_063_a_handler_can_take_the_first_signal_over() {
    let mut program = Program::start("take");
    program.signal("INT");
    program.expect("signal 2");
    program.expect("work 1");
    program.signal("TERM");
    let (lines, code) = program.end();
    assert_eq!(lines, ["signal 15", "work 1", "stopped"]);
    assert_eq!(code, Some(0));
}

#[test]
fn the_exit_code_reaches_the_shell() {
    let program = Program::start("exit");
    program.signal("TERM");
    let (lines, code) = program.end();
    assert_eq!(lines.first().unwrap(), "signal 15");
    assert_eq!(lines.last().unwrap(), "stopped");
    assert_eq!(code, Some(3));
}

#[test]
fn further_signals_end_a_process_whose_handler_hangs() {
    let mut program = Program::start("hang");
    program.signal("TERM");
    program.expect("signal 15");
    // The first is still being told, so the next one begins the drain, another
    // one stops, which waits for the handler, and the last one kills.
    while program.child.try_wait().unwrap().is_none() {
        program.signal("TERM");
        std::thread::yield_now();
    }
    let (lines, code) = program.end();
    assert_eq!((lines, code), (Vec::new(), Some(0)));
}

#[test]
fn a_signal_runs_the_phases() {
    for (mode, code) in [("phases", 0), ("fails", 70)] {
        let program = Program::start(mode);
        program.signal("TERM");
        let (lines, ended) = program.end();
        let expected = ["signal 15", "work 1", "phase one", "phase two", "stopped"];
        assert_eq!(
            (&lines[..], ended),
            (&expected.map(str::to_owned)[..], Some(code))
        );
    }
}

#[test]
fn a_second_signal_cuts_off_the_phases_and_stops_the_tree() {
    let mut program = Program::start("cut");
    program.signal("TERM");
    for line in ["signal 15", "work 1", "phase one"] {
        program.expect(line);
    }
    program.signal("INT");
    let (lines, code) = program.end();
    assert_eq!((lines, code), (vec!["stopped".to_owned()], Some(70)));
}

#[test]
fn a_third_signal_kills_the_tree() {
    let mut program = Program::start("killed");
    program.signal("TERM");
    for line in ["signal 15", "work 1", "phase one"] {
        program.expect(line);
    }
    program.signal("TERM");
    program.expect("stopped");
    program.signal("TERM");
    let (lines, code) = program.end();
    assert_eq!((lines, code), (Vec::new(), Some(70)));
}
