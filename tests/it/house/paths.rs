//! Reads every path out of a token stream: what is imported and what is named in the code.
//!
//! Groups of a `use` are spread out, `crate`, `self` and `super` can be
//! resolved against the module that they stand in, and the bodies of macro
//! calls are read like any other code.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{Offence, Source};

/// One path, as written.
#[derive(Debug)]
pub(super) struct NamedPath {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// The module that it stands in, from the crate's root.
    pub(super) module: Vec<String>,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum Place {
    Import,
    /// After a dot: a field or a method.
    Member,
    /// Before `!` and a group.
    Macro(TokenStream),
    /// Before `()`.
    CallOfNothing,
    Code,
}

impl NamedPath {
    /// Whether the path is `wanted`, or goes on from there.
    pub(super) fn starts_with(&self, wanted: &str) -> bool {
        let mut segments = self.segments.iter();
        !self.is_member()
            && wanted
                .split("::")
                .all(|part| segments.next().is_some_and(|s| s == part))
    }

    /// Whether the last segments are `wanted`.
    pub(super) fn ends_with(&self, wanted: &str) -> bool {
        let wanted: Vec<_> = wanted.split("::").collect();
        !self.is_member()
            && self.segments.len() >= wanted.len()
            && self.segments[self.segments.len() - wanted.len()..] == wanted[..]
    }

    pub(super) fn is_import(&self) -> bool {
        matches!(self.place, Place::Import)
    }

    fn is_member(&self) -> bool {
        matches!(self.place, Place::Member)
    }

    /// Whether it stands in a module or a file of unit tests.
    pub(super) fn is_in_tests(&self) -> bool {
        self.module.iter().any(|part| part == "tests")
    }

    /// The path from the crate's root; nothing if it does not say where it starts.
    pub(super) fn resolved(&self) -> Option<Vec<&str>> {
        let mut from: Vec<&str> = self.module.iter().map(String::as_str).collect();
        let mut rest = self.segments.iter().map(String::as_str).peekable();
        match rest.next()? {
            "crate" => from.clear(),
            "self" => {}
            "super" => _ = from.pop(),
            _ => return None,
        }
        while rest.next_if_eq(&"super").is_some() {
            from.pop();
        }
        from.extend(rest);
        Some(from)
    }
}

/// Judges every path of a source; a rule that objects says why.
pub(super) fn offences(
    source: &Source,
    why: impl Fn(&NamedPath) -> Option<String>,
) -> Vec<Offence> {
    let judge = |path: &NamedPath| Some(source.offence(path.line, why(path)?));
    paths(source).iter().filter_map(judge).collect()
}

/// Every path, in order.
fn paths(source: &Source) -> Vec<NamedPath> {
    let mut reader = Reader {
        module: source.module(),
        found: Vec::new(),
    };
    reader.read(source.tokens());
    reader.found
}

struct Reader {
    module: Vec<String>,
    found: Vec<NamedPath>,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    self.read(group.stream());
                    at += 1;
                }
                // A lifetime: `'static` is no path.
                TokenTree::Punct(p) if p.as_char() == '\'' => at += 2,
                TokenTree::Ident(word) if word == "use" && !is_punct(&tokens, at + 1, '<') => {
                    at = self.import(&tokens, at + 1, &[]);
                }
                TokenTree::Ident(word) if word == "mod" && group(&tokens, at + 2).is_some() => {
                    self.module.push(tokens[at + 1].to_string());
                    self.read(group(&tokens, at + 2).expect("just seen").stream());
                    self.module.pop();
                    at += 3;
                }
                TokenTree::Ident(_) => at = self.path(&tokens, at),
                _ => at += 1,
            }
        }
    }

    /// Reads one path in the code and returns where it ends.
    fn path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut segments = vec![tokens[start].to_string()];
        let mut at = start + 1;
        while is_colons(tokens, at)
            && let Some(TokenTree::Ident(next)) = tokens.get(at + 2)
        {
            segments.push(next.to_string());
            at += 3;
        }
        let place = if start > 0 && is_punct(tokens, start - 1, '.') {
            Place::Member
        } else if let (true, Some(body)) = (is_punct(tokens, at, '!'), group(tokens, at + 1)) {
            Place::Macro(body.stream())
        } else if is_call_of_nothing(tokens, at) {
            Place::CallOfNothing
        } else {
            Place::Code
        };
        self.push(segments, &tokens[start], place);
        at
    }

    /// Reads one branch of a `use` and returns where it ends.
    fn import(&mut self, tokens: &[TokenTree], mut at: usize, prefix: &[String]) -> usize {
        let mut segments = prefix.to_vec();
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) => {
                    let is_group_itself = word == "self" && !segments.is_empty();
                    if !is_group_itself {
                        segments.push(word.to_string());
                    }
                    if !is_colons(tokens, at + 1) {
                        self.push(segments, token, Place::Import);
                        break;
                    }
                    at += 3;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let branches: Vec<_> = group.stream().into_iter().collect();
                    let mut branch = 0;
                    while branch < branches.len() {
                        branch = self.import(&branches, branch, &segments);
                        while branch < branches.len() && !is_punct(&branches, branch, ',') {
                            branch += 1;
                        }
                        branch += 1;
                    }
                    break;
                }
                TokenTree::Punct(p) if p.as_char() == '*' => {
                    segments.push("*".to_owned());
                    self.push(segments, token, Place::Import);
                    break;
                }
                // The `::` in front of a crate's name.
                TokenTree::Punct(p) if p.as_char() == ':' => at += 1,
                _ => break,
            }
        }
        at + 1
    }

    fn push(&mut self, segments: Vec<String>, at: &TokenTree, place: Place) {
        let line = at.span().start().line;
        self.found.push(NamedPath {
            segments,
            line,
            module: self.module.clone(),
            place,
        });
    }
}

