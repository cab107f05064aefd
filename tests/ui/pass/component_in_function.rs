//! Events and components may be local to a function.

use circuits::prelude::*;

fn main() {
    #[derive(Event)]
    struct Ping;

    #[component]
    struct Local;

    #[component]
    impl Local {
        #[handler]
        fn ping(&mut self, _event: &Ping) {}
    }

    let _ = (Local, Ping);
}
