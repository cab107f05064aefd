//! The example programs: each prints what its head comment says, and ends by itself.
//!
//! The comment shows the command and, below it, all that the program prints to
//! stdout. In it, a line `...` stands for any number of lines, and `[..]` for a
//! piece of a line that is different each time, such as the id of a process.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::support::{example, within};

/// Those that serve until they are told to end, or need who does, have tests of their own.
const SERVICES: &[&str] = &[
    "dns_client",
    "dns_server",
    "echo_tls",
    "echoserver",
    "portforward",
    "starttls",
    "telnet",
    "udp_echo",
    "unix_echo",
    "wordcount",
];

/// The programs that end by themselves, with their sources.
fn programs() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut programs: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .filter(|(name, _)| !SERVICES.contains(&name.as_str()))
        .collect();
    programs.sort();
    programs
}

/// Returns the output that the head comment of an example shows.
fn shown(name: &str, source: &str) -> Result<String, String> {
    let head = source.lines().map_while(|line| line.strip_prefix("//!"));
    let head: Vec<_> = head
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let from = head.iter().position(|line| *line == "```text");
    let from = from.ok_or("its head comment has no ```text")? + 1;
    let block: Vec<_> = head[from..]
        .iter()
        .copied()
        .take_while(|line| *line != "```")
        .collect();
    let (command, lines) = block.split_first().ok_or("its ```text is empty")?;
    let expected = format!("$ cargo run -p circuits-examples --bin {name}");
    if *command != expected {
        return Err(format!("its output does not begin with `{expected}`"));
    }
    let open = lines
        .iter()
        .filter(|line| **line == "..." || line.contains("[..]"));
    if open.count() > 3 {
        return Err("more than three of its lines are left open".to_owned());
    }
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// Tells whether what was printed is what was shown.
fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, _) => printed.is_empty(),
        (Some((&"...", rest)), _) => (0..=printed.len()).any(|at| fits(rest, &printed[at..])),
        (Some(_), None) => false,
        (Some((line, shown)), Some((other, printed))) => {
            line_fits(line, other) && fits(shown, printed)
        }
    }
}

fn line_fits(shown: &str, printed: &str) -> bool {
    let Some((before, after)) = shown.split_once("[..]") else {
        return shown == printed;
    };
    let rest = printed.strip_prefix(before);
    rest.is_some_and(|rest| {
        let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        ends.any(|at| line_fits(after, &rest[at..]))
    })
}

async fn check(name: &str, source: &str) -> Result<(), String> {
    let shown = shown(name, source)?;
    let shown: Vec<_> = shown.lines().collect();
    let mut command = Command::new(example(name));
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = within(command.output())
        .await
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}\n{text}{complaint}", output.status));
    }
    if fits(&shown, &text.lines().collect::<Vec<_>>()) {
        return Ok(());
    }
    Err(format!(
        "it shows\n{}\nand prints\n{text}",
        shown.join("\n")
    ))
}

#[tokio::test]
async fn every_example_prints_what_it_shows() {
    let programs = programs();
    assert!(programs.len() >= 9, "only {} are there", programs.len());
    let mut offences = Vec::new();
    for (name, source) in programs {
        if let Err(why) = check(&name, &source).await {
            offences.push(format!("{name}: {why}"));
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n\n"));
}

#[test]
fn the_checks_of_the_project_run_the_same_programs() {
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/run");
    let run = fs::read_to_string(run).unwrap();
    let line = run.lines().find_map(|line| line.strip_prefix("services="));
    let services: Vec<_> = line.unwrap().trim_matches('"').split_whitespace().collect();
    assert_eq!(services, SERVICES);
}

#[test]
fn what_is_printed_is_compared_line_by_line_but_for_what_is_left_open() {
    let check = |shown: &str, printed: &str| {
        let (shown, printed): (Vec<_>, Vec<_>) =
            (shown.lines().collect(), printed.lines().collect());
        fits(&shown, &printed)
    };
    assert!(check("a\nb", "a\nb"));
    assert!(!check("a\nb", "a") && !check("a", "a\nb") && !check("a", "b"));
    assert!(check("a\n...\nd", "a\nb\nc\nd") && check("...\nd", "d"));
    assert!(!check("a\n...\nd", "a\nb\nc"));
    assert!(check("pid [..] of [..]", "pid 17 of 4") && check("[..]", "x"));
    assert!(!check("pid [..].", "pid 17"));
}

#[test]
fn an_example_without_its_output_is_refused() {
    let head = "//! Says hello.\n//!\n//! ```text\n//! $ cargo run -p circuits-examples --bin x\n//! hello\n//! ```\n";
    assert_eq!(shown("x", head).unwrap(), "hello\n");
    assert!(shown("y", head).is_err(), "another command");
    assert!(shown("x", "//! Says hello.\nfn main() {}\n").is_err());
    let open = head.replace("hello\n", "...\n//! ...\n//! [..]\n//! ...\n");
    assert!(shown("x", &open).is_err(), "all is left open");
}
