//! Prints how long calls wait for their answers at 70 % load, ours and by hand.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin latency [rounds]
//! ```

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    circuits_benches::latency(rounds.unwrap_or(9).max(1));
}
