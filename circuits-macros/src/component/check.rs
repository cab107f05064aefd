//! Judges the options of a component.

use std::time::Duration;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Fields, Generics, Lit, LitInt, LitStr, Member, Path};

use super::args::Args;
use crate::errors::Errors;
use crate::keys::Rule;
use crate::path::Root;
use crate::{duration, name};

/// The largest bound of a mailbox.
const MAILBOX_LIMIT: usize = 1_048_576;

const OVERFLOW: &[(&str, &str)] = &[
    ("wait", "Wait"),
    ("reject", "Reject"),
    ("drop_oldest", "DropOldest"),
    ("latest", "Latest"),
];
const STRATEGY: &[(&str, &str)] = &[
    ("one_for_one", "OneForOne"),
    ("one_for_all", "OneForAll"),
    ("rest_for_one", "RestForOne"),
    ("dynamic", "Dynamic"),
];
const AUTO_SHUTDOWN: &[(&str, &str)] = &[
    ("never", "Never"),
    ("any_significant", "AnySignificant"),
    ("all_significant", "AllSignificant"),
];
const ON_ERROR: &[(&str, &str)] = &[
    ("answer", "Answer"),
    ("restart", "Restart"),
    ("stop", "Stop"),
];
const ON_LINK: &[(&str, &str)] = &[("fail", "Fail"), ("tell", "Tell")];
const ON_RESTART: &[(&str, &str)] = &[
    ("keep_mailbox", "KeepMailbox"),
    ("drop_mailbox", "DropMailbox"),
];

/// Options that can be written.
pub(crate) struct Options {
    pub(crate) root: Root,
    pub(crate) channel: Option<LitStr>,
    pub(crate) mailbox: Option<usize>,
    pub(crate) max_restarts: Option<Restarts>,
    pub(crate) within: Option<Duration>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) attempts: Option<u32>,
    /// The field that holds what it extends.
    pub(crate) extends: Option<Member>,
    /// Those that are one of a few words.
    pub(crate) choices: Vec<Choice>,
    /// The function that decides what an error does.
    pub(crate) rule: Option<Path>,
}

/// How many restarts are borne.
pub(crate) enum Restarts {
    Limited(u32),
    Unlimited,
}

/// How long a component may take to end.
pub(crate) enum Shutdown {
    Brutal,
    After(Duration),
    Infinite,
}

/// An option whose value is one of a few words.
pub(crate) struct Choice {
    /// The method that sets it.
    pub(crate) method: Ident,
    /// The type of its value.
    pub(crate) kind: Ident,
    /// The value.
    pub(crate) variant: Ident,
}

/// Judges each key on its own; a bad one is left out.
///
/// `fields` are those of a struct; an enum has none of its own.
pub(crate) fn check(args: Args, fields: Option<&Fields>, errors: &mut Errors) -> Options {
    let (on_error, rule) = match args.on_error {
        Some(Rule::Word(literal)) => (Some(literal), None),
        Some(Rule::Function(path)) => (None, Some(path)),
        None => (None, None),
    };
    let choices = [
        ("overflow", "Overflow", args.overflow, OVERFLOW),
        ("strategy", "Strategy", args.strategy, STRATEGY),
        (
            "auto_shutdown",
            "AutoShutdown",
            args.auto_shutdown,
            AUTO_SHUTDOWN,
        ),
        ("on_error", "OnError", on_error, ON_ERROR),
        ("on_link", "OnLink", args.on_link, ON_LINK),
        ("on_restart", "OnRestart", args.on_restart, ON_RESTART),
    ];
    let mut judge = Judge(errors);
    Options {
        channel: judge.value(args.channel, |literal| {
            name::check_channel(&literal)?;
            Ok(literal)
        }),
        mailbox: judge.value(args.mailbox, |literal| check_mailbox(&literal)),
        max_restarts: judge.value(args.max_restarts, |literal| check_restarts(&literal)),
        within: judge.value(args.within, |text| {
            duration::parse_positive(&text, "within")
        }),
        shutdown: judge.value(args.shutdown, |literal| check_shutdown(&literal)),
        attempts: judge.value(args.attempts, |literal| check_attempts(&literal)),
        extends: judge.value(args.extends, |member| check_extends(member, fields)),
        choices: choices
            .into_iter()
            .filter_map(|(key, kind, literal, known)| {
                judge.value(literal, |literal| choice(key, kind, &literal, known))
            })
            .collect(),
        rule,
        root: args.root,
    }
}

