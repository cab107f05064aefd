//! `#[component]`: on a struct or enum it writes the options; on an impl block it hands over to
//! the handlers.

mod args;
mod check;
mod expand;

pub(crate) use check::{check_lifetimes, check_on_error};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Fields, Generics, Ident, Item};

use crate::errors::Errors;
use crate::handlers;

/// Expands `#[component(..)]` on any item.
pub(crate) fn component(args: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = match syn::parse2::<Item>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#item #error);
        }
    };
    match parsed {
        Item::Struct(it) => {
            let subject = Subject {
                ident: &it.ident,
                generics: &it.generics,
                attrs: &it.attrs,
                fields: Some(&it.fields),
            };
            options(args, &item, &subject)
        }
        Item::Enum(it) => {
            let subject = Subject {
                ident: &it.ident,
                generics: &it.generics,
                attrs: &it.attrs,
                fields: None,
            };
            options(args, &item, &subject)
        }
        Item::Impl(it) => handlers::handlers(args, it),
        other => {
            let error = misplaced(&other).to_compile_error();
            quote!(#item #error)
        }
    }
}

/// The type that becomes a component.
struct Subject<'a> {
    ident: &'a Ident,
    generics: &'a Generics,
    attrs: &'a [Attribute],
    /// Those of a struct; an enum has none of its own.
    fields: Option<&'a Fields>,
}

fn options(args: TokenStream, item: &TokenStream, subject: &Subject<'_>) -> TokenStream {
    let mut errors = Errors::default();
    check::check_lifetimes(subject.generics, &mut errors);
    let args = args::parse(args, &mut errors);
    let options = check::check(args, subject.fields, &mut errors);
    let declare = expand::expand(&options, subject);
    let errors = errors.to_tokens();
    quote!(#item #errors #declare)
}

fn misplaced(item: &Item) -> syn::Error {
    let (what, tokens) = match item {
        Item::Fn(it) => ("a function", it.sig.fn_token.to_token_stream()),
        Item::Trait(it) => ("a trait", it.trait_token.to_token_stream()),
        Item::Mod(it) => ("a module", it.mod_token.to_token_stream()),
        Item::Union(it) => ("a union", it.union_token.to_token_stream()),
        Item::Type(it) => ("a type alias", it.type_token.to_token_stream()),
        other => ("this item", other.to_token_stream()),
    };
    let message = format!(
        "{what} can't be a component: put `#[component]` on a struct or enum, and on the impl \
         block with its handlers"
    );
    syn::Error::new_spanned(tokens, message)
}

#[cfg(test)]
mod tests;
