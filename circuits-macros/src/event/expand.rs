//! Writes `impl Event`.

use proc_macro2::TokenStream;
use quote::quote;

use super::check::{Event, Slot};
use crate::bounds;

/// The implementation of `Event`.
pub(crate) fn expand(event: &Event) -> TokenStream {
    let Event {
        ident,
        name,
        channel,
        priority,
        feedback,
        ..
    } = event;
    let private = event.root.private();
    let mut generics = event.generics.clone();
    bounds::require(&mut generics, &["Send", "Sync"]);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let reply = match &event.reply {
        Some(reply) => quote!(#reply),
        None => quote!(()),
    };
    let slot = match event.slot {
        Slot::BySize => quote! {
            <#private::Fits<{ ::core::mem::size_of::<#ident>() <= #private::INLINE_LIMIT }>
                as #private::Fit<#ident>>::Slot
        },
        Slot::Inline => quote!(#private::Inline<Self>),
        Slot::Boxed => quote!(#private::Boxed<Self>),
    };
    let channel = channel.as_ref().map(|channel| {
        quote! {
            const CHANNEL: ::core::option::Option<&'static str> =
                ::core::option::Option::Some(#channel);
        }
    });
    let priority = priority.map(|priority| quote!(const PRIORITY: i32 = #priority;));
    let feedback = (!feedback.is_empty()).then(|| {
        quote! {
            const FEEDBACK: #private::Feedback = #private::Feedback::NONE #(.#feedback())*;
        }
    });
    let describe = event.generics.params.is_empty().then(|| describe(&private));
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Event for #ident #ty_generics #where_clause {
            type Reply = #reply;
            type Slot = #slot;
            const NAME: &'static str = #name;
            #channel
            #priority
            #feedback
            #describe
        }
    }
}

/// `Debug` where the type has it, else the name: an inherent method wins over one of a trait, but
/// only where its bound holds.
fn describe(private: &TokenStream) -> TokenStream {
    quote! {
        #[allow(dead_code)]
        fn describe(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            struct Described<'a, E>(&'a E);
            trait ByName {
                fn describe(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result;
            }
            impl<E: #private::Event> ByName for Described<'_, E> {
                fn describe(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(<E as #private::Event>::NAME)
                }
            }
            impl<E: ::core::fmt::Debug> Described<'_, E> {
                fn describe(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Debug::fmt(self.0, f)
                }
            }
            Described(self).describe(f)
        }
    }
}