fn is_punct(tokens: &[TokenTree], at: usize, wanted: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens, at, ':') && is_punct(tokens, at + 1, ':')
}

fn group(tokens: &[TokenTree], at: usize) -> Option<&Group> {
    match tokens.get(at) {
        Some(TokenTree::Group(group)) => Some(group),
        _ => None,
    }
}

/// Whether `()` stands here, perhaps after `::<..>`.
fn is_call_of_nothing(tokens: &[TokenTree], mut at: usize) -> bool {
    if is_colons(tokens, at) && is_punct(tokens, at + 2, '<') {
        at += 2;
        let mut depth = 0;
        while at < tokens.len() {
            if is_punct(tokens, at, '<') {
                depth += 1;
            } else if is_punct(tokens, at, '>') && !is_punct(tokens, at - 1, '-') {
                depth -= 1;
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
    }
    group(tokens, at)
        .is_some_and(|g| g.delimiter() == Delimiter::Parenthesis && g.stream().is_empty())
}

#[test]
fn a_path_is_read_wherever_it_stands() {
    let source = Source::new(
        "circuits/src/core/route/table.rs",
        "use crate::{a::{self, b as c}, d::*};\nuse ::std::e;\nmod inner { use super::super::f; }\n\
         fn g() -> impl Sized + use<> { h::i::<J<K>>(); l.m(); n!(self::o) }",
    );
    let found: Vec<_> = paths(&source)
        .iter()
        .map(|p| p.segments.join("::"))
        .collect();
    for path in [
        "crate::a",
        "crate::a::b",
        "crate::d::*",
        "std::e",
        "super::super::f",
        "h::i",
        "self::o",
    ] {
        assert!(
            found.iter().any(|f| f == path),
            "{path} is not in {found:?}"
        );
    }
    let resolved: Vec<_> = paths(&source)
        .iter()
        .filter_map(|p| Some(p.resolved()?.join("::")))
        .collect();
    assert_eq!(
        resolved,
        [
            "a",
            "a::b",
            "d::*",
            "core::route::f",
            "core::route::table::o"
        ]
    );
}
