//! The guide quotes the macros: what it quotes is what they say.

use std::fs;
use std::path::Path;

/// Reads all files below a folder whose name ends so.
fn texts(folder: &Path, end: &str) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &texts(&path, end);
        } else if path.to_string_lossy().ends_with(end) {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// Returns the pieces of code in a line of Markdown, whose fences are one
/// backtick or two.
fn code(mut line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while let Some(begin) = line.find('`') {
        let rest = &line[begin..];
        let fence = &rest[..rest.len() - rest.trim_start_matches('`').len()];
        let Some((piece, after)) = rest[fence.len()..].split_once(fence) else {
            break;
        };
        pieces.push(piece.trim());
        line = after;
    }
    pieces
}

/// Returns the messages in a chapter: in the first column of the tables of
/// messages, and on the lines of the blocks of text.
fn messages(chapter: &str) -> Vec<&str> {
    let (mut in_table, mut in_text) = (false, false);
    let mut found = Vec::new();
    for line in chapter.lines() {
        if line.starts_with("```") {
            in_text = line == "```text";
        } else if in_text {
            found.push(line.trim());
        } else if line.starts_with("| Message |") {
            in_table = true;
        } else if !line.starts_with('|') {
            in_table = false;
        } else if in_table && !line.starts_with("|---") {
            let cell = line[1..].split(" | ").next().unwrap();
            let pieces = code(cell);
            assert!(!pieces.is_empty(), "{cell} quotes no message");
            found.extend(pieces);
        }
    }
    found
}

#[test]
fn every_message_that_the_guide_quotes_is_given() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let given = texts(&root.join("tests/ui/fail"), ".stderr");
    let chapter = fs::read_to_string(root.join("book/src/errors.md")).unwrap();
    let messages = messages(&chapter);
    assert!(messages.len() > 40, "only {} are quoted", messages.len());
    let strange: Vec<_> = messages
        .into_iter()
        .filter(|message| !given.contains(message.trim_end_matches(" ..")))
        .collect();
    assert!(strange.is_empty(), "no message: {strange:#?}");
}
