//! Moves generated code to the place that errors about it should point at.

use proc_macro2::{Group, Span, TokenStream, TokenTree};

/// A span for generated tokens that stands at `place`.
pub(crate) fn span(place: Span) -> Span {
    Span::call_site().located_at(place)
}

/// Moves all tokens to `place`, as generated ones.
///
/// Tokens of several places in one expression would make an error mark all lines in between.
pub(crate) fn at(place: Span, tokens: TokenStream) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        let span = match &token {
            // This one means the crate of the macro that it came from.
            TokenTree::Ident(ident) if ident == "$crate" => ident.span().located_at(place),
            _ => span(place),
        };
        if let TokenTree::Group(group) = &token {
            token = TokenTree::Group(Group::new(group.delimiter(), at(place, group.stream())));
        }
        token.set_span(span);
        token
    });
    moved.collect()
}
