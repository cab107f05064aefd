//! The same table as `--bin compare`, from fewer rounds.

fn main() {
    // Cargo adds `--bench`; what does not look like an option is a filter.
    let filter = std::env::args().skip(1).find(|text| !text.starts_with('-'));
    circuits_benches::compare(3, &filter.unwrap_or_default());
}
