//! Measures servers of sockets beside plain tokio: the processor time of an echo, the
//! memory of a connection, what many connects leave behind, and a forwarded gibibyte.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin sockets [echo|open|leave|forward]
//! ```
//!
//! Servers and their peers are processes of their own, which this starts. For
//! `forward` it builds the example `portforward`, and `socat` must be installed.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match circuits_benches::sockets(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
