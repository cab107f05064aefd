//! The manifests: every dependency says what it is for, every package takes the workspace's lints.

use std::fs;

use super::{Offence, Source, check, refuses, root, sources};

#[test]
fn every_dependency_says_what_it_is_for() {
    check(sources("", "Cargo.toml"), dependencies_without_a_reason);
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    check(sources("", "Cargo.toml"), package_without_lints);
}

#[test]
fn the_workspace_forbids_unsafe_code() {
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    check(
        vec![Source::new("Cargo.toml", &text)],
        unsafe_code_is_not_forbidden,
    );
}

/// Line by line: a reason is a comment, and a parser would drop it.
fn dependencies_without_a_reason(source: &Source) -> Vec<Offence> {
    const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let is_table = |name: &str| TABLES.contains(&name);
    let (mut inside, mut open, mut above, mut found) = (false, 0, "", Vec::new());
    for (at, line) in source.text.lines().map(str::trim).enumerate() {
        let is_value = open > 0;
        let header = line
            .strip_prefix('[')
            .filter(|_| !is_value)
            .map(|rest| rest.trim_end_matches(']'));
        let is_dependency = if let Some(header) = header {
            let mut parts = header.rsplit('.');
            inside = parts.next().is_some_and(is_table);
            !inside && parts.next().is_some_and(is_table)
        } else {
            inside && !is_value && !line.is_empty() && !line.starts_with('#')
        };
        if is_dependency && !above.starts_with('#') {
            found.push(source.offence(
                at + 1,
                format!("no comment above says what it is for: {line}"),
            ));
        }
        if header.is_none() && !line.starts_with('#') {
            open += line.matches(['[', '{']).count();
            open -= line.matches([']', '}']).count().min(open);
        }
        above = line;
    }
    found
}

fn package_without_lints(source: &Source) -> Vec<Offence> {
    let is_package = section(source, "[package]").next().is_some();
    let has_lints = section(source, "[lints]").any(|line| line == "workspace=true");
    let why = "a package without `[lints] workspace = true`";
    (is_package && !has_lints)
        .then(|| source.offence(1, why))
        .into_iter()
        .collect()
}

fn unsafe_code_is_not_forbidden(source: &Source) -> Vec<Offence> {
    let forbids =
        section(source, "[workspace.lints.rust]").any(|line| line == "unsafe_code=\"forbid\"");
    let why = "the workspace does not forbid unsafe code";
    (!forbids)
        .then(|| source.offence(1, why))
        .into_iter()
        .collect()
}

/// The lines of one section, without their spaces.
fn section(source: &Source, header: &str) -> impl Iterator<Item = String> {
    let lines = source
        .text
        .lines()
        .map(|line| line.split_whitespace().collect::<String>());
    lines
        .skip_while(move |line| line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
}

#[test]
fn a_dependency_without_a_reason_is_refused() {
    let refuses =
        |text, lines: &[usize]| refuses(dependencies_without_a_reason, "x/Cargo.toml", text, lines);
    refuses(
        "[package]\nname = \"x\"\n[dependencies]\n# Why.\na = \"1\"\n\n# Why.\nb = \"1\"",
        &[],
    );
    refuses(
        "[dependencies]\n# Why.\na = \"1\"\nb = \"1\"\n# Late.\n\nc = \"1\"",
        &[4, 7],
    );
    refuses("[dev-dependencies]\na = \"1\"", &[2]);
    refuses("[target.'cfg(unix)'.dependencies]\na = \"1\"", &[2]);
    refuses(
        "[dependencies.a]\nversion = \"1\"\n# Why.\n[dependencies.b]\nversion = \"1\"",
        &[1],
    );
    refuses(
        "[dependencies]\n# Why.\na = { version = \"1\", features = [\n    \"b\",\n] }\nc = \"1\"",
        &[6],
    );
}

#[test]
fn a_package_without_the_lints_is_refused() {
    refuses(
        package_without_lints,
        "x/Cargo.toml",
        "[package]\nname = \"x\"",
        &[1],
    );
    refuses(
        package_without_lints,
        "x/Cargo.toml",
        "[package]\nname = \"x\"\n[lints]\nworkspace = true",
        &[],
    );
    refuses(
        package_without_lints,
        "x/Cargo.toml",
        "[package]\nname = \"x\"\n[lints]\n[a]\nworkspace = true",
        &[1],
    );
    refuses(
        package_without_lints,
        "Cargo.toml",
        "[workspace]\nmembers = []",
        &[],
    );
    refuses(
        unsafe_code_is_not_forbidden,
        "Cargo.toml",
        "[workspace.lints.rust]\nunsafe_code = \"warn\"",
        &[1],
    );
}
