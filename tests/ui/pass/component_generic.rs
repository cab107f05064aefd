//! Generic components: bounds in place, in a where clause, or none.

use std::fmt::Debug;

use circuits::prelude::*;

#[derive(Event, Debug)]
struct Put<T>(T);

#[derive(Event)]
#[event(reply = usize)]
struct Count;

#[component(channel = "store")]
struct Store<T: Clone, const N: usize = 4>
where
    T: Debug,
{
    items: Vec<T>,
}

#[component]
impl<T: Clone + Send + Sync + 'static, const N: usize> Store<T, N>
where
    T: Debug,
    Self: Sized,
{
    #[handler("put")]
    fn put(&mut self, event: &Put<T>) {
        self.items.push(event.0.clone());
    }

    #[handler("put", priority = 1)]
    async fn put_itself(&mut self, _event: &Put<Own<T>>) {}

    #[handler("count")]
    async fn count(&self, _event: &Count, _cx: &Context<Self>) -> usize {
        self.items.len().min(N)
    }
}

struct Own<T>(#[allow(dead_code)] T);

/// The parameters of a component are sent with it, unsaid.
#[component]
struct Holder<T> {
    value: Option<T>,
}

#[component]
impl<T> Holder<T> {
    #[handler("clear")]
    async fn clear(&mut self) {
        std::future::ready(()).await;
        self.value = None;
    }
}

/// One type of a generic component only.
#[component]
struct Only<T>(T);

#[component]
impl Only<u32> {
    #[handler("count")]
    fn count(&mut self, _event: &Count) -> usize {
        self.0 as usize
    }
}

#[component]
impl Only<String> {
    #[handler("count")]
    fn count(&mut self, _event: &Count) -> usize {
        self.0.len()
    }
}

fn main() {}
