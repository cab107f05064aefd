//! Prints the whole table.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin compare [filter [rounds]]
//! ```

fn main() {
    let mut arguments = std::env::args().skip(1);
    let filter = arguments.next().unwrap_or_default();
    let rounds = arguments.next().and_then(|text| text.parse().ok());
    circuits_benches::compare(rounds.unwrap_or(9), &filter);
}
