//! The same tables as `--bin compare`, from less work.

use circuits_benches::Comparison;

fn main() -> std::io::Result<()> {
    // Cargo adds `--bench`; what does not look like an option is a filter.
    let filter = std::env::args().skip(1).find(|text| !text.starts_with('-'));
    let comparison = Comparison {
        filter: filter.unwrap_or_default(),
        rounds: 3,
        idle: 10_000,
        leaves: 10_000,
        into: None,
    };
    comparison.run()
}
