//! Rules that need the syntax tree: where features may switch, and what public signatures say.

use proc_macro2::TokenTree;
use syn::visit::{self, Visit};

use super::tokens::each_level;
use super::{Offence, Source, check, refuses, sources};

#[test]
fn features_switch_whole_items_at_the_doors_only() {
    check(sources("circuits/src", ".rs"), misplaced_features);
    check(sources("circuits-macros/src", ".rs"), misplaced_features);
}

#[test]
fn no_public_signature_mentions_any() {
    check(sources("circuits/src", ".rs"), public_any);
}

fn misplaced_features(source: &Source) -> Vec<Offence> {
    let mut found = Vec::new();
    if source.is_door() {
        PartsOfItems {
            source,
            depth: 0,
            found: &mut found,
        }
        .visit_file(&source.syntax());
        return found;
    }
    each_level(source.tokens(), &mut |tokens| {
        for (at, token) in tokens.iter().enumerate() {
            let is_cfg =
                matches!(token, TokenTree::Ident(word) if word == "cfg" || word == "cfg_attr");
            let condition = tokens[at + 1..].iter().take(2).find_map(|next| match next {
                TokenTree::Group(group) => Some(group.to_string()),
                _ => None,
            });
            if is_cfg && condition.is_some_and(|c| names_a_feature(&c)) {
                let why = "a feature switches away from lib.rs and the doors";
                found.push(source.offence(token.span().start().line, why));
            }
        }
    });
    found
}

fn names_a_feature(condition: &str) -> bool {
    let squeezed: String = condition.split_whitespace().collect();
    squeezed.contains("feature=\"")
}

/// Finds features on anything smaller than an item.
struct PartsOfItems<'a> {
    source: &'a Source,
    depth: usize,
    found: &'a mut Vec<Offence>,
}

/// Everything below these nodes is part of an item.
macro_rules! parts {
    ($($visit:ident: $node:ident),*) => {
        $(fn $visit(&mut self, node: &'ast syn::$node) {
            self.depth += 1;
            visit::$visit(self, node);
            self.depth -= 1;
        })*
    };
}

impl<'ast> Visit<'ast> for PartsOfItems<'_> {
    parts! {
        visit_field: Field,
        visit_variant: Variant,
        visit_fn_arg: FnArg,
        visit_generic_param: GenericParam,
        visit_block: Block,
        visit_expr: Expr
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let path = attribute.path();
        let is_cfg = path.is_ident("cfg") || path.is_ident("cfg_attr");
        if self.depth == 0 || !is_cfg {
            return;
        }
        let condition = attribute
            .meta
            .require_list()
            .map(|list| list.tokens.to_string());
        if condition.is_ok_and(|c| names_a_feature(&c)) {
            self.complain(&path.segments[0].ident);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("cfg") && names_a_feature(&call.tokens.to_string()) {
            self.complain(&call.path.segments[0].ident);
        }
    }
}

impl PartsOfItems<'_> {
    fn complain(&mut self, at: &syn::Ident) {
        let why = "a feature switches a part of an item";
        self.found
            .push(self.source.offence(at.span().start().line, why));
    }
}

/// What is hidden from the docs is the macros' business, not a user's.
fn public_any(source: &Source) -> Vec<Offence> {
    let mut finder = PublicAny {
        source,
        found: Vec::new(),
    };
    finder.visit_file(&source.syntax());
    finder.found
}

struct PublicAny<'a> {
    source: &'a Source,
    found: Vec<Offence>,
}

impl PublicAny<'_> {
    fn look(
        &mut self,
        vis: &syn::Visibility,
        attrs: &[syn::Attribute],
        visit: impl FnOnce(&mut AnyWords),
    ) {
        if matches!(vis, syn::Visibility::Public(_)) && !is_hidden(attrs) {
            let mut words = AnyWords { lines: Vec::new() };
            visit(&mut words);
            let offence = |line| {
                self.source
                    .offence(line, "a public signature mentions `Any`")
            };
            self.found.extend(words.lines.into_iter().map(offence));
        }
    }
}

