//! A tree of components that changes while it runs, drawn at each step, and who fired
//! what to whom meanwhile.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin tree
//! --- two tills are open
//! * <System [R]>
//!  * <Shop/shop shop (queued=0) [R]>
//!   * <Till/tills till 1 (queued=0) [R]>
//!   * <Till/tills till 2 (queued=0) [R]>
//! --- one is closed
//! * <System [R]>
//!  * <Shop/shop shop (queued=0) [R]>
//!   * <Till/tills till 2 (queued=0) [R]>
//! --- who fired what to whom
//! outside
//!  -> shop: open × 2
//!  -> till 1: pay × 1
//!  -> till 2: pay × 2
//!  -> shop: close × 1
//! till 1
//!  -> shop: sold × 1
//! till 2
//!  -> shop: sold × 2
//! ```

use circuits::prelude::*;
use circuits::tools::{Peer, Recorder, Tree};

#[derive(Event)]
struct Open(&'static str);

#[derive(Event)]
struct Close(&'static str);

#[derive(Event)]
struct Pay;

#[derive(Event)]
#[event(channel = "shop")]
struct Sold;

#[component(channel = "shop")]
struct Shop;

#[component]
impl Shop {
    #[handler("open")]
    async fn open(&mut self, event: &Open, cx: &Context<Self>) -> circuits::Result<()> {
        cx.supervise(|| Till).named(event.0).await?;
        Ok(())
    }

    #[handler("close")]
    async fn close(&mut self, event: &Close, cx: &Context<Self>) -> circuits::Result<()> {
        let till = cx.children().get(event.0).await?.address;
        till.kill_branch().await;
        Ok(())
    }

    #[handler("sold")]
    fn sold(&mut self) {}
}

#[component(channel = "tills")]
struct Till;

#[component]
impl Till {
    #[handler("pay")]
    fn pay(&mut self, cx: &Context<Self>) {
        cx.fire(Sold);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| Shop).named("shop").await?;
    let recorder = Recorder::on(&system);

    for till in ["till 1", "till 2"] {
        system.on("shop").fire(Open(till)).completed().await?;
    }
    system.on("tills").fire(Pay).completed().await?;
    print!("--- two tills are open\n{}", Tree::of(&system).await);

    system.on("shop").fire(Close("till 1")).completed().await?;
    system.on("tills").fire(Pay).completed().await?;
    print!("--- one is closed\n{}", Tree::of(&system).await);

    let mut flow = recorder.flow();
    flow.retain(|edge| edge.from != Peer::Framework);
    print!("--- who fired what to whom\n{flow}");
    Ok(())
}
