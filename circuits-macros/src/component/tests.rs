//! What `component` writes, as tokens.

use proc_macro2::TokenStream;
use quote::quote;

use super::component;

fn squeeze(tokens: TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

fn mistakes(args: TokenStream, item: TokenStream) -> usize {
    squeeze(component(args, item))
        .matches("compile_error!")
        .count()
}

#[test]
fn a_struct_is_left_alone_and_gets_its_options() {
    let item = quote!(
        #[derive(Debug)]
        pub(crate) struct Pool<T: Clone>(T)
        where
            T: Copy;
    );
    let args = quote!(
        channel = "pool",
        mailbox = 10,
        overflow = "drop_oldest",
        within = "5s"
    );
    let expected = quote!(
        #item
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<T: Clone> ::circuits::__private::Declare for Pool<T>
        where
            T: Copy
        {
            const OPTIONS: ::circuits::__private::Options = ::circuits::__private::Options::new()
                .channel("pool")
                .mailbox(10usize)
                .overflow(::circuits::__private::Overflow::DropOldest)
                .within(::core::time::Duration::from_millis(5000u64));
        }
    );
    assert_eq!(squeeze(component(args, item.clone())), squeeze(expected));
}

#[test]
fn each_mistake_is_one_error_and_the_rest_is_still_written() {
    let args = quote!(mailbox = 0, chanel = "x", within = "5", overflow = "wait");
    let written = squeeze(component(
        args,
        quote!(
            struct Pool;
        ),
    ));
    assert_eq!(written.matches("compile_error!").count(), 3);
    assert!(written.contains(".overflow("));
}

#[test]
fn nothing_that_is_no_component_passes() {
    for item in [
        quote!(
            fn pool() {}
        ),
        quote!(
            trait Pool {}
        ),
        quote!(
            mod pool {}
        ),
        quote!(union Pool { a: u8 }),
        quote!(impl Clone for Pool {}),
        quote!(
            impl<'a> Pool<'a> {}
        ),
        quote!(impl Pool<'static> {}),
        quote!(impl [u8] {}),
        quote!(
            struct Pool<'a>(&'a str);
        ),
        quote!(not an item),
        quote!(),
    ] {
        assert_eq!(mistakes(quote!(), item.clone()), 1, "{item}");
    }
}

#[test]
fn no_arguments_make_the_macro_panic() {
    for args in [
        quote!(channel),
        quote!(channel =),
        quote!(channel = =),
        quote!(,),
        quote!(= "x"),
        quote!(channel = "a" "b"),
        quote!(channel("a")),
        quote!(mailbox = -1),
        quote!(mailbox = 99999999999999999999999),
        quote!(crate = 5),
        quote!(crate = a::<u8>),
        quote!('a),
        quote!("a"),
        quote!((channel = "a")),
    ] {
        assert!(
            mistakes(
                args.clone(),
                quote!(
                    struct Pool;
                )
            ) > 0,
            "{args}"
        );
        assert!(mistakes(args.clone(), quote!(impl Pool {})) > 0, "{args}");
    }
}
