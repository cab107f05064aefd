//! The impl block under `#[component]`, with its `#[handler]` attributes taken off and read.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, ImplItem, ItemImpl, Path, Signature};

use super::args::{self, Args};
use super::types;
use crate::errors::Errors;

/// An impl block and the handlers in it.
pub(crate) struct Block {
    /// The block as the user wrote it, less the `#[handler]` attributes.
    pub(crate) item: ItemImpl,
    /// The handlers, in the order written.
    pub(crate) methods: Vec<Method>,
    /// The paths under which the user names `#[handler]`.
    pub(crate) markers: Vec<Path>,
}

/// A method that had a `#[handler]`.
pub(crate) struct Method {
    /// What the attribute says.
    pub(crate) args: Args,
    /// The method's head.
    pub(crate) signature: Signature,
}

/// Takes the handlers out of a block.
pub(crate) fn parse(mut item: ItemImpl, errors: &mut Errors) -> Block {
    let mut methods = Vec::new();
    let mut markers = Vec::new();
    for member in &mut item.items {
        let ImplItem::Fn(function) = member else {
            continue;
        };
        let (handlers, others): (Vec<_>, Vec<_>) = function.attrs.drain(..).partition(is_handler);
        function.attrs = others;
        let mut handlers = handlers.into_iter();
        let Some(handler) = handlers.next() else {
            function
                .attrs
                .retain(|attribute| !is_hidden_handler(attribute, errors));
            continue;
        };
        for extra in handlers {
            let message = "`#[handler]` is given twice: a method has one, which may list several \
                           names: `#[handler(\"a\", \"b\")]`";
            errors.on(extra, message);
        }
        for cfg in function.attrs.iter().filter(|attribute| is_cfg(attribute)) {
            let message = "a handler can't depend on `cfg`: put the `#[cfg]` on statements inside \
                           it, or on a whole impl block";
            errors.on(cfg, message);
        }
        if !markers
            .iter()
            .any(|known| types::same(known, handler.path()))
        {
            markers.push(handler.path().clone());
        }
        let args = args::parse_handler(&handler.meta, errors);
        methods.push(Method {
            args,
            signature: function.sig.clone(),
        });
    }
    Block {
        item,
        methods,
        markers,
    }
}

fn is_handler(attribute: &Attribute) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "handler")
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

/// Finds and refuses `#[cfg_attr(.., handler)]`, which is not unfolded yet when this macro runs.
fn is_hidden_handler(attribute: &Attribute, errors: &mut Errors) -> bool {
    let hidden = attribute.path().is_ident("cfg_attr")
        && attribute
            .meta
            .require_list()
            .is_ok_and(|list| mentions_handler(list.tokens.clone()));
    if hidden {
        errors.on(
            attribute,
            "a handler can't depend on `cfg_attr`: write `#[handler]` itself",
        );
    }
    hidden
}

fn mentions_handler(tokens: TokenStream) -> bool {
    tokens
        .into_iter()
        .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "handler"))
}
