//! Only a component can be started.

use circuits::prelude::*;

struct Plain;

#[component]
struct Declared;

fn main() {
    let system = System::new();
    let _ = system.register(Plain);
    let _ = system.supervise(|| Declared);
}
