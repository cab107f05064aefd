//! Judges an event: its type, its name, its channel and its priority.

use proc_macro2::Ident;
use syn::{Data, Generics, LitStr, Type};

use super::args::Feedback;
use super::ast::Input;
use crate::errors::Errors;
use crate::name;
use crate::path::Root;

/// How the event waits in a mailbox.
pub(crate) enum Slot {
    /// As the size of the type decides.
    BySize,
    /// In place: the size of a generic type is not known here.
    Inline,
    /// Behind a pointer.
    Boxed,
}

/// An event that can be written.
pub(crate) struct Event {
    pub(crate) root: Root,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) name: LitStr,
    pub(crate) channel: Option<LitStr>,
    pub(crate) priority: Option<i32>,
    pub(crate) reply: Option<Type>,
    pub(crate) feedback: Vec<Feedback>,
    pub(crate) slot: Slot,
}

/// Judges the event; on a mistake that spoils one key, goes on without the key.
pub(crate) fn check(input: Input, errors: &mut Errors) -> Option<Event> {
    let Input { item, args } = input;
    if let Data::Union(union) = &item.data {
        let message = "a union can't be an event, as nobody knows which field it holds: \
                       write a struct or an enum";
        errors.on(union.union_token, message);
        return None;
    }
    if item.generics.lifetimes().next().is_some() {
        for lifetime in item.generics.lifetimes() {
            let message = "an event outlives its sender, so it can't borrow: hold owned data, \
                           such as `String` or `Arc<str>`, and remove the lifetime";
            errors.on(&lifetime.lifetime, message);
        }
        return None;
    }

    let mut usable = |literal: Option<LitStr>, check: fn(&LitStr) -> syn::Result<()>| {
        literal.filter(|literal| check(literal).map_err(|error| errors.push(error)).is_ok())
    };
    let name = usable(args.name, name::check_event);
    let channel = usable(args.channel, name::check_channel);
    let feedback = args.feedback.into_iter().map(|feedback| Feedback {
        channel: usable(feedback.channel, name::check_channel),
        ..feedback
    });
    let feedback = feedback.collect();
    let name = name.or_else(|| derived_name(&item.ident, errors))?;
    let priority = args.priority.and_then(|number| {
        let fits = number.value.fract() == 0.0
            && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number.value);
        if !fits {
            errors.at(
                number.span,
                "the priority of an event is a whole number: write `priority = 5`",
            );
        }
        // Checked just above: whole, and within i32.
        fits.then_some(number.value as i32)
    });
    let slot = match args.boxed {
        Some(_) => Slot::Boxed,
        None if item.generics.params.is_empty() => Slot::BySize,
        None => Slot::Inline,
    };
    Some(Event {
        root: args.root,
        ident: item.ident,
        generics: item.generics,
        name,
        channel,
        priority,
        reply: args.reply,
        feedback,
        slot,
    })
}

fn derived_name(ident: &Ident, errors: &mut Errors) -> Option<LitStr> {
    let name = LitStr::new(&name::snake(&name::plain(ident)), ident.span());
    match name::check_event(&name) {
        Ok(()) => Some(name),
        Err(_) => {
            errors.on(
                ident,
                "this name is too long for an event: add `#[event(name = \"..\")]`",
            );
            None
        }
    }
}
