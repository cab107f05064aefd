//! What `event` writes, as tokens.

use proc_macro2::TokenStream;
use quote::quote;

use super::derive;

fn check(item: TokenStream, expected: &[TokenStream]) {
    let written = squeeze(derive(item));
    for part in expected {
        let part = squeeze(part.clone());
        assert!(written.contains(&part), "{part}\nis not in\n{written}");
    }
}

fn squeeze(tokens: TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

fn mistakes(item: TokenStream) -> usize {
    squeeze(derive(item)).matches("compile_error!").count()
}

#[test]
fn a_plain_event_takes_its_name_and_slot_from_its_type() {
    check(
        quote!(
            struct HelloWorld;
        ),
        &[
            quote!(impl ::circuits::__private::Event for HelloWorld),
            quote!(
                type Reply = ();
            ),
            quote!(::core::mem::size_of::<HelloWorld>() <= ::circuits::__private::INLINE_LIMIT),
            quote!(as ::circuits::__private::Fit<HelloWorld>>::Slot;),
            quote!(
                const NAME: &'static str = "hello_world";
            ),
            quote!(::circuits::__private::Describe(self).describe(f)),
        ],
    );
}

#[test]
fn each_key_writes_its_part() {
    check(
        quote!(
            #[event(name = "hi", channel = "web", priority = -2, reply = Vec<u8>)]
            #[doc = "other attributes are not ours"]
            struct Hello;
        ),
        &[
            quote!(
                type Reply = Vec<u8>;
            ),
            quote!(
                const NAME: &'static str = "hi";
            ),
            quote!(Some("web")),
            quote!(
                const PRIORITY: i32 = -2i32;
            ),
        ],
    );
    check(
        quote!(
            #[event(success, complete, boxed, crate = my::lib)]
            enum Hello {}
        ),
        &[
            quote!(
                type Slot = my::lib::__private::Boxed<Self>;
            ),
            quote!(my::lib::__private::Feedback::NONE.success().complete();),
        ],
    );
}

#[test]
fn a_generic_event_waits_inline_and_asks_its_parameters_to_be_sent() {
    check(
        quote!(
            struct Put<T: Send, const N: usize>([T; N]);
        ),
        &[
            quote!(impl<T: Send + ::core::marker::Sync + 'static, const N: usize>),
            quote!(::circuits::__private::Event for Put<T, N>),
            quote!(
                type Slot = ::circuits::__private::Inline<Self>;
            ),
        ],
    );
}

#[test]
fn each_mistake_is_one_error_and_the_rest_is_still_written() {
    let two = quote!(
        #[event(name = "", nam = "x")]
        struct Hello;
    );
    assert_eq!(mistakes(two.clone()), 2);
    check(
        two,
        &[quote!(
            const NAME: &'static str = "hello";
        )],
    );
    assert_eq!(
        mistakes(quote!(
            struct Hello<'a>(&'a str);
        )),
        1
    );
    assert_eq!(mistakes(quote!(union Hello { a: u8 })), 1);
    assert_eq!(
        mistakes(quote!(
            fn hello() {}
        )),
        1
    );
    assert_eq!(mistakes(quote!()), 1);
}
