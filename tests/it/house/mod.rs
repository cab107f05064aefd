//! The rules of the house, as tests: what review would otherwise look for by eye.
//!
//! Each rule is a function from one file to its offences, so that it can be
//! shown a small source that it must refuse, and is then run over the
//! workspace. Most rules read tokens, not syntax trees: a token stream also
//! shows what stands inside a macro call, and never a comment or a string.

mod entries;
mod files;
mod imports;
mod manifests;
mod paths;
mod syntax;
mod tokens;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

/// One file of the workspace, by its path from the root.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Spans know their lines only on the thread that parsed them, and every
    /// test has a thread of its own: so tokens are made anew, not cached.
    fn tokens(&self) -> TokenStream {
        self.text
            .parse()
            .unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|e| panic!("{}: {e}", self.path))
    }

    /// Where the file stands below its `src`: `["core", "route", "table"]`.
    fn module(&self) -> Vec<String> {
        let inner = self
            .path
            .split_once("src/")
            .map_or(&*self.path, |(_, inner)| inner);
        let mut module: Vec<_> = inner
            .trim_end_matches(".rs")
            .split('/')
            .map(String::from)
            .collect();
        if module
            .last()
            .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
        {
            module.pop();
        }
        module
    }

    fn is_door(&self) -> bool {
        self.path.ends_with("src/lib.rs") || self.path.ends_with("/mod.rs")
    }

    /// Whether it is the source of the library or of its macros.
    fn is_library(&self) -> bool {
        self.path.starts_with("circuits/src/") || self.path.starts_with("circuits-macros/src/")
    }

    fn offence(&self, line: usize, why: impl Into<String>) -> Offence {
        Offence {
            file: self.path.clone(),
            line,
            why: why.into(),
        }
    }
}

/// A place that breaks a rule.
#[derive(Debug)]
struct Offence {
    file: String,
    line: usize,
    why: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below `folder` whose names end in `suffix`, in the order of their paths.
fn sources(folder: &str, suffix: &str) -> Vec<Source> {
    fn walk(folder: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the workspace can be read") {
            let entry = entry.expect("a folder of the workspace can be read");
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    walk(&path, suffix, found);
                }
            } else if name.ends_with(suffix) {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(folder), suffix, &mut found);
    found.sort();
    assert!(
        !found.is_empty(),
        "no file ends in {suffix} below {folder}: the rule looks at nothing"
    );
    let source = |path: PathBuf| Source {
        path: path
            .strip_prefix(&root)
            .expect("found below the root")
            .display()
            .to_string(),
        text: fs::read_to_string(&path).expect("a source can be read"),
    };
    found.into_iter().map(source).collect()
}

/// Fails with every offence against `rule`.
fn check(sources: Vec<Source>, rule: impl Fn(&Source) -> Vec<Offence>) {
    let offences: Vec<_> = sources
        .iter()
        .flat_map(rule)
        .map(|o| o.to_string())
        .collect();
    assert!(
        offences.is_empty(),
        "{} offences:\n{}",
        offences.len(),
        offences.join("\n")
    );
}

/// Shows `rule` a source and compares the lines that it refuses.
fn refuses(rule: impl Fn(&Source) -> Vec<Offence>, path: &str, text: &str, lines: &[usize]) {
    let offences = rule(&Source::new(path, text));
    let mut found: Vec<_> = offences.iter().map(|o| o.line).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, lines, "{path}\n{text}\n{offences:#?}");
}
