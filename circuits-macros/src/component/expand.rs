//! Writes `impl Declare`: the options of a component as one constant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Member;
use syn::spanned::Spanned;

use super::Subject;
use super::check::{Choice, Options, Restarts, Shutdown};
use crate::{duration, place};

/// The implementation of `Declare`; nothing for a type with lifetimes, which is refused.
pub(crate) fn expand(options: &Options, subject: &Subject<'_>) -> TokenStream {
    let &Subject {
        ident,
        generics,
        attrs,
        ..
    } = subject;
    if generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let private = options.root.private();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let cfgs = attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    let calls = calls(options, &private);
    let rule = options.rule.as_ref().map(|rule| {
        let decide = place::at(rule.span(), quote!(#rule(error)));
        quote! {
            fn on_error(
                error: &#private::Error,
            ) -> ::core::option::Option<#private::OnError> {
                #decide
            }
        }
    });
    let start_base = options
        .extends
        .as_ref()
        .map(|field| start_base(field, &private));
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #private::Declare for #ident #ty_generics #where_clause {
            const OPTIONS: #private::Options = #private::Options::new() #calls;
            #rule
            #start_base
        }
    }
}

/// Starts what the component extends.
fn start_base(field: &Member, private: &TokenStream) -> TokenStream {
    let start = place::at(
        field.span(),
        quote!(::core::option::Option::Some(#private::Base::start(&mut self.#field, cx))),
    );
    quote! {
        fn start_base<'a>(
            &'a mut self,
            cx: &'a #private::Context<Self>,
        ) -> ::core::option::Option<#private::StartBase<'a>>
        where
            Self: #private::Component,
        {
            #start
        }
    }
}

fn calls(options: &Options, private: &TokenStream) -> TokenStream {
    let mut calls = TokenStream::new();
    let Options {
        channel,
        mailbox,
        attempts,
        choices,
        ..
    } = options;
    calls.extend(channel.as_ref().map(|channel| quote!(.channel(#channel))));
    calls.extend(mailbox.map(|mailbox| quote!(.mailbox(#mailbox))));
    for choice in choices {
        let Choice {
            method,
            kind,
            variant,
        } = choice;
        calls.extend(quote!(.#method(#private::#kind::#variant)));
    }
    calls.extend(
        options
            .max_restarts
            .as_ref()
            .map(|restarts| match restarts {
                Restarts::Limited(restarts) => quote!(.max_restarts(#restarts)),
                Restarts::Unlimited => quote!(.unlimited_restarts()),
            }),
    );
    let within = options.within.map(duration::expand);
    calls.extend(within.map(|within| quote!(.within(#within))));
    calls.extend(options.shutdown.as_ref().map(|shutdown| {
        let shutdown = match shutdown {
            Shutdown::Brutal => quote!(Brutal),
            Shutdown::After(limit) => {
                let limit = duration::expand(*limit);
                quote!(After(#limit))
            }
            Shutdown::Infinite => quote!(Infinite),
        };
        quote!(.shutdown(#private::Shutdown::#shutdown))
    }));
    calls.extend(attempts.map(|attempts| quote!(.attempts(#attempts))));
    calls
}
