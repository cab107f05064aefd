//! Bounds that generated code asks of type parameters.

use syn::{Generics, Ident, Lifetime, TypeParam, TypeParamBound, parse_quote};

/// Asks all type parameters to be `'static` and to have the given marker traits.
pub(crate) fn require(generics: &mut Generics, markers: &[&str]) {
    for parameter in generics.type_params_mut() {
        for marker in markers {
            if !has(parameter, marker) {
                let marker = Ident::new(marker, parameter.ident.span());
                parameter.bounds.push(parse_quote!(::core::marker::#marker));
            }
        }
        if !parameter.bounds.iter().any(is_static) {
            let lifetime = Lifetime::new("'static", parameter.ident.span());
            parameter.bounds.push(TypeParamBound::Lifetime(lifetime));
        }
    }
}

fn is_static(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        _ => false,
    }
}

/// Whether the trait is asked for already; asking twice would be a lint at the user's place.
fn has(parameter: &TypeParam, marker: &str) -> bool {
    parameter.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == marker),
        _ => false,
    })
}
