//! Writes a component: its message type, its table of handlers, and thin calls into its methods.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Generics;
use syn::spanned::Spanned;

use super::check::{Component, Handler, Mode, OnError};
use super::signature::Input;
use super::{bounds, calls, message, types};
use crate::path::Root;
use crate::{name, place};

/// What the parts of the generated code have in common.
pub(crate) struct Scope<'a> {
    /// The component.
    pub(crate) component: &'a Component,
    /// The parameters of the impl block, with all bounds.
    pub(crate) generics: Generics,
    /// The module of the library that generated code names.
    pub(crate) private: TokenStream,
    /// Whether errors leave the component out of what they suggest.
    pub(crate) unlisted: bool,
    /// The name of the message type.
    pub(crate) message: Ident,
    /// Where generated code stands, unless it is about one handler: at the component's name.
    pub(crate) span: Span,
}

/// Everything that is added after the impl block.
pub(crate) fn expand(component: &Component, root: &Root) -> TokenStream {
    let span = place::span(component.ident.span());
    let private = place::at(span, root.private());
    let scope = Scope {
        component,
        generics: bounds::generics(component, &private),
        private,
        // Else what is no component would be answered with a list of all components. A
        // user's generic one stays listed, so that a bound which does not hold is named.
        unlisted: root.is_own() || component.generics.params.is_empty(),
        // Not a name that the user may have given to an event.
        message: format_ident!("__{}Message", name::plain(&component.ident), span = span),
        span,
    };
    let cfgs = &component.cfgs;
    let message = message::expand(&scope);
    let once = once(&scope);
    let implementation = implementation(&scope);
    let handles = handles(&scope);
    let names = names(&scope);
    let markers = &component.markers;
    quote_spanned! {span=>
        #(#cfgs)*
        const _: () = {
            // The attributes are gone: without this, importing them would look needless.
            #(#[allow(unused_imports)] use #markers as _;)*
            #message
            #once
            #implementation
            #handles
            #names
        };
    }
}

/// A constant that a second block of the same type would define again.
fn once(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        component, span, ..
    } = scope;
    let (impl_generics, _, where_clause) = scope.generics.split_for_impl();
    let own = &component.own;
    let name = Ident::new("ALL_HANDLERS_BELONG_IN_ONE_COMPONENT_IMPL_BLOCK", span);
    quote_spanned! {span=>
        #[automatically_derived]
        impl #impl_generics #own #where_clause {
            #[doc(hidden)]
            #[allow(dead_code)]
            const #name: () = ();
        }
    }
}

fn implementation(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        component,
        ref private,
        ref message,
        span,
        ..
    } = scope;
    let (impl_generics, ty_generics, where_clause) = scope.generics.split_for_impl();
    let own = &component.own;
    let name = name::plain(&component.ident);
    let owned = component
        .handlers
        .iter()
        .all(|handler| handler.mode == Mode::Exclusive);
    let state = if owned { quote!(Owned) } else { quote!(Shared) };
    let table = component
        .handlers
        .iter()
        .flat_map(|handler| rows(scope, handler));
    let now = calls::now(scope);
    let shared_now = calls::shared_now(scope);
    let exclusive = calls::exclusive(scope);
    let shared = calls::shared(scope);
    let on_error = on_error(scope);
    let unlisted = scope
        .unlisted
        .then(|| quote!(#[diagnostic::do_not_recommend]));
    quote_spanned! {span=>
        #[automatically_derived]
        #unlisted
        impl #impl_generics #private::Component for #own #where_clause {
            type Message = #message #ty_generics;
            type State = #private::#state<Self>;
            const NAME: &'static str = #name;
            const HANDLERS: &'static [#private::Handler<Self>] = &[#(#table),*];
            #on_error
            #now
            #shared_now
            #exclusive
            #shared
        }
    }
}

