//! `#[component]` on an impl block, and `#[handler]`: reads the block, judges its handlers, writes
//! the message type and the thin calls into the methods.

mod args;
mod ast;
mod bounds;
mod calls;
mod check;
mod expand;
mod message;
mod returns;
mod signature;
mod table;
mod types;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ItemImpl, Signature, Token, Visibility};

use crate::errors::Errors;

/// Expands `#[component]` on an impl block.
pub(crate) fn handlers(args: TokenStream, item: ItemImpl) -> TokenStream {
    let mut errors = Errors::default();
    let root = args::parse_component(args, &mut errors);
    let block = ast::parse(item, &mut errors);
    let component = check::check(&block, &mut errors);
    let item = &block.item;
    let errors = errors.to_tokens();
    let generated = component.map(|component| expand::expand(&component, &root));
    quote!(#item #errors #generated)
}

/// Expands a `#[handler]` that no `#[component]` took away: always a mistake.
pub(crate) fn stray(item: TokenStream) -> TokenStream {
    let message = if is_method(item.clone()) {
        "`#[handler]` works inside a component's block only: put `#[component]` above the `impl`"
    } else {
        "a handler is a method of a component: move it into an `impl` block with `#[component]` \
         above, as `fn name(&mut self, event: &E)`"
    };
    let error = syn::Error::new(Span::call_site(), message).to_compile_error();
    quote!(#item #error)
}

fn is_method(item: TokenStream) -> bool {
    let parser = |input: syn::parse::ParseStream<'_>| {
        input.call(syn::Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        input.parse::<Option<Token![default]>>()?;
        let receiver = input.parse::<Signature>()?.receiver().is_some();
        input.parse::<TokenStream>()?;
        Ok(receiver)
    };
    syn::parse::Parser::parse2(parser, item).unwrap_or(false)
}

#[cfg(test)]
mod tests;
