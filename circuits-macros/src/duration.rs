//! Durations written as strings: `"500ms"`, `"5s"`, `"2m"`, `"1h"`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

/// Reads a duration, or says how to write one.
pub(crate) fn parse(literal: &LitStr) -> syn::Result<Duration> {
    let text = literal.value();
    milliseconds(&text).map(Duration::from_millis).ok_or_else(|| {
        let message = format!(
            "`{text}` is not a duration: write a whole number and a unit, such as `500ms`, `5s`, \
             `2m` or `1h`"
        );
        syn::Error::new_spanned(literal, message)
    })
}

/// As [`parse`], where a duration of zero makes no sense.
pub(crate) fn parse_positive(literal: &LitStr, key: &str) -> syn::Result<Duration> {
    let duration = parse(literal)?;
    if duration.is_zero() {
        let message = format!("`{key}` must be longer than zero: write `{key} = \"5s\"`");
        return Err(syn::Error::new_spanned(literal, message));
    }
    Ok(duration)
}

/// The expression that makes `duration`.
pub(crate) fn expand(duration: Duration) -> TokenStream {
    // What was read from a u64 of milliseconds fits into one.
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_and_a_unit() {
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(milliseconds("5s"), Some(5_000));
        assert_eq!(milliseconds("2m"), Some(120_000));
        assert_eq!(milliseconds("1h"), Some(3_600_000));
        for bad in [
            "",
            "5",
            "s",
            "5 s",
            "5sec",
            "-1s",
            "1.5s",
            "99999999999999999999s",
        ] {
            assert_eq!(milliseconds(bad), None, "{bad:?}");
        }
    }
}
