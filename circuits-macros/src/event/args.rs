//! Reads the keys of `#[event(..)]`.

use proc_macro2::Span;
use syn::{LitStr, Meta, Type};

use crate::errors::Errors;
use crate::keys::{self, Entry, Number};
use crate::path::Root;

const KEYS: &[&str] = &[
    "name", "channel", "priority", "reply", "success", "failure", "complete", "boxed", "crate",
];

/// The keys as written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) channel: Option<LitStr>,
    pub(crate) priority: Option<Number>,
    pub(crate) reply: Option<Type>,
    pub(crate) feedback: Vec<Feedback>,
    pub(crate) boxed: Option<Span>,
    pub(crate) root: Root,
}

/// One of the keys `success`, `failure` and `complete`.
pub(crate) struct Feedback {
    /// The key.
    pub(crate) name: String,
    /// Where the event is fired, if not where the one is that it is about.
    pub(crate) channel: Option<LitStr>,
}

/// Reads one `#[event(..)]`.
pub(crate) fn parse(meta: &Meta, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    keys::read_meta(meta, errors, |entry, input| {
        let key = match entry {
            Entry::Key(key) => key,
            Entry::Name(name) => {
                let message = format!("expected a key: write `name = \"{}\"`", name.value());
                return Err(syn::Error::new_spanned(name, message));
            }
        };
        match key.name.as_str() {
            "name" => args.name = Some(key.string(input, "hello")?),
            "channel" => args.channel = Some(key.string(input, "web")?),
            "priority" => args.priority = Some(key.number(input)?),
            "reply" => args.reply = Some(key.ty(input, "String")?),
            "crate" => args.root = key.root(input)?,
            "success" | "failure" | "complete" => {
                let channel = key.flag_or_string(input, "audit")?;
                let name = key.name;
                args.feedback.push(Feedback { name, channel });
            }
            "boxed" => {
                key.flag(input)?;
                args.boxed = Some(key.span);
            }
            _ => return Err(key.unknown("event", KEYS)),
        }
        Ok(())
    });
    args
}
