//! How the value that a handler returns becomes an answer, by the syntax of its type.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{ReturnType, Type};

use super::signature::Input;
use super::types;
use crate::errors::Errors;
use crate::place;

/// The shape of a return type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Nothing, or `()`.
    Unit,
    /// `R` or `Option<R>`, which the compiler tells apart.
    Reply,
    /// `Result` of one of these.
    Result(Box<Shape>),
}

/// A return type: its shape, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Returns {
    /// What becomes of the value.
    pub(crate) shape: Shape,
    /// The place that errors about the reply point at.
    pub(crate) span: Span,
}

/// Judges a return type; `method` is the place of one that is not written.
pub(crate) fn check(
    output: &ReturnType,
    input: &Input,
    method: Span,
    errors: &mut Errors,
) -> Option<Returns> {
    let ReturnType::Type(_, ty) = output else {
        return Some(Returns {
            shape: Shape::Unit,
            span: method,
        });
    };
    let shape = shape(ty);
    let what = match input {
        Input::Typed(_) => {
            return Some(Returns {
                shape,
                span: ty.span(),
            });
        }
        Input::Named => "without an event parameter",
        Input::Any => "of `&AnyEvent`",
    };
    let silent = match &shape {
        Shape::Unit => true,
        Shape::Result(inner) => **inner == Shape::Unit,
        Shape::Reply => false,
    };
    if !silent {
        let message = format!(
            "a handler {what} has no reply to give: return nothing or `Result<(), E>`, or take \
             the event by its type, as `&E`"
        );
        errors.on(ty, message);
        return None;
    }
    Some(Returns {
        shape,
        span: ty.span(),
    })
}

fn shape(ty: &Type) -> Shape {
    if types::is_unit(ty) || matches!(types::peel(ty), Type::Never(_)) {
        return Shape::Unit;
    }
    let Some(segment) = types::last_segment(ty) else {
        return Shape::Reply;
    };
    if segment.ident != "Result" {
        return Shape::Reply;
    }
    // An alias without arguments, such as `fmt::Result`, is a result of `()`.
    let inner = types::first_argument(segment).map_or(Shape::Unit, |inner| match shape(inner) {
        Shape::Result(_) => Shape::Reply,
        inner => inner,
    });
    Shape::Result(Box::new(inner))
}

impl Returns {
    /// The expression that makes an answer of `value`, in an event that replies with `reply`.
    pub(crate) fn answer(&self, private: &TokenStream, reply: &TokenStream) -> TokenStream {
        // The reply is spelled out, so that a value of another type is an error about that type.
        let name = |shape: &Shape| match shape {
            Shape::Unit => quote!(#private::Answer::<#reply>::unit),
            Shape::Reply | Shape::Result(_) => quote!(#private::Answer::<#reply>::reply),
        };
        let answer = match &self.shape {
            Shape::Result(inner) => {
                let inner = name(inner);
                quote!(#private::Answer::<#reply>::result(value, #inner))
            }
            shape => {
                let make = name(shape);
                quote!(#make(value))
            }
        };
        place::at(self.span, quote!(envelope.answer(#answer)))
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn the_shape_of_a_return_type_is_read_from_its_last_segment() {
        let result = |shape| Shape::Result(Box::new(shape));
        for (ty, expected) in [
            (parse_quote!(()), Shape::Unit),
            (parse_quote!(!), Shape::Unit),
            (parse_quote!(String), Shape::Reply),
            (parse_quote!((u8, u8)), Shape::Reply),
            (parse_quote!(Option<String>), Shape::Reply),
            (parse_quote!(Result<(), Error>), result(Shape::Unit)),
            (parse_quote!(circuits::Result<u8>), result(Shape::Reply)),
            (parse_quote!(fmt::Result), result(Shape::Unit)),
            (parse_quote!(Result<Option<u8>, E>), result(Shape::Reply)),
            (parse_quote!(Result<Result<u8, A>, B>), result(Shape::Reply)),
        ] {
            assert_eq!(shape(&ty), expected);
        }
    }
}
