//! The shape of the files: their length, their first line, their neighbors.

use std::fs;

use super::{Offence, Source, check, refuses, root, sources};

const MOST_LINES: usize = 500;
const MOST_LINES_OF_ARCHITECTURE: usize = 150;

#[test]
fn no_file_is_longer_than_500_lines() {
    check(sources("", ".rs"), |source| longer_than(source, MOST_LINES));
}

#[test]
fn the_architecture_fits_in_150_lines() {
    let text =
        fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let page = Source::new("ARCHITECTURE.md", &text);
    check(vec![page], |source| {
        longer_than(source, MOST_LINES_OF_ARCHITECTURE)
    });
}

#[test]
fn every_file_of_the_library_starts_by_saying_what_lives_there() {
    check(sources("circuits/src", ".rs"), starts_without_docs);
    check(sources("circuits-macros/src", ".rs"), starts_without_docs);
}

#[test]
fn no_file_stands_beside_a_folder_of_its_name() {
    check(sources("", ".rs"), |source| {
        beside_its_folder(source, |folder| root().join(folder).is_dir())
    });
}

fn longer_than(source: &Source, most: usize) -> Vec<Offence> {
    let lines = source.text.lines().count();
    let why = format!("{lines} lines, and {most} are the most");
    (lines > most)
        .then(|| source.offence(lines, why))
        .into_iter()
        .collect()
}

fn starts_without_docs(source: &Source) -> Vec<Offence> {
    let starts = source.text.starts_with("//!");
    (!starts)
        .then(|| source.offence(1, "starts without `//!`"))
        .into_iter()
        .collect()
}

fn beside_its_folder(source: &Source, is_folder: impl Fn(&str) -> bool) -> Vec<Offence> {
    let folder = source.path.trim_end_matches(".rs");
    let why = format!("stands beside `{folder}/`: its place is `{folder}/mod.rs`");
    is_folder(folder)
        .then(|| source.offence(1, why))
        .into_iter()
        .collect()
}

#[test]
fn a_long_file_is_refused() {
    refuses(
        |s| longer_than(s, MOST_LINES),
        "circuits/src/lib.rs",
        &"\n".repeat(500),
        &[],
    );
    refuses(
        |s| longer_than(s, MOST_LINES),
        "circuits/src/lib.rs",
        &"\n".repeat(501),
        &[501],
    );
}

#[test]
fn a_file_without_a_first_sentence_is_refused() {
    refuses(
        starts_without_docs,
        "circuits/src/lib.rs",
        "//! The library.\n",
        &[],
    );
    refuses(
        starts_without_docs,
        "circuits/src/lib.rs",
        "use std::fmt;\n//! Late.\n",
        &[1],
    );
    refuses(starts_without_docs, "circuits/src/lib.rs", "", &[1]);
}

#[test]
fn a_file_beside_a_folder_of_its_name_is_refused() {
    let rule = |source: &Source| beside_its_folder(source, |folder| folder == "circuits/src/net");
    refuses(rule, "circuits/src/net.rs", "", &[1]);
    refuses(rule, "circuits/src/io.rs", "", &[]);
    refuses(rule, "circuits/src/net/mod.rs", "", &[]);
}
