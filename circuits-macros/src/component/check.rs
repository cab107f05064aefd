//! Judges the options of a component.

use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::{Generics, LitInt, LitStr};

use super::args::Args;
use crate::errors::Errors;
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
const STRATEGY: &[(&str, &str)] = &[("one_for_one", "OneForOne")];
const ON_ERROR: &[(&str, &str)] = &[("answer", "Answer"), ("restart", "Restart")];

/// Options that can be written.
pub(crate) struct Options {
    pub(crate) root: Root,
    pub(crate) channel: Option<LitStr>,
    pub(crate) mailbox: Option<usize>,
    pub(crate) overflow: Option<Ident>,
    pub(crate) strategy: Option<Ident>,
    pub(crate) max_restarts: Option<u32>,
    pub(crate) within: Option<Duration>,
    pub(crate) shutdown: Option<Duration>,
    pub(crate) on_error: Option<Ident>,
}

/// Judges each key on its own; a bad one is left out.
pub(crate) fn check(args: Args, errors: &mut Errors) -> Options {
    let Args {
        channel,
        mailbox,
        overflow,
        strategy,
        max_restarts,
        ..
    } = args;
    let mut judge = Judge(errors);
    Options {
        channel: judge.value(channel, |literal| {
            name::check_channel(&literal)?;
            Ok(literal)
        }),
        mailbox: judge.value(mailbox, |literal| check_mailbox(&literal)),
        overflow: judge.value(overflow, |literal| choice("overflow", &literal, OVERFLOW)),
        strategy: judge.value(strategy, |literal| choice("strategy", &literal, STRATEGY)),
        max_restarts: judge.value(max_restarts, |literal| check_restarts(&literal)),
        within: judge.value(args.within, |text| {
            duration::parse_positive(&text, "within")
        }),
        shutdown: judge.value(args.shutdown, |text| duration::parse(&text)),
        on_error: judge.value(args.on_error, |literal| {
            choice("on_error", &literal, ON_ERROR)
        }),
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

fn check_restarts(literal: &LitInt) -> syn::Result<u32> {
    literal.base10_parse().map_err(|_| {
        let limit = u32::MAX;
        let message = format!(
            "`max_restarts` is a number from 0 to {limit}, not {literal}: write `max_restarts = 3`"
        );
        syn::Error::new_spanned(literal, message)
    })
}

fn choice(key: &str, literal: &LitStr, choices: &[(&str, &str)]) -> syn::Result<Ident> {
    let text = literal.value();
    if let Some((_, variant)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(Ident::new(variant, Span::call_site()));
    }
    let known: Vec<_> = choices
        .iter()
        .map(|(name, _)| format!("`\"{name}\"`"))
        .collect();
    let advice = match known.as_slice() {
        [only] => format!("so far there is only {only}"),
        known => format!("write one of {}", known.join(", ")),
    };
    let message = format!("`{key}` can't be `\"{text}\"`: {advice}");
    Err(syn::Error::new_spanned(literal, message))
}
