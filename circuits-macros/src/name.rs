//! Names: of events, channels and enum variants, and how a type reads in a message.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::LitStr;
use syn::ext::IdentExt;

/// The longest name of a channel or handler, in bytes.
const NAME_LIMIT: usize = 255;
/// The longest name of an event, in bytes.
const EVENT_NAME_LIMIT: usize = 64;

/// Judges the name of a channel.
pub(crate) fn check_channel(literal: &LitStr) -> syn::Result<()> {
    check(literal, "channel", NAME_LIMIT)
}

/// Judges a name that a handler listens to.
pub(crate) fn check_handler(literal: &LitStr) -> syn::Result<()> {
    check(literal, "handler", NAME_LIMIT)?;
    check_spaces(literal, "handler")
}

/// Judges the name of an event.
pub(crate) fn check_event(literal: &LitStr) -> syn::Result<()> {
    check(literal, "event", EVENT_NAME_LIMIT)?;
    check_spaces(literal, "event")?;
    if literal.value() == "*" {
        let message = "`*` stands for every event in a handler: give this event a name of its own";
        return Err(syn::Error::new_spanned(literal, message));
    }
    Ok(())
}

fn check(literal: &LitStr, what: &str, limit: usize) -> syn::Result<()> {
    let length = literal.value().len();
    let message = match length {
        0 => format!("the name of this {what} is empty: write 1 to {limit} bytes"),
        _ if length > limit => {
            format!("the name of this {what} has {length} bytes: write at most {limit}")
        }
        _ => return Ok(()),
    };
    Err(syn::Error::new_spanned(literal, message))
}

fn check_spaces(literal: &LitStr, what: &str) -> syn::Result<()> {
    let name = literal.value();
    if !name.contains(char::is_whitespace) {
        return Ok(());
    }
    let better: Vec<_> = name.split_whitespace().collect();
    let better = if better.is_empty() {
        String::from("name")
    } else {
        better.join("_")
    };
    let message = format!("the name of this {what} has whitespace: write `\"{better}\"`");
    Err(syn::Error::new_spanned(literal, message))
}

/// The text of an identifier, without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `HttpRequest` and `HTTPRequest` as `http_request`.
pub(crate) fn snake(camel: &str) -> String {
    let chars: Vec<char> = camel.chars().collect();
    let mut snake = String::with_capacity(camel.len() + 4);
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                let ends = b.is_lowercase() || b.is_numeric();
                ends || b.is_uppercase() && after.is_some_and(|a| a.is_lowercase())
            });
        if starts {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// `on_hello` as `OnHello`; `fallback` where that is not an identifier.
pub(crate) fn camel(method: &Ident, fallback: String) -> Ident {
    let snake = plain(method);
    let mut camel = String::with_capacity(snake.len());
    for word in snake.split('_') {
        let mut chars = word.chars();
        camel.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(chars.as_str());
    }
    // `self_` makes a keyword, `_1` a number: both are refused here.
    let name = if syn::parse_str::<Ident>(&camel).is_ok() {
        camel
    } else {
        fallback
    };
    Ident::new(&name, proc_macro2::Span::call_site())
}

/// Source text of a type or path as people write it: `Vec<u8>`, not `Vec < u8 >`.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (loose, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
    ] {
        text = text.replace(loose, tight);
    }
    text
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;

    #[test]
    fn a_type_becomes_a_snake_case_name() {
        for (camel, name) in [
            ("Hello", "hello"),
            ("PrepareUnregister", "prepare_unregister"),
            ("HTTPRequest", "http_request"),
            ("Utf8Line", "utf8_line"),
            ("X", "x"),
            ("IO", "io"),
            ("Snake_Case", "snake_case"),
        ] {
            assert_eq!(snake(camel), name);
        }
    }

    #[test]
    fn a_method_becomes_a_variant_that_is_always_an_identifier() {
        let camel = |name| camel(&format_ident!("{name}"), String::from("Fallback")).to_string();
        assert_eq!(camel("on_hello"), "OnHello");
        assert_eq!(camel("r#type"), "Type");
        assert_eq!(camel("self_"), "Fallback");
        assert_eq!(camel("_1"), "Fallback");
        assert_eq!(camel("__"), "Fallback");
    }

    #[test]
    fn types_read_in_messages_as_people_write_them() {
        assert_eq!(text(quote!(Wrapper<Vec<u8>, ()>)), "Wrapper<Vec<u8>, ()>");
        assert_eq!(text(quote!(crate::events::Hello)), "crate::events::Hello");
    }
}
