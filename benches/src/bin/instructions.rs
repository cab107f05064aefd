//! Counts instructions and allocations an operation, under valgrind, and compares
//! them with those that are kept in `benches/instructions.tsv`.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin instructions            # compares; fails if one is 5 % worse
//! $ cargo run --release -p circuits-benches --bin instructions keep       # writes the file
//! $ cargo run --release -p circuits-benches --bin instructions only call  # prints those whose name has `call`
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use circuits_benches::counts::{WORKLOADS, Workload};

/// So much worse than what is kept is a failure.
const TOLERANCE: f64 = 1.05;

/// What an operation may differ by without being worse: the last bucket of a
/// buffer that grows is not shared by all operations alike.
const SLACK: f64 = 5.0;

/// The same for allocations.
const ALLOCATION_SLACK: f64 = 0.01;

struct Count {
    instructions: f64,
    allocations: f64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["run", name, operations] => {
            let workload = WORKLOADS.iter().find(|it| it.name == *name);
            let operations = operations.parse();
            let (Some(workload), Ok(operations)) = (workload, operations) else {
                eprintln!("there is no such workload");
                return ExitCode::FAILURE;
            };
            workload.run(operations);
            ExitCode::SUCCESS
        }
        ["keep"] => finish(keep()),
        ["only", part] => finish(report(part).map(|_| true)),
        [] => finish(compare()),
        _ => {
            eprintln!("usage: instructions [keep | only PART | run NAME OPERATIONS]");
            ExitCode::FAILURE
        }
    }
}

fn finish(result: Result<bool, String>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts and prints all workloads whose names contain `part`.
fn report(part: &str) -> Result<Vec<(&'static Workload, Count)>, String> {
    let mut counts = Vec::new();
    println!(
        "{:<40} {:>13} {:>12}",
        "an operation", "instructions", "allocations"
    );
    for workload in WORKLOADS.iter().filter(|it| it.name.contains(part)) {
        let count = count(workload)?;
        println!(
            "{:<40} {:>13.0} {:>12.2}",
            workload.name, count.instructions, count.allocations
        );
        counts.push((workload, count));
    }
    Ok(counts)
}

fn keep() -> Result<bool, String> {
    let rows = report("")?.into_iter().map(|(workload, count)| {
        let Count {
            instructions,
            allocations,
        } = count;
        let name = workload.name;
        format!("{name}\t{instructions:.0}\t{allocations:.2}\n")
    });
    let text: String = rows.collect();
    let file = kept_file();
    std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(true)
}

/// Tells whether nothing of ours is worse than what is kept.
///
/// Where a baseline takes more than it did, that is not ours: another compiler,
/// another tokio. So much more is then allowed to those beside it.
fn compare() -> Result<bool, String> {
    let kept = read_kept()?;
    let now = report("")?;
    let mut fine = true;
    let mut beside = &now[..];
    while let Some(at) = beside.iter().position(|(it, _)| it.is_baseline()) {
        let (group, rest) = beside.split_at(at + 1);
        beside = rest;
        let (baseline, count) = &group[at];
        let drift = kept.get(baseline.name).map_or(1.0, |kept| {
            (count.instructions / kept.instructions).max(1.0)
        });
        for (workload, count) in &group[..at] {
            fine &= judge(workload.name, count, kept.get(workload.name), drift);
        }
    }
    Ok(fine)
}

/// Tells whether one is no worse than what is kept of it; says so if not.
fn judge(name: &str, now: &Count, kept: Option<&Count>, drift: f64) -> bool {
    let Some(kept) = kept else {
        println!("{name}: not kept yet; run `instructions keep`");
        return false;
    };
    let fine = now.instructions <= kept.instructions * drift * TOLERANCE + SLACK
        && now.allocations <= kept.allocations * TOLERANCE + ALLOCATION_SLACK;
    if !fine {
        println!(
            "{name}: worse than the {:.0} instructions and {:.2} allocations that are kept",
            kept.instructions, kept.allocations
        );
    }
    fine
}

fn read_kept() -> Result<BTreeMap<String, Count>, String> {
    let file = kept_file();
    let text = std::fs::read_to_string(&file);
    let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
    let row = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?.to_owned();
        let instructions = fields.next()?.parse().ok()?;
        let allocations = fields.next()?.parse().ok()?;
        let count = Count {
            instructions,
            allocations,
        };
        Some((name, count))
    };
    let rows = text
        .lines()
        .map(|line| row(line).ok_or_else(|| format!("{}: {line:?} is no row", file.display())));
    rows.collect()
}

fn kept_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.tsv")
}

fn count(workload: &Workload) -> Result<Count, String> {
    let per_operation = |measure: fn(&Workload, u64) -> Result<u64, String>| {
        let once = measure(workload, workload.operations)?;
        let twice = measure(workload, workload.operations * 2)?;
        Ok::<_, String>((twice as f64 - once as f64) / workload.operations as f64)
    };
    Ok(Count {
        instructions: per_operation(instructions)?,
        allocations: per_operation(allocations)?,
    })
}

fn instructions(workload: &Workload, operations: u64) -> Result<u64, String> {
    let tool = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    number_after("Collected : ", &valgrind(&tool, workload, operations)?)
}

fn allocations(workload: &Workload, operations: u64) -> Result<u64, String> {
    let tool = [
        "--tool=memcheck",
        "--leak-check=no",
        "--undef-value-errors=no",
    ];
    number_after(
        "total heap usage: ",
        &valgrind(&tool, workload, operations)?,
    )
}

fn valgrind(tool: &[&str], workload: &Workload, operations: u64) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(tool)
        .arg(program)
        .args(["run", workload.name, &operations.to_string()])
        // The same way each time: hashes are seeded from what is random, but
        // the environment must not move the stack.
        .env_clear()
        .output()
        .map_err(|error| format!("valgrind does not start: {error}; apt-get install valgrind"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("{}: {text}", workload.name))
    }
}

/// Reads a number such as `1,234` that stands behind a text.
fn number_after(text: &str, output: &str) -> Result<u64, String> {
    let rest = output.split(text).nth(1).unwrap_or_default();
    let digits: String = rest
        .chars()
        .take_while(|it| it.is_ascii_digit() || *it == ',')
        .filter(char::is_ascii_digit)
        .collect();
    let number = digits.parse();
    number.map_err(|_| format!("valgrind did not say {text:?}: {output}"))
}
