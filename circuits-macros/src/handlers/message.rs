//! Writes the message type of a component: one variant a handler, and thin matches over them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::check::{Handler, Mode};
use super::expand::Scope;
use super::signature::Input;
use crate::{name, place};

/// The enum, `impl Message` and `From<Added<..>>` for it.
pub(crate) fn expand(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        component,
        ref private,
        ref message,
        span,
        ..
    } = scope;
    let (impl_generics, ty_generics, where_clause) = scope.generics.split_for_impl();
    let own = &component.own;
    let variants: Vec<_> = component
        .handlers
        .iter()
        .map(|handler| &handler.variant)
        .collect();
    let carried = component
        .handlers
        .iter()
        .map(|handler| match &handler.input {
            Input::Typed(event) => place::at(event.span(), quote!(#private::Envelope<#event>)),
            Input::Named => quote!(#private::Notice),
            Input::Any => quote!(#private::AnyEnvelope),
        });
    let mode = mode(scope);
    let methods = component
        .handlers
        .iter()
        .map(|handler| name::plain(&handler.method));
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(
            private_interfaces,
            private_bounds,
            unreachable_pub,
            missing_debug_implementations,
            clippy::large_enum_variant
        )]
        pub enum #message #impl_generics #where_clause {
            #(#variants(#carried),)*
            Added(#private::Added<#own>),
        }

        #[automatically_derived]
        impl #impl_generics #private::Message for #message #ty_generics #where_clause {
            #mode

            fn handler(&self) -> &'static str {
                match self {
                    #(Self::#variants(_) => #methods,)*
                    Self::Added(added) => added.handler(),
                }
            }

            fn letter(&self) -> &dyn #private::Letter {
                match self {
                    #(Self::#variants(envelope) => envelope,)*
                    Self::Added(added) => added.letter(),
                }
            }

            fn share(self) -> (#private::AnyEvent, Self) {
                match self {
                    #(Self::#variants(envelope) => envelope.share(Self::#variants),)*
                    Self::Added(added) => added.share(Self::Added),
                }
            }
        }

        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#private::Added<#own>>
            for #message #ty_generics #where_clause
        {
            fn from(added: #private::Added<#own>) -> Self {
                Self::Added(added)
            }
        }
    }
}

fn mode(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        ref private, span, ..
    } = scope;
    let of = |mode: Mode| {
        let matching = move |handler: &&Handler| handler.mode == mode;
        let handlers = scope.component.handlers.iter().filter(matching);
        handlers.map(|handler| &handler.variant).collect::<Vec<_>>()
    };
    let arm = |mode: Mode, name: TokenStream| {
        let variants = of(mode);
        (!variants.is_empty()).then(|| quote!(#(Self::#variants(_))|* => #private::Mode::#name,))
    };
    let exclusive = of(Mode::Exclusive);
    let shared = arm(Mode::Shared, quote!(Shared));
    let parallel = arm(Mode::Parallel, quote!(Parallel));
    quote_spanned! {span=>
        fn mode(&self) -> #private::Mode {
            match self {
                #(Self::#exclusive(_) |)* Self::Added(_) => #private::Mode::Exclusive,
                #shared
                #parallel
            }
        }
    }
}
