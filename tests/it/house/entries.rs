//! The entries of the original's core: each has a row in the guide, and tests that show it.

use std::collections::BTreeSet;
use std::fs;

use syn::visit::{self, Visit};

use super::{Offence, Source, check, root, sources};

const CHAPTER: &str = "book/src/coming-from-python.md";

/// Their numbers.
const ENTRIES: [u16; 92] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 67, 70, 71, 72, 73, 74, 75, 76, 77, 78, 80, 81, 82, 83, 90,
    91, 100, 101, 102, 110, 111, 112, 120, 130, 140, 141, 142, 143, 144, 145, 146, 150, 151,
];

#[test]
fn every_entry_has_a_row_in_the_guide_whose_links_and_tests_exist() {
    let text = fs::read_to_string(root().join(CHAPTER)).expect("the chapter is there");
    let tests = sources("tests", ".rs").iter().flat_map(tests_of).collect();
    let exists = |path: &str| root().join("book/src").join(path).exists();
    let chapter = Source::new(CHAPTER, &text);
    check(vec![chapter], |chapter| {
        wrong_rows(chapter, &ENTRIES, &tests, exists)
    });
}

/// Returns the test functions of a file.
fn tests_of(source: &Source) -> BTreeSet<String> {
    struct Tests(BTreeSet<String>);

    impl<'ast> Visit<'ast> for Tests {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            let is_test = |attr: &syn::Attribute| {
                let last = attr.path().segments.last();
                last.is_some_and(|last| last.ident == "test")
            };
            if item.attrs.iter().any(is_test) {
                self.0.insert(item.sig.ident.to_string());
            }
            visit::visit_item_fn(self, item);
        }
    }

    // Most files have none, and reading tokens takes its time.
    if !source.text.contains("fn core_") {
        return BTreeSet::new();
    }
    let mut tests = Tests(BTreeSet::new());
    tests.visit_file(&source.syntax());
    tests.0
}

fn wrong_rows(
    chapter: &Source,
    entries: &[u16],
    tests: &BTreeSet<String>,
    exists: impl Fn(&str) -> bool,
) -> Vec<Offence> {
    let mut offences = Vec::new();
    let mut missing: BTreeSet<u16> = entries.iter().copied().collect();
    for (line, row) in (1..).zip(chapter.text.lines()) {
        let Some(row) = row.strip_prefix("| CORE-") else {
            continue;
        };
        let mut complain = |why: String| offences.push(chapter.offence(line, why));
        let cells: Vec<_> = row
            .trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let [number, python, here, see, named] = cells[..] else {
            complain(format!("{} cells, and a row has 5", cells.len()));
            continue;
        };
        if !number.parse().is_ok_and(|number| missing.remove(&number)) {
            complain(format!("`CORE-{number}` is no entry, or has a row already"));
        }
        if [python, here, see]
            .iter()
            .any(|cell| cell.trim_matches('?').is_empty())
        {
            complain("a cell is empty".to_owned());
        }
        for link in links(row).filter(|link| !leads_somewhere(chapter, link, &exists)) {
            complain(format!("the link `{link}` leads nowhere"));
        }
        let prefix = format!("core_{number}_");
        let names: Vec<_> = named.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            complain("it names no test".to_owned());
        }
        for name in names {
            if !name.starts_with(&prefix) || !tests.contains(name) {
                complain(format!("`{name}` is no test of this entry"));
            }
        }
    }
    for number in missing {
        offences.push(chapter.offence(1, format!("CORE-{number:03} has no row")));
    }
    for test in tests.iter().filter_map(|test| test.strip_prefix("core_")) {
        let number = test
            .split('_')
            .next()
            .and_then(|number| number.parse().ok());
        if !number.is_some_and(|number| entries.contains(&number)) {
            offences.push(chapter.offence(1, format!("`core_{test}` is named after no entry")));
        }
    }
    offences
}

fn links(row: &str) -> impl Iterator<Item = &str> {
    let ends = row.split("](").skip(1);
    ends.filter_map(|rest| rest.split(')').next())
}

/// Tells whether a file is there, and in the chapter itself the heading.
fn leads_somewhere(chapter: &Source, link: &str, exists: impl Fn(&str) -> bool) -> bool {
    match link.split_once('#') {
        None => exists(link),
        Some(("", anchor)) => {
            let headings = chapter
                .text
                .lines()
                .filter_map(|line| line.strip_prefix("## "));
            headings.map(slug).any(|heading| heading == anchor)
        }
        Some((file, _)) => exists(file),
    }
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn a_row_that_is_missing_wrong_or_twice_is_refused() {
    let tests = ["core_001_it_works", "core_002_so_does_this"];
    let tests = tests.map(str::to_owned).into_iter().collect();
    let refuses = |rows: &[&str], lines: &[usize]| {
        let text = format!("## Far away\n{}\n", rows.join("\n"));
        let chapter = Source::new(CHAPTER, &text);
        let found = wrong_rows(&chapter, &[1, 2], &tests, |path| path == "events.md");
        let found: Vec<_> = found.iter().map(|offence| offence.line).collect();
        assert_eq!(found, lines, "{text}");
    };
    let one = "| CORE-001 | py | here | [E](events.md) | `core_001_it_works` |";
    let two = "| CORE-002 | py | here | [far](#far-away) | `core_002_so_does_this` |";
    refuses(&[one, two], &[]);
    refuses(&[one], &[1]);
    refuses(&[one, two, one], &[4]);
    refuses(&[one, &two.replace("so_does", "so_did")], &[3]);
    refuses(
        &[
            one,
            &two.replace("`core_002_so_does_this`", "`core_001_it_works`"),
        ],
        &[3],
    );
    refuses(
        &[one, &two.replace("`core_002_so_does_this`", "by hand")],
        &[3],
    );
    refuses(&[&one.replace("events", "event"), two], &[2]);
    refuses(&[one, &two.replace("far-away", "near")], &[3]);
    refuses(&[one, &two.replace("| here |", "|")], &[3, 1]);
    refuses(&[one, &two.replace("here", "?")], &[3]);
    refuses(
        &[
            one,
            two,
            "| CORE-003 | py | here | see | `core_001_it_works` |",
        ],
        &[4, 4],
    );
}

#[test]
fn a_test_that_is_named_after_no_entry_is_refused() {
    let source = "#[test]\nfn core_999_is_none() {}\n#[tokio::test(start_paused = true)]\nasync fn core_001_is_one() {}\nfn core_002_is_no_test() {}\n";
    let tests = tests_of(&Source::new("tests/it/x.rs", source));
    let names: Vec<_> = tests.iter().map(String::as_str).collect();
    assert_eq!(names, ["core_001_is_one", "core_999_is_none"]);
    let chapter = Source::new(CHAPTER, "");
    let offences = wrong_rows(&chapter, &[], &tests, |_| true);
    assert_eq!(offences.len(), 2);
}
