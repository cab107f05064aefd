//! `derive(Event)`: reads the type and its `#[event(..)]`, judges them, writes `impl Event`.

mod args;
mod ast;
mod check;
mod expand;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// Writes `impl Event` for a struct or enum, and an error for each mistake.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let event = match ast::parse(item, &mut errors) {
        Ok(input) => check::check(input, &mut errors),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    let mut tokens = errors.to_tokens();
    tokens.extend(event.as_ref().map(expand::expand));
    tokens
}

#[cfg(test)]
mod tests;
