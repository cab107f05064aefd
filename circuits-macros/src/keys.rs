//! Reads the inside of an attribute: names in quotes, bare keys, and `key = value`.
//!
//! One bad entry does not hide the others: it is noted, skipped, and reading goes on.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Lit, LitFloat, LitInt, LitStr, Member, Meta, Path, Token, Type};

use crate::errors::Errors;
use crate::name;
use crate::path::Root;

/// One entry of an attribute.
pub(crate) enum Entry {
    /// A string on its own: a name.
    Name(LitStr),
    /// A key, with its value still to be read.
    Key(Key),
}

/// A key in an attribute.
pub(crate) struct Key {
    /// The key as written.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) span: Span,
}

/// What an error does: a word, or a function that decides.
pub(crate) enum Rule {
    Word(LitStr),
    Function(Path),
}

/// A number that may be negative or fractional.
pub(crate) struct Number {
    /// Its value.
    pub(crate) value: f64,
    /// Where it stands.
    pub(crate) span: Span,
}

/// Reads all entries of an attribute; `each` takes the value of a key from the stream.
pub(crate) fn read(
    tokens: TokenStream,
    errors: &mut Errors,
    mut each: impl FnMut(Entry, ParseStream<'_>) -> syn::Result<()>,
) {
    let mut seen = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = read_entry(input, &mut seen, &mut each) {
                errors.push(error);
                skip_entry(input);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
}

/// Reads the entries of an attribute as it stands on an item: `#[name]` or `#[name(..)]`.
pub(crate) fn read_meta(
    meta: &Meta,
    errors: &mut Errors,
    each: impl FnMut(Entry, ParseStream<'_>) -> syn::Result<()>,
) {
    match meta {
        Meta::Path(_) => {}
        Meta::List(list) => read(list.tokens.clone(), errors, each),
        Meta::NameValue(pair) => {
            let name = name::text(&pair.path);
            errors.on(pair, format!("expected parentheses: write `#[{name}(..)]`"));
        }
    }
}

fn read_entry(
    input: ParseStream<'_>,
    seen: &mut Vec<String>,
    each: &mut impl FnMut(Entry, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    if input.peek(LitStr) {
        each(Entry::Name(input.parse()?), input)?;
    } else if input.peek(Ident::peek_any) {
        let ident = input.call(Ident::parse_any)?;
        let key = Key {
            name: name::plain(&ident),
            span: ident.span(),
        };
        if seen.contains(&key.name) {
            return Err(key.error(format!("`{}` is given twice: keep one", key.name)));
        }
        seen.push(key.name.clone());
        each(Entry::Key(key), input)?;
    } else {
        return Err(input.error("expected a key, such as `channel = \"name\"`"));
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected a comma"))
}

fn skip_entry(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) && input.parse::<TokenTree>().is_ok() {}
}

impl Key {
    /// A mistake at this key.
    pub(crate) fn error(&self, message: impl std::fmt::Display) -> syn::Error {
        syn::Error::new(self.span, message)
    }

    /// The mistake of a key that the attribute does not have.
    pub(crate) fn unknown(&self, attribute: &str, known: &[&str]) -> syn::Error {
        let known: Vec<_> = known.iter().map(|key| format!("`{key}`")).collect();
        let known = known.join(", ");
        self.error(format!(
            "`{attribute}` has no key `{}`: it knows {known}",
            self.name
        ))
    }

    /// A key that has no value.
    pub(crate) fn flag(&self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![=]) {
            return Err(input.error(format!("`{0}` takes no value: write `{0}`", self.name)));
        }
        Ok(())
    }

    /// `key = "text"`.
    pub(crate) fn string(&self, input: ParseStream<'_>, sample: &str) -> syn::Result<LitStr> {
        self.value(input, "a string", &format!("{} = \"{sample}\"", self.name))
    }

    /// `key`, or `key = "text"`.
    pub(crate) fn flag_or_string(
        &self,
        input: ParseStream<'_>,
        sample: &str,
    ) -> syn::Result<Option<LitStr>> {
        if !input.peek(Token![=]) {
            return Ok(None);
        }
        let sample = format!("{} = \"{sample}\"", self.name);
        self.value(input, "nothing or a string", &sample).map(Some)
    }

    /// `key = 10`.
    pub(crate) fn integer(&self, input: ParseStream<'_>, sample: u32) -> syn::Result<LitInt> {
        self.value(
            input,
            "a whole number",
            &format!("{} = {sample}", self.name),
        )
    }

    /// `key = 3`, or a word in its place.
    pub(crate) fn count(
        &self,
        input: ParseStream<'_>,
        sample: u32,
        word: &str,
    ) -> syn::Result<Lit> {
        let what = format!("a whole number or `\"{word}\"`");
        self.value(input, &what, &format!("{} = {sample}", self.name))
    }

    /// `key = -2.5`.
    pub(crate) fn number(&self, input: ParseStream<'_>) -> syn::Result<Number> {
        let hint = format!("`{0}` takes a number: write `{0} = 10`", self.name);
        self.equals(input, &hint)?;
        let minus = input.parse::<Option<Token![-]>>()?;
        let span = input.span();
        let value: f64 = if input.peek(LitInt) {
            input.parse::<LitInt>()?.base10_parse()?
        } else if input.peek(LitFloat) {
            input.parse::<LitFloat>()?.base10_parse()?
        } else {
            return Err(input.error(hint));
        };
        if !value.is_finite() {
            let message = format!("`{}` must be a finite number", self.name);
            return Err(syn::Error::new(span, message));
        }
        Ok(match minus {
            Some(minus) => Number {
                value: -value,
                span: minus.span,
            },
            None => Number { value, span },
        })
    }

    /// `key = Type`.
    pub(crate) fn ty(&self, input: ParseStream<'_>, sample: &str) -> syn::Result<Type> {
        let hint = format!("`{0}` takes a type: write `{0} = {sample}`", self.name);
        self.equals(input, &hint)?;
        if input.peek(LitStr) || input.is_empty() {
            return Err(input.error(hint));
        }
        input.parse()
    }

    /// `key = "word"` or `key = path::to::function`.
    pub(crate) fn rule(&self, input: ParseStream<'_>, sample: &str) -> syn::Result<Rule> {
        let name = &self.name;
        let hint = format!(
            "`{name}` takes a string or the path of a function: write `{name} = \"{sample}\"` or \
             `{name} = path::to::rule`"
        );
        self.equals(input, &hint)?;
        if input.peek(LitStr) {
            return input.parse().map(Rule::Word);
        }
        let span = input.span();
        input
            .parse()
            .map(Rule::Function)
            .map_err(|_| syn::Error::new(span, hint))
    }

    /// `key = field`.
    pub(crate) fn member(&self, input: ParseStream<'_>) -> syn::Result<Member> {
        self.value(
            input,
            "the name of a field",
            &format!("{} = base", self.name),
        )
    }

    /// `crate = path`.
    pub(crate) fn root(&self, input: ParseStream<'_>) -> syn::Result<Root> {
        let hint = "`crate` takes the path of the library: write `crate = my::circuits`";
        self.equals(input, hint)?;
        input
            .call(Path::parse_mod_style)
            .map(Root::new)
            .map_err(|e| syn::Error::new(e.span(), hint))
    }

    fn value<T: Parse>(&self, input: ParseStream<'_>, what: &str, sample: &str) -> syn::Result<T> {
        let hint = format!("`{}` takes {what}: write `{sample}`", self.name);
        self.equals(input, &hint)?;
        let span = input.span();
        input.parse().map_err(|_| syn::Error::new(span, hint))
    }

    fn equals(&self, input: ParseStream<'_>, hint: &str) -> syn::Result<()> {
        if input.peek(Token![=]) {
            return input.parse::<Token![=]>().map(drop);
        }
        Err(self.error(hint))
    }
}
