//! Prints how long operations take: by hand, ours, and on other actor libraries.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin compare                    # all, 9 rounds
//! $ cargo run --release -p circuits-benches --bin compare call 3             # names with `call`, 3 rounds
//! $ cargo run --release -p circuits-benches --bin compare --into folder      # tables and charts as files, too
//! $ cargo run --release -p circuits-benches --bin compare idle --idle 1000  # fewer that are started
//! $ cargo run --release -p circuits-benches --bin compare skynet --leaves 10000  # a smaller tree
//! ```

use std::process::ExitCode;

use circuits_benches::Comparison;

const USAGE: &str =
    "usage: compare [filter [rounds]] [--into FOLDER] [--idle COUNT] [--leaves COUNT]";

fn main() -> ExitCode {
    let Some(comparison) = read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match comparison.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the files cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Option<Comparison> {
    let mut comparison = Comparison::default();
    let mut place = 0;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--into" => comparison.into = Some(arguments.next()?.into()),
            "--idle" => comparison.idle = arguments.next()?.parse().ok()?,
            "--leaves" => comparison.leaves = arguments.next()?.parse().ok()?,
            option if option.starts_with('-') => return None,
            text => {
                place += 1;
                match place {
                    1 => text.clone_into(&mut comparison.filter),
                    2 => comparison.rounds = text.parse().ok().filter(|it| *it > 0)?,
                    _ => return None,
                }
            }
        }
    }
    Some(comparison)
}