fn is_hidden(attrs: &[syn::Attribute]) -> bool {
    let hides = |attr: &syn::Attribute| {
        let list = attr.meta.require_list();
        attr.path().is_ident("doc") && list.is_ok_and(|list| list.tokens.to_string() == "hidden")
    };
    attrs.iter().any(hides)
}

impl<'ast> Visit<'ast> for PublicAny<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_hidden(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.look(&item.vis, &item.attrs, |words| {
            words.visit_signature(&item.sig)
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.look(&item.vis, &item.attrs, |words| {
            words.visit_signature(&item.sig)
        });
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        for member in &item.items {
            if let syn::TraitItem::Fn(method) = member
                && !is_hidden(&item.attrs)
            {
                self.look(&item.vis, &method.attrs, |words| {
                    words.visit_signature(&method.sig)
                });
            }
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.look(&field.vis, &field.attrs, |words| {
            words.visit_type(&field.ty)
        });
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.look(&item.vis, &item.attrs, |words| words.visit_type(&item.ty));
    }
}

struct AnyWords {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for AnyWords {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        if segment.ident == "Any" {
            self.lines.push(segment.ident.span().start().line);
        }
        visit::visit_path_segment(self, segment);
    }
}

#[test]
fn a_feature_in_the_wrong_place_is_refused() {
    let refuses = |path, text, lines: &[usize]| refuses(misplaced_features, path, text, lines);
    let (door, file) = ("circuits/src/net/mod.rs", "circuits/src/net/tcp.rs");
    let item = "#[cfg(feature = \"web\")]\npub mod web;";
    refuses(door, item, &[]);
    refuses("circuits/src/lib.rs", item, &[]);
    refuses(file, item, &[1]);
    refuses(
        file,
        "#[cfg(test)]\nmod tests;\n// cfg(feature = \"web\")",
        &[],
    );
    refuses(
        file,
        "fn f() {\n    if cfg!(any(feature = \"web\", test)) {}\n}",
        &[2],
    );
    refuses(
        file,
        "#[cfg_attr(feature = \"web\", derive(Debug))]\nstruct A;",
        &[1],
    );
    refuses(
        door,
        "impl A {\n    #[cfg(feature = \"web\")]\n    fn f() {}\n}",
        &[],
    );
    refuses(
        door,
        "struct A {\n    #[cfg(feature = \"web\")]\n    b: u8,\n}",
        &[2],
    );
    refuses(
        door,
        "fn f(\n    #[cfg(feature = \"web\")] b: u8,\n) {}",
        &[2],
    );
    refuses(
        door,
        "fn f() {\n    match a {\n        #[cfg(feature = \"web\")]\n        _ => {}\n    }\n}",
        &[3],
    );
    refuses(
        door,
        "fn f() {\n    #[cfg(feature = \"web\")]\n    g();\n    cfg!(feature = \"web\");\n}",
        &[2, 4],
    );
}

#[test]
fn a_public_any_is_refused() {
    let refuses =
        |text, lines: &[usize]| refuses(public_any, "circuits/src/core/event.rs", text, lines);
    refuses(
        "pub(crate) fn f(a: &dyn Any) {}\nfn g(a: &dyn Any) {}\npub fn h(a: &AnyEvent) {}",
        &[],
    );
    refuses(
        "#[doc(hidden)]\npub fn f(a: &dyn Any) {}\n#[doc(hidden)]\npub mod m { pub fn g(a: Box<dyn Any>) {} }",
        &[],
    );
    refuses("pub fn f() -> Box<dyn std::any::Any + Send> { g() }", &[1]);
    refuses("impl A {\n    pub fn f<T: Any>(t: T) {}\n}", &[2]);
    refuses("pub trait A {\n    fn f(&self) -> &dyn Any;\n}", &[2]);
    refuses(
        "pub struct A {\n    pub b: Box<dyn Any>,\n    c: Box<dyn Any>,\n}\npub type B = Arc<dyn Any>;",
        &[2, 5],
    );
}
