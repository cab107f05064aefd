//! The type under `derive(Event)`, with its `#[event(..)]` read.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use super::args::{self, Args};
use crate::errors::Errors;

/// What `derive(Event)` is given.
pub(crate) struct Input {
    /// The type.
    pub(crate) item: DeriveInput,
    /// Its keys.
    pub(crate) args: Args,
}

/// Reads the type and its keys.
pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> syn::Result<Input> {
    let item: DeriveInput = syn::parse2(item)?;
    let mut attributes = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("event"));
    let args = match attributes.next() {
        Some(attribute) => args::parse(&attribute.meta, errors),
        None => Args::default(),
    };
    for attribute in attributes {
        errors.on(
            attribute,
            "`#[event]` is given twice: move these keys into the first one",
        );
    }
    Ok(Input { item, args })
}
