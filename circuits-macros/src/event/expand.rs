//! Writes `impl Event`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

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
    let told = feedback.iter().map(|feedback| {
        let channel = &feedback.channel;
        let suffix = if channel.is_some() { "_on" } else { "" };
        let method = format_ident!("{}{suffix}", feedback.name);
        quote!(.#method(#channel))
    });
    let copied = event.generics.params.is_empty()
        && feedback.iter().any(|feedback| feedback.name == "success");
    let copy = copied.then(|| copy(&private, &reply));
    let feedback = (!feedback.is_empty()).then(|| {
        quote! {
            const FEEDBACK: #private::Feedback = #private::Feedback::NONE #(#told)*;
            #copy
        }
    });
    let describe = event.generics.params.is_empty().then(|| describe(&private));
    quote! {
        #[automatically_derived]
        // Else what is no event would be answered with a list of all events.
        #[diagnostic::do_not_recommend]
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

/// `Clone` where the reply has it, else none.
fn copy(private: &TokenStream, reply: &TokenStream) -> TokenStream {
    quote! {
        const COPY: ::core::option::Option<#private::Copier<#reply>> = {
            // Needed only where the reply has no `Clone`, which the macro can't see.
            #[allow(unused_imports)]
            use #private::Uncopied as _;
            #private::CopyOf::<#reply>::COPY
        };
    }
}

/// `Debug` where the type has it, else the name.
fn describe(private: &TokenStream) -> TokenStream {
    quote! {
        fn describe(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            // Needed only where the type has no `Debug`, which the macro can't see.
            #[allow(unused_imports)]
            use #private::ByName as _;
            #private::Describe(self).describe(f)
        }
    }
}
