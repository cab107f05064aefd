//! Reads the keys of `#[component(..)]` on a struct or enum.

use proc_macro2::TokenStream;
use syn::{Lit, LitInt, LitStr, Member};

use crate::errors::Errors;
use crate::keys::{self, Entry, Rule};
use crate::path::Root;

const KEYS: &[&str] = &[
    "channel",
    "mailbox",
    "overflow",
    "strategy",
    "max_restarts",
    "within",
    "auto_shutdown",
    "shutdown",
    "on_error",
    "on_link",
    "on_restart",
    "attempts",
    "extends",
    "crate",
];

/// The keys as written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) channel: Option<LitStr>,
    pub(crate) mailbox: Option<LitInt>,
    pub(crate) overflow: Option<LitStr>,
    pub(crate) strategy: Option<LitStr>,
    pub(crate) max_restarts: Option<Lit>,
    pub(crate) within: Option<LitStr>,
    pub(crate) auto_shutdown: Option<LitStr>,
    pub(crate) shutdown: Option<LitStr>,
    pub(crate) on_error: Option<Rule>,
    pub(crate) on_link: Option<LitStr>,
    pub(crate) on_restart: Option<LitStr>,
    pub(crate) attempts: Option<LitInt>,
    pub(crate) extends: Option<Member>,
    pub(crate) root: Root,
}

/// Reads the inside of `#[component(..)]`.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    keys::read(tokens, errors, |entry, input| {
        let key = match entry {
            Entry::Key(key) => key,
            Entry::Name(name) => {
                let message = format!("expected a key: write `channel = \"{}\"`", name.value());
                return Err(syn::Error::new_spanned(name, message));
            }
        };
        match key.name.as_str() {
            "channel" => args.channel = Some(key.string(input, "greeter")?),
            "mailbox" => args.mailbox = Some(key.integer(input, 1024)?),
            "overflow" => args.overflow = Some(key.string(input, "wait")?),
            "strategy" => args.strategy = Some(key.string(input, "one_for_one")?),
            "max_restarts" => args.max_restarts = Some(key.count(input, 3, "unlimited")?),
            "within" => args.within = Some(key.string(input, "5s")?),
            "auto_shutdown" => args.auto_shutdown = Some(key.string(input, "any_significant")?),
            "shutdown" => args.shutdown = Some(key.string(input, "5s")?),
            "on_error" => args.on_error = Some(key.rule(input, "restart")?),
            "on_link" => args.on_link = Some(key.string(input, "tell")?),
            "on_restart" => args.on_restart = Some(key.string(input, "drop_mailbox")?),
            "attempts" => args.attempts = Some(key.integer(input, 3)?),
            "extends" => args.extends = Some(key.member(input)?),
            "crate" => args.root = key.root(input)?,
            _ => return Err(key.unknown("component", KEYS)),
        }
        Ok(())
    });
    args
}
