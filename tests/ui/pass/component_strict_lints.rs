//! Generated code is silent under strict lints.

#![deny(
    clippy::all,
    clippy::nursery,
    clippy::pedantic,
    elided_lifetimes_in_paths,
    missing_debug_implementations,
    missing_docs,
    non_local_definitions,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    unnameable_types,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    warnings
)]

use circuits::prelude::*;

/// An event that is public.
#[derive(Event, Debug)]
#[event(reply = u32)]
pub struct Public;

/// An event that is not, and large.
#[derive(Event, Debug)]
struct Private {
    data: [u8; 1000],
}

/// A component that is public.
#[component]
#[derive(Debug, Default)]
pub struct Greeter {
    count: usize,
}

#[component]
impl Greeter {
    #[handler]
    fn public(&mut self, _event: &Public) -> u32 {
        self.count += 1;
        1
    }

    #[handler]
    async fn private(&self, event: &Private) {
        let _ = std::future::ready(event.data.len().min(self.count)).await;
    }

    #[handler(timeout = "5s")]
    async fn tick(&mut self, cx: &Context<Self>) {
        self.count += 1;
        let _ = std::future::ready(cx).await;
    }
}

fn main() {}
