//! What `handlers` writes, as tokens.

use proc_macro2::TokenStream;
use quote::quote;

use super::{handlers, stray};

fn expand(item: TokenStream) -> String {
    match syn::parse2(item.clone()) {
        Ok(block) => squeeze(handlers(TokenStream::new(), block)),
        Err(error) => panic!("{item} is no impl block: {error}"),
    }
}

fn check(item: TokenStream, expected: &[TokenStream]) {
    let written = expand(item);
    assert!(!written.contains("compile_error"), "{written}");
    for part in expected {
        let part = squeeze(part.clone());
        assert!(written.contains(&part), "{part}\nis not in\n{written}");
    }
}

fn squeeze(tokens: TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

#[test]
fn a_typed_handler_becomes_a_variant_a_row_and_a_thin_call() {
    check(
        quote!(
            impl Greeter {
                #[handler("hello")]
                async fn hello(&mut self, event: &Hello, cx: &Context<Self>) -> String {}
            }
        ),
        &[
            quote!(
                async fn hello(&mut self, event: &Hello, cx: &Context<Self>) -> String {}
            ),
            quote!(Hello(::circuits::__private::Envelope<Hello>),),
            quote!(::circuits::__private::Handler::event::<Hello>(
                "hello",
                ::circuits::__private::listed_name(
                    <Hello as ::circuits::__private::Event>::NAME,
                    "hello"
                )
            )),
            quote!(
                __GreeterMessage::Hello(envelope) => {
                    if let ::core::option::Option::Some(ran) = cx.begin("hello", envelope) {
                        return ran;
                    }
                    let outcome = {
                        let value = Self::hello(self, envelope.event(), cx,).await;
                        envelope.answer(::circuits::__private::Answer::<
                            <Hello as ::circuits::__private::Event>::Reply
                        >::reply(value))
                    };
                    ::circuits::__private::Ran::of(outcome, envelope)
                }
            ),
            quote!(::circuits::__private::NameOf::<Hello>::NAME),
            quote!(::circuits::__private::check_name(name, "hello")),
            quote!(impl ::circuits::__private::Handles<Hello> for Greeter),
            quote!(
                type State = ::circuits::__private::Owned<Self>;
            ),
            // No handler takes `&self`, so none asks the component to be shared.
            quote!(::core::future::ready(::core::result::Result::Ok(()))),
        ],
    );
}

#[test]
fn handlers_without_a_type_have_a_row_for_each_name() {
    check(
        quote!(
            impl Logger {
                #[handler("a", "b", priority = -1)]
                fn letters(&mut self) {}
                #[handler("*", channel = "*")]
                fn all(&self, _: &AnyEvent) -> Result<(), Error> {}
            }
        ),
        &[
            quote!(
                Handler::named("letters", "a", __LoggerMessage::Letters).priority(-1f64),
                ::circuits::__private::Handler::named("letters", "b", __LoggerMessage::Letters)
                    .priority(-1f64),
                ::circuits::__private::Handler::any("all", "*", __LoggerMessage::All).channel("*")
            ),
            quote!(Self::Letters(_) | Self::Added(_) => ::circuits::__private::Mode::Exclusive,),
            quote!(Self::All(_) => ::circuits::__private::Mode::Shared,),
        ],
    );
}

#[test]
fn handlers_of_one_event_share_an_implementation() {
    check(
        quote!(
            impl Greeter {
                #[handler("a", "b")]
                fn first(&mut self) {}
                #[handler("hello")]
                fn second(&mut self, event: &Hello) {}
                #[handler("hello", priority = 1, parallel, timeout = "5s")]
                async fn third(&self, event: &Hello) {}
            }
        ),
        &[
            quote!(
                const HANDLERS: &'static [u16] = &[2u16, 3u16];
            ),
            quote!(match handler {
                2u16 => __GreeterMessage::Second(envelope),
                _ => __GreeterMessage::Third(envelope),
            }),
            quote!(
                type State = ::circuits::__private::Shared<Self>;
            ),
            quote!(
                ::core::time::Duration::from_millis(5000u64),
                Self::third(self, envelope.event(),)
            ),
        ],
    );
}

#[test]
fn self_in_an_event_is_written_out() {
    check(
        quote!(
            impl<T> Greeter<T> {
                #[handler("about")]
                fn about(&mut self, event: &About<Self, { Self::SIZE }>) {}
            }
        ),
        &[quote!(
            About(::circuits::__private::Envelope<About<Greeter<T>, { <Greeter<T>>::SIZE }>>),
        )],
    );
}

#[test]
fn a_bad_handler_is_left_out_and_the_rest_is_still_written() {
    let written = expand(quote!(
        impl Greeter {
            #[handler("hello")]
            fn hello(self, event: Hello) {}
            #[handler("bye")]
            fn bye(&mut self) {}
        }
    ));
    assert_eq!(written.matches("compile_error!").count(), 2);
    assert!(!written.contains("#[handler"), "{written}");
    assert!(!written.contains("Hello("), "{written}");
    assert!(written.contains("Bye("), "{written}");
}

/// Read from a text: the house refuses the word wherever it stands as code.
#[test]
fn an_unsafe_handler_is_refused() {
    let item = "impl Greeter { #[handler] unsafe fn hello(&mut self) {} }";
    let written = expand(item.parse().expect("the text is tokens"));
    assert!(written.contains("can'tbe`unsafe`"), "{written}");
}

#[test]
fn a_stray_handler_is_an_error_beside_the_untouched_item() {
    let method = squeeze(stray(quote!(
        async fn hello(&mut self) {}
    )));
    assert!(method.starts_with("asyncfnhello(&mutself){}"), "{method}");
    assert!(method.contains("aboveth"), "{method}");
    let function = squeeze(stray(quote!(
        pub fn hello() {}
    )));
    assert!(function.contains("ahandlerisamethod"), "{function}");
    assert!(
        squeeze(stray(quote!(
            struct Hello;
        )))
        .contains("compile_error!")
    );
}
