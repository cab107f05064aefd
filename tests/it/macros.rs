//! What the macros accept and refuse, and the words with which they refuse it.
//!
//! `TRYBUILD=overwrite cargo test -p circuits-tests --test it macros` writes the
//! messages anew; each is to be read before it is committed.

use trybuild::TestCases;

#[test]
fn every_accepted_form_compiles_and_runs() {
    TestCases::new().pass("ui/pass/*.rs");
}

#[test]
fn every_mistake_is_told_where_it_is_and_what_to_write() {
    TestCases::new().compile_fail("ui/fail/*.rs");
}
