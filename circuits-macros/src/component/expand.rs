//! Writes `impl Declare`: the options of a component as one constant.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Generics};

use super::check::Options;
use crate::duration;

/// The implementation of `Declare`; nothing for a type with lifetimes, which is refused.
pub(crate) fn expand(
    options: &Options,
    ident: &Ident,
    generics: &Generics,
    attrs: &[Attribute],
) -> TokenStream {
    if generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let private = options.root.private();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let cfgs = attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    let calls = calls(options, &private);
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #private::Declare for #ident #ty_generics #where_clause {
            const OPTIONS: #private::Options = #private::Options::new() #calls;
        }
    }
}

fn calls(options: &Options, private: &TokenStream) -> TokenStream {
    let mut calls = TokenStream::new();
    let Options {
        channel,
        mailbox,
        overflow,
        strategy,
        max_restarts,
        ..
    } = options;
    let within = options.within.map(duration::expand);
    let shutdown = options.shutdown.map(duration::expand);
    let on_error = options.on_error.as_ref();
    calls.extend(channel.as_ref().map(|channel| quote!(.channel(#channel))));
    calls.extend(mailbox.map(|mailbox| quote!(.mailbox(#mailbox))));
    calls.extend(
        overflow
            .as_ref()
            .map(|it| quote!(.overflow(#private::Overflow::#it))),
    );
    calls.extend(
        strategy
            .as_ref()
            .map(|it| quote!(.strategy(#private::Strategy::#it))),
    );
    calls.extend(max_restarts.map(|restarts| quote!(.max_restarts(#restarts))));
    calls.extend(within.map(|within| quote!(.within(#within))));
    calls.extend(shutdown.map(|shutdown| quote!(.shutdown(#private::Shutdown::After(#shutdown)))));
    calls.extend(on_error.map(|it| quote!(.on_error(#private::OnError::#it))));
    calls
}
