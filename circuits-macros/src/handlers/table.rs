//! Judges the handlers of a component against each other: what hears the same event at the same
//! priority would have no order.

use super::check::Handler;
use super::signature::Input;
use super::types;
use crate::errors::Errors;

/// Refuses handlers that nothing tells apart; only the first of them stays.
pub(crate) fn check(handlers: &mut Vec<Handler>, errors: &mut Errors) {
    let mut kept: Vec<Handler> = Vec::with_capacity(handlers.len());
    for handler in handlers.drain(..) {
        let rival = kept
            .iter()
            .find_map(|other| Some((other, rivalry(other, &handler)?)));
        let Some((other, name)) = rival else {
            kept.push(handler);
            continue;
        };
        let message = format!(
            "`{}` and `{}` both hear `{}` on the same channel with the same priority: merge them, \
             or give one a `priority` of its own",
            other.method, handler.method, name.text,
        );
        errors.at(name.span, message);
    }
    if kept
        .iter()
        .map(|handler| handler.names.len())
        .sum::<usize>()
        > usize::from(u16::MAX)
    {
        let message = "a component has at most 65535 handlers: make it two components";
        errors.at(proc_macro2::Span::call_site(), message);
        kept.clear();
    }
    *handlers = kept;
}

/// The name for which both would be called, if there is one.
fn rivalry<'a>(one: &Handler, other: &'a Handler) -> Option<&'a super::check::Name> {
    let channel = |handler: &Handler| handler.channel.as_ref().map(syn::LitStr::value);
    let priority = |handler: &Handler| handler.priority.unwrap_or_default();
    let apart = match (&one.input, &other.input) {
        // Events of two types may share a name, as those of a generic type do.
        (Input::Typed(one), Input::Typed(other)) => !types::same(one, other),
        _ => false,
    };
    if apart || channel(one) != channel(other) || priority(one) != priority(other) {
        return None;
    }
    other
        .names
        .iter()
        .find(|name| one.names.iter().any(|known| known.text == name.text))
}
