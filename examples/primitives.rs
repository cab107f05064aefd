//! The three verbs: fire, call and wait.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin primitives
//! fire: foo
//! fire: bar
//! fire: spam, which foo fired
//! call: 1 + 2 = 3
//! wait: 1 + 2 = 3
//! ```

use circuits::prelude::*;

#[derive(Event)]
struct Foo;

#[derive(Event)]
struct Bar;

#[derive(Event)]
struct Spam;

#[derive(Event)]
#[event(reply = u32)]
struct One;

#[derive(Event)]
#[event(reply = u32)]
struct Two;

#[derive(Event)]
struct Ask;

#[derive(Event)]
struct Answer(u32);

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("foo")]
    fn foo(&self, _: &Foo, cx: &Context<Self>) {
        println!("fire: foo");
        cx.fire(Spam); // queued behind what is queued already
    }

    #[handler("bar")]
    fn bar(&self, _: &Bar) {
        println!("fire: bar");
    }

    #[handler("spam")]
    fn spam(&self, _: &Spam) {
        println!("fire: spam, which foo fired");
    }

    #[handler("one")]
    fn one(&self, _: &One) -> u32 {
        1
    }

    #[handler("two")]
    async fn two(&self, _: &Two, cx: &Context<Self>) -> circuits::Result<u32> {
        Ok(cx.call(One).await? + 1) // a handler may call as well
    }

    #[handler("ask")]
    async fn ask(&self, _: &Ask, cx: &Context<Self>) -> circuits::Result<()> {
        let sum = cx.call(One).await? + cx.call(Two).await?;
        cx.fire(Answer(sum));
        Ok(())
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| App).await?;
    let app = system.on("app");

    // Fire says something, and does not wait for it to be handled. The last one
    // does: until it, and all that it causes, is done.
    app.fire(Foo);
    app.fire(Bar).completed().await?;

    // Call asks something, and waits for the reply.
    let sum = app.call(One).await? + app.call(Two).await?;
    println!("call: 1 + 2 = {sum}");

    // Wait listens once, from here on, for what somebody fires.
    let answer = app.wait::<Answer>().timeout(Duration::from_secs(5));
    app.fire(Ask);
    println!("wait: 1 + 2 = {}", answer.await?.0);

    system.drain();
    system.run().await
}