/// What the errors of single handlers do; nothing where none says it.
fn on_error(scope: &Scope<'_>) -> Option<TokenStream> {
    let &Scope {
        component,
        ref private,
        ref message,
        span,
        ..
    } = scope;
    let arms = component.handlers.iter().filter_map(|handler| {
        let variant = &handler.variant;
        let decision = match handler.on_error.as_ref()? {
            OnError::Always(what) => quote_spanned! {span=>
                ::core::option::Option::Some(#private::OnError::#what)
            },
            OnError::Decided(rule) => place::at(rule.span(), quote!(#rule(error))),
        };
        Some(quote_spanned!(span=> #message::#variant(_) => #decision,))
    });
    let arms: Vec<_> = arms.collect();
    (!arms.is_empty()).then(|| {
        quote_spanned! {span=>
            #[allow(unused_variables)]
            fn on_handler_error(
                message: &Self::Message,
                error: &#private::Error,
            ) -> ::core::option::Option<#private::OnError> {
                match message {
                    #(#arms)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}

/// The rows of a handler in the table: one for each name it listens to.
fn rows(scope: &Scope<'_>, handler: &Handler) -> Vec<TokenStream> {
    let Scope {
        component,
        private,
        message,
        ..
    } = scope;
    let method = name::plain(&handler.method);
    let variant = &handler.variant;
    let channel = handler
        .channel
        .as_ref()
        .map(|channel| quote!(.channel(#channel)));
    let priority = handler.priority.map(|priority| {
        let minus = priority.is_sign_negative().then(|| quote!(-));
        let size = priority.abs();
        quote!(.priority(#minus #size))
    });
    let origin = handler.origin.then(|| quote!(.origin()));
    let also = handler.also.then(|| quote!(.also()));
    let row = |text: &String| match &handler.input {
        Input::Typed(event) => {
            // Where the name is checked on its own, checking it here would report it twice.
            let name = match bounds::is_concrete(component, event) {
                true => quote! {
                    #private::listed_name(<#event as #private::Event>::NAME, #text)
                },
                false => quote!(#text),
            };
            place::at(
                event.span(),
                quote!(#private::Handler::event::<#event>(#method, #name)),
            )
        }
        Input::Named => quote!(#private::Handler::named(#method, #text, #message::#variant)),
        Input::Any => quote!(#private::Handler::any(#method, #text, #message::#variant)),
    };
    let rows = handler.names.iter().map(|name| row(&name.text));
    rows.map(|row| quote!(#row #channel #priority #origin #also))
        .collect()
}

/// `impl Handles<E>` for each type of event.
fn handles(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        component,
        ref private,
        ref message,
        span,
        ..
    } = scope;
    let (impl_generics, ty_generics, where_clause) = scope.generics.split_for_impl();
    let own = &component.own;
    let implementations = by_event(component).into_iter().map(|(event, handlers)| {
        let indices = handlers.iter().map(|(index, _)| index);
        let wrap = match handlers.as_slice() {
            [(_, only)] => quote_spanned! {span=>
                fn wrap(
                    _handler: u16,
                    envelope: #private::Envelope<#event>,
                ) -> #message #ty_generics {
                    #message::#only(envelope)
                }
            },
            [others @ .., (_, last)] => {
                let arms = others
                    .iter()
                    .map(|(index, variant)| quote!(#index => #message::#variant(envelope),));
                quote_spanned! {span=>
                    fn wrap(
                        handler: u16,
                        envelope: #private::Envelope<#event>,
                    ) -> #message #ty_generics {
                        match handler {
                            #(#arms)*
                            _ => #message::#last(envelope),
                        }
                    }
                }
            }
            [] => return TokenStream::new(),
        };
        quote_spanned! {span=>
            #[automatically_derived]
            impl #impl_generics #private::Handles<#event> for #own #where_clause {
                const HANDLERS: &'static [u16] = &[#(#indices),*];
                #wrap
            }
        }
    });
    implementations.collect()
}

type Indexed<'a> = Vec<(u16, &'a Ident)>;

/// The types of events, in the order written, each with its rows in the table.
fn by_event(component: &Component) -> Vec<(&syn::Type, Indexed<'_>)> {
    let mut events: Vec<(&syn::Type, Indexed<'_>)> = Vec::new();
    let mut index = 0;
    for handler in &component.handlers {
        if let Input::Typed(event) = &handler.input {
            let entry = (index, &handler.variant);
            match events
                .iter_mut()
                .find(|(known, _)| types::same(known, event))
            {
                Some((_, rows)) => rows.push(entry),
                None => events.push((event, vec![entry])),
            }
        }
        // The table has at most 65535 rows, which was checked.
        index += handler.names.len() as u16;
    }
    events
}

/// Checks the written names against those of the events.
fn names(scope: &Scope<'_>) -> TokenStream {
    let Scope {
        component, private, ..
    } = scope;
    let mut checks = TokenStream::new();
    for handler in &component.handlers {
        let Input::Typed(event) = &handler.input else {
            continue;
        };
        if !bounds::is_concrete(component, event) {
            continue;
        }
        for name in &handler.names {
            let text = &name.text;
            // No name at all if the type is no event, which the bounds report.
            let check = quote! {
                const _: () = {
                    #[allow(unused_imports)]
                    use #private::Nameless as _;
                    if let ::core::option::Option::Some(name) = #private::NameOf::<#event>::NAME {
                        #private::check_name(name, #text)
                    }
                };
            };
            checks.extend(place::at(name.span, check));
        }
    }
    checks
}
