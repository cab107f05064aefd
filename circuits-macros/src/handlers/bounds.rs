//! The bounds under which a component is one.
//!
//! A bound that needs no parameter, such as `Hello: Event`, is either true or a mistake. Stating it
//! on each item makes the compiler report the mistake at the bound, in the same words each time
//! and so once, and take the bound for granted within the item.
//!
//! `Send` is not stated so, though its lack is then reported more than once: a component that holds
//! an address leads back to itself, and the compiler would ask in a circle.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Generics, Ident, PathArguments, Type, WherePredicate};

use super::check::Component;
use super::signature::Input;
use super::types;
use crate::{bounds, place};

/// The parameters of the impl block with all bounds.
pub(crate) fn generics(component: &Component, private: &TokenStream) -> Generics {
    let mut predicates: Vec<TokenStream> = Vec::new();
    let own = &component.own;
    if is_concrete(component, own) {
        predicates.push(place::at(own.span(), quote!(#own: #private::Declare)));
    }
    let mut known: Vec<&Type> = Vec::new();
    for handler in &component.handlers {
        let Input::Typed(event) = &handler.input else {
            continue;
        };
        let stated = known.iter().any(|known| types::same(known, event));
        if !stated && is_plain(event) && is_concrete(component, event) {
            known.push(event);
            predicates.push(place::at(event.span(), quote!(#event: #private::Event)));
        }
    }
    let mut generics = component.generics.clone();
    bounds::require(&mut generics, &["Send"]);
    let predicates = predicates
        .into_iter()
        .filter_map(|it| syn::parse2::<WherePredicate>(it).ok());
    generics.make_where_clause().predicates.extend(predicates);
    generics
}

/// Whether a type names no parameter of the impl block.
pub(crate) fn is_concrete(component: &Component, ty: &impl ToTokens) -> bool {
    let types = component
        .generics
        .type_params()
        .map(|parameter| &parameter.ident);
    let consts = component
        .generics
        .const_params()
        .map(|parameter| &parameter.ident);
    let names: Vec<&Ident> = types.chain(consts).collect();
    !types::mentions(ty.to_token_stream(), &names)
}

/// Whether a type has no arguments. One that has may lead back to this component: what holds its
/// address is sent if its messages are, and stating the bound would ask in a circle.
fn is_plain(ty: &Type) -> bool {
    types::last_segment(ty).is_some_and(|segment| matches!(segment.arguments, PathArguments::None))
}
