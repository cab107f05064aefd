//! Reads the keys of `#[handler(..)]`, and of `#[component(..)]` on an impl block.

use proc_macro2::{Span, TokenStream};
use syn::{LitStr, Meta};

use crate::errors::Errors;
use crate::keys::{self, Entry, Number, Rule};
use crate::path::Root;

const KEYS: &[&str] = &[
    "channel", "priority", "timeout", "parallel", "on_error", "also",
];

/// What is written in `#[handler(..)]`.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) names: Vec<LitStr>,
    pub(crate) channel: Option<LitStr>,
    pub(crate) priority: Option<Number>,
    pub(crate) timeout: Option<Timeout>,
    pub(crate) parallel: Option<Span>,
    pub(crate) on_error: Option<OnError>,
    pub(crate) also: Option<Span>,
}

/// The key `on_error`.
pub(crate) struct OnError {
    /// Where the key stands.
    pub(crate) key: Span,
    /// Its value.
    pub(crate) value: Rule,
}

/// The key `timeout`.
pub(crate) struct Timeout {
    /// Where the key stands.
    pub(crate) key: Span,
    /// Its value.
    pub(crate) value: LitStr,
}

/// Reads one `#[handler(..)]`.
pub(crate) fn parse_handler(meta: &Meta, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let mut keyed = false;
    keys::read_meta(meta, errors, |entry, input| {
        let key = match entry {
            Entry::Key(key) => key,
            Entry::Name(name) if keyed => {
                let message = "names come before keys: write `#[handler(\"a\", priority = 10)]`";
                return Err(syn::Error::new_spanned(name, message));
            }
            Entry::Name(name) => {
                args.names.push(name);
                return Ok(());
            }
        };
        keyed = true;
        match key.name.as_str() {
            "channel" => args.channel = Some(key.string(input, "web")?),
            "priority" => args.priority = Some(key.number(input)?),
            "timeout" => {
                args.timeout = Some(Timeout {
                    key: key.span,
                    value: key.string(input, "5s")?,
                });
            }
            "parallel" => {
                key.flag(input)?;
                args.parallel = Some(key.span);
            }
            "on_error" => {
                args.on_error = Some(OnError {
                    key: key.span,
                    value: key.rule(input, "restart")?,
                });
            }
            "also" => {
                key.flag(input)?;
                args.also = Some(key.span);
            }
            "name" => {
                let message = "a name stands on its own: write `#[handler(\"hello\")]`";
                return Err(key.error(message));
            }
            _ => return Err(key.unknown("handler", KEYS)),
        }
        Ok(())
    });
    args
}

/// Reads `#[component(..)]` on an impl block.
pub(crate) fn parse_component(tokens: TokenStream, errors: &mut Errors) -> Root {
    let mut root = Root::default();
    keys::read(tokens, errors, |entry, input| match entry {
        Entry::Key(key) if key.name == "crate" => {
            root = key.root(input)?;
            Ok(())
        }
        Entry::Key(key) => Err(key.error(format!(
            "`{0}` is no key of an impl block, which takes `crate` only: options such as \
             `channel` go to `#[component(..)]` on the struct",
            key.name
        ))),
        Entry::Name(name) => {
            let message = "expected nothing here: write `#[component]` above the impl block";
            Err(syn::Error::new_spanned(name, message))
        }
    });
    root
}
