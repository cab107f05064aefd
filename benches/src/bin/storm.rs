//! Prints how much longer a call waits while a sibling of the callee fails as
//! fast as it can.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin storm [rounds]
//! ```

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    circuits_benches::storm(rounds.unwrap_or(9).max(1));
}
