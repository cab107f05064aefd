//! Writes the thin calls into the methods of a component: each is one match.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::check::{Handler, Mode};
use super::expand::Scope;
use super::signature::Input;
use crate::{duration, name, place};

/// Tells whether a handler is a plain function, which runs without a future.
fn is_plain(handler: &Handler) -> bool {
    !handler.is_async && handler.timeout.is_none()
}

/// Runs the handlers that are plain functions, where no other runs.
pub(crate) fn now(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        component,
        ref private,
        ref message,
        span,
        ..
    } = scope;
    let runs_now = |handler: &&Handler| is_plain(handler) && handler.mode != Mode::Parallel;
    let plain = component.handlers.iter().filter(runs_now);
    let arms = plain.map(|handler| alone(scope, handler));
    let all = component.handlers.iter().all(|handler| runs_now(&handler));
    let others = (!all).then(|| quote_spanned!(span=> _ => #private::Ran::Later,));
    quote_spanned! {span=>
        #[allow(unused_variables)]
        fn now(
            &mut self,
            message: &Self::Message,
            cx: &mut #private::Context<Self>,
        ) -> #private::Ran {
            match message {
                #(#arms)*
                #message::Added(added) => {
                    if let ::core::option::Option::Some(ran) =
                        cx.begin(added.handler(), added.letter())
                    {
                        return ran;
                    }
                    #private::Ran::Done(added.run(self, cx))
                }
                #others
            }
        }
    }
}

/// Runs the `&mut self` handlers that take a future.
pub(crate) fn exclusive(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        component,
        ref private,
        span,
        ..
    } = scope;
    let waits = |handler: &&Handler| handler.mode == Mode::Exclusive && !is_plain(handler);
    let waiting = component.handlers.iter().filter(waits);
    let arms: Vec<_> = waiting.map(|handler| alone(scope, handler)).collect();
    if arms.is_empty() {
        return quote_spanned! {span=>
            fn exclusive<'a>(
                &'a mut self,
                _message: &'a Self::Message,
                _cx: &'a mut #private::Context<Self>,
            ) -> impl ::core::future::Future<Output = #private::Ran> + ::core::marker::Send + 'a {
                ::core::future::ready(#private::Ran::Later)
            }
        };
    }
    quote_spanned! {span=>
        #[allow(unused_variables)]
        async fn exclusive<'a>(
            &'a mut self,
            message: &'a Self::Message,
            cx: &'a mut #private::Context<Self>,
        ) -> #private::Ran {
            match message {
                #(#arms)*
                _ => #private::Ran::Later,
            }
        }
    }
}

/// An arm that runs a handler beside which no other runs.
fn alone(scope: &Scope<'_>, handler: &Handler) -> TokenStream {
    let &Scope {
        ref private,
        ref message,
        span,
        ..
    } = scope;
    let variant = &handler.variant;
    let method = name::plain(&handler.method);
    let begin = match handler.mode {
        Mode::Exclusive => quote_spanned!(span=> begin),
        Mode::Shared | Mode::Parallel => quote_spanned!(span=> begin_beside),
    };
    let outcome = outcome(scope, handler);
    let ran = match handler.input {
        Input::Typed(_) => quote_spanned!(span=> #private::Ran::of(outcome, envelope)),
        Input::Named | Input::Any => quote_spanned!(span=> #private::Ran::Done(outcome)),
    };
    quote_spanned! {span=>
        #message::#variant(envelope) => {
            if let ::core::option::Option::Some(ran) = cx.#begin(#method, envelope) {
                return ran;
            }
            let outcome = { #outcome };
            #ran
        }
    }
}

/// Runs the `&self` handlers that are plain functions beside others; nothing where
/// there are none.
pub(crate) fn shared_now(scope: &Scope<'_>) -> Option<TokenStream> {
    let &Scope {
        ref private, span, ..
    } = scope;
    let arms = beside(scope, is_plain);
    (!arms.is_empty()).then(|| {
        quote_spanned! {span=>
            #[allow(unused_variables)]
            fn shared_now(
                &self,
                message: &Self::Message,
                cx: &#private::Context<Self>,
            ) -> ::core::option::Option<::core::result::Result<(), #private::Error>> {
                ::core::option::Option::Some(match message {
                    #(#arms)*
                    _ => return ::core::option::Option::None,
                })
            }
        }
    })
}

/// Runs the `&self` handlers that take a future.
pub(crate) fn shared(scope: &Scope<'_>) -> TokenStream {
    let &Scope {
        ref private, span, ..
    } = scope;
    let arms = beside(scope, |handler| !is_plain(handler));
    let result = quote_spanned!(span=> ::core::result::Result<(), #private::Error>);
    if arms.is_empty() {
        // Not an async fn: its future would hold `&self`, and ask for `Sync` where none is needed.
        return quote_spanned! {span=>
            fn shared<'a>(
                &'a self,
                _message: &'a Self::Message,
                _cx: &'a #private::Context<Self>,
            ) -> impl ::core::future::Future<Output = #result> + ::core::marker::Send + 'a {
                ::core::future::ready(::core::result::Result::Ok(()))
            }
        };
    }
    quote_spanned! {span=>
        #[allow(unused_variables)]
        async fn shared<'a>(
            &'a self,
            message: &'a Self::Message,
            cx: &'a #private::Context<Self>,
        ) -> #result {
            match message {
                #(#arms)*
                _ => ::core::result::Result::Ok(()),
            }
        }
    }
}

/// The arms of those `&self` handlers that `which` picks.
fn beside(scope: &Scope<'_>, which: fn(&Handler) -> bool) -> Vec<TokenStream> {
    let &Scope {
        component,
        ref message,
        span,
        ..
    } = scope;
    let picked = |handler: &&Handler| handler.mode != Mode::Exclusive && which(handler);
    let handlers = component.handlers.iter().filter(picked);
    let arm = |handler: &Handler| {
        let variant = &handler.variant;
        let outcome = outcome(scope, handler);
        quote_spanned!(span=> #message::#variant(envelope) => { #outcome })
    };
    handlers.map(arm).collect()
}

/// Runs the method of a handler and answers with what it returned.
fn outcome(scope: &Scope<'_>, handler: &Handler) -> TokenStream {
    let &Scope {
        ref private, span, ..
    } = scope;
    let method = &handler.method;
    let event = match handler.input {
        Input::Named => None,
        Input::Typed(_) | Input::Any => Some(quote!(envelope.event(),)),
    };
    let origin = handler.origin.then(|| quote!(&envelope.origin(),));
    let context = handler.context.then(|| quote!(cx,));
    let call = place::at(
        method.span(),
        quote!(Self::#method(self, #event #origin #context)),
    );
    let reply = match &handler.input {
        Input::Typed(event) => quote!(<#event as #private::Event>::Reply),
        Input::Named | Input::Any => quote!(()),
    };
    let answer = handler.returns.answer(private, &reply);
    match (handler.timeout, handler.is_async) {
        (Some(timeout), _) => {
            let timeout = duration::expand(timeout);
            quote_spanned! {span=>
                match cx.limit(#timeout, #call).await {
                    ::core::result::Result::Ok(value) => #answer,
                    ::core::result::Result::Err(error) => {
                        envelope.answer(#private::Answer::error(error))
                    }
                }
            }
        }
        (None, true) => quote_spanned! {span=>
            let value = #call.await;
            #answer
        },
        (None, false) => quote_spanned! {span=>
            let value = #call;
            #answer
        },
    }
}
