//! A tree of components that changes while it runs, drawn at each step.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin tree
//! --- two tills are open
//! * <System [R]>
//!  * <Diary/diary diary (queued=0) [R]>
//!  * <Shop/shop shop (queued=0) [R]>
//!   * <Till/tills till 1 (queued=0) [R]>
//!   * <Till/tills till 2 (queued=0) [R]>
//! --- one is closed
//! * <System [R]>
//!  * <Diary/diary diary (queued=0) [R]>
//!  * <Shop/shop shop (queued=0) [R]>
//!   * <Till/tills till 2 (queued=0) [R]>
//! flowchart LR
//!     n0["System"]
//!     n1["diary<br/>Diary/diary"]
//!     n2["shop<br/>Shop/shop"]
//!     n3["till 2<br/>Till/tills"]
//!     n0 --> n1
//!     n0 --> n2
//!     n2 --> n3
//! ```

use circuits::prelude::*;
use circuits::tools::Tree;

#[derive(Event)]
struct Open(&'static str);

#[derive(Event)]
struct Close(&'static str);

#[derive(Event)]
struct Pay;

#[derive(Event)]
#[event(channel = "diary")]
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

#[component(channel = "diary")]
struct Diary;

#[component]
impl Diary {
    #[handler("sold")]
    fn sold(&mut self) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| Diary).named("diary").await?;
    system.supervise(|| Shop).named("shop").await?;

    for till in ["till 1", "till 2"] {
        system.on("shop").fire(Open(till)).completed().await?;
    }
    system.on("tills").fire(Pay).completed().await?;
    print!("--- two tills are open\n{}", Tree::of(&system).await);

    system.on("shop").fire(Close("till 1")).completed().await?;
    system.on("tills").fire(Pay).completed().await?;
    print!("--- one is closed\n{}", Tree::of(&system).await);
    print!("{}", Tree::of(&system).await.graph().to_mermaid());
    Ok(())
}
