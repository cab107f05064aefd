//! A generic component with &self handlers can be shared, and says so.

use circuits::prelude::*;

#[component]
struct Holder<T> {
    value: Option<T>,
}

#[component]
impl<T> Holder<T> {
    #[handler("count")]
    async fn count(&self) {
        let _ = self.value.is_some();
    }
}

fn main() {}