/// Refuses lifetime parameters.
pub(crate) fn check_lifetimes(generics: &Generics, errors: &mut Errors) {
    for lifetime in generics.lifetimes() {
        errors.on(
            &lifetime.lifetime,
            "a component outlives its maker, so it can't borrow: hold owned data, such as \
             `String` or `Arc<str>`, and remove the lifetime",
        );
    }
}

struct Judge<'a>(&'a mut Errors);

impl Judge<'_> {
    fn value<T, U>(&mut self, key: Option<T>, check: impl Fn(T) -> syn::Result<U>) -> Option<U> {
        check(key?).map_err(|error| self.0.push(error)).ok()
    }
}

fn check_mailbox(literal: &LitInt) -> syn::Result<usize> {
    match literal.base10_parse() {
        Ok(bound @ 1..=MAILBOX_LIMIT) => Ok(bound),
        _ => {
            let message = format!(
                "a mailbox holds 1 to {MAILBOX_LIMIT} events, not {literal}: write `mailbox = 1024`"
            );
            Err(syn::Error::new_spanned(literal, message))
        }
    }
}

fn check_restarts(literal: &Lit) -> syn::Result<Restarts> {
    let number = match literal {
        Lit::Str(text) if text.value() == "unlimited" => return Ok(Restarts::Unlimited),
        Lit::Int(number) => number.base10_parse().ok(),
        _ => None,
    };
    number.map(Restarts::Limited).ok_or_else(|| {
        let limit = u32::MAX;
        let given = literal.to_token_stream();
        let message = format!(
            "`max_restarts` is a number from 0 to {limit} or `\"unlimited\"`, not {given}: write \
             `max_restarts = 3`"
        );
        syn::Error::new_spanned(literal, message)
    })
}

fn check_shutdown(literal: &LitStr) -> syn::Result<Shutdown> {
    match literal.value().as_str() {
        "brutal" => Ok(Shutdown::Brutal),
        "infinite" => Ok(Shutdown::Infinite),
        text => duration::parse(literal).map(Shutdown::After).map_err(|_| {
            let message = format!(
                "`shutdown` can't be `\"{text}\"`: write a whole number and a unit, such as \
                 `\"500ms\"`, `\"5s\"`, `\"2m\"` or `\"1h\"`, or `\"brutal\"` or `\"infinite\"`"
            );
            syn::Error::new_spanned(literal, message)
        }),
    }
}

fn check_attempts(literal: &LitInt) -> syn::Result<u32> {
    match literal.base10_parse() {
        Ok(attempts @ 1..) => Ok(attempts),
        _ => {
            let limit = u32::MAX;
            let message = format!(
                "`attempts` is a number from 1 to {limit}, not {literal}: write `attempts = 3`"
            );
            Err(syn::Error::new_spanned(literal, message))
        }
    }
}

fn check_extends(member: Member, fields: Option<&Fields>) -> syn::Result<Member> {
    let name = match &member {
        Member::Named(name) => name::plain(name),
        Member::Unnamed(index) => index.index.to_string(),
    };
    let message = match fields {
        Some(fields) if fields.members().any(|field| field == member) => return Ok(member),
        Some(_) => format!("no field `{name}`: add one, as `{name}: Base<Greeter>`"),
        None => "an enum has no field of its own to extend: write a struct with a field \
                 `base: Base<Greeter>`"
            .to_owned(),
    };
    Err(syn::Error::new_spanned(member, message))
}

/// Reads the word for what an error does.
pub(crate) fn check_on_error(literal: &LitStr) -> syn::Result<Ident> {
    choice("on_error", "OnError", literal, ON_ERROR).map(|choice| choice.variant)
}

fn choice(
    key: &str,
    kind: &str,
    literal: &LitStr,
    choices: &[(&str, &str)],
) -> syn::Result<Choice> {
    let text = literal.value();
    let ident = |text: &str| Ident::new(text, Span::call_site());
    if let Some((_, variant)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(Choice {
            method: ident(key),
            kind: ident(kind),
            variant: ident(variant),
        });
    }
    let known: Vec<_> = choices
        .iter()
        .map(|(name, _)| format!("`\"{name}\"`"))
        .collect();
    let known = known.join(", ");
    let message = format!("`{key}` can't be `\"{text}\"`: write one of {known}");
    Err(syn::Error::new_spanned(literal, message))
}
