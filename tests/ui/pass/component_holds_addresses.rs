//! A component may hold its own address and those of components that hold its, and so may events.

use circuits::prelude::*;

#[derive(Event)]
struct Found(Address<Ping>, Option<Address<Pong>>);

#[derive(Event)]
#[event(reply = Option<Address<Pong>>)]
struct Ask;

#[component]
#[derive(Default)]
struct Ping {
    own: Option<Address<Ping>>,
    other: Option<Address<Pong>>,
}

#[component]
impl Ping {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        self.own = Some(cx.address());
    }

    #[handler("found")]
    async fn found(&mut self, event: &Found, cx: &Context<Self>) {
        let _ = cx.to(&event.0).fire(Found(cx.address(), None)).await;
        self.other = event.1.clone();
    }
}

#[component]
#[derive(Default)]
struct Pong {
    own: Option<Address<Pong>>,
    other: Option<Address<Ping>>,
    store: Option<Address<Store<Address<Ping>>>>,
}

#[component]
impl Pong {
    #[handler("ask")]
    async fn ask(&self, _event: &Ask, cx: &Context<Self>) -> Option<Address<Pong>> {
        if let (Some(other), None) = (&self.other, &self.store) {
            let _ = cx.to(other).fire(Found(other.clone(), self.own.clone())).await;
        }
        self.own.clone()
    }

    #[handler("found", parallel)]
    async fn found(&self, event: &Found) {
        let _ = event.0.clone();
    }
}

#[derive(Event)]
struct Put<T>(T);

#[component]
struct Store<T> {
    item: Option<T>,
}

#[component]
impl<T: Clone + Send + Sync + 'static> Store<T> {
    #[handler("put")]
    fn put(&mut self, event: &Put<T>) {
        self.item = Some(event.0.clone());
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let ping = system.register(Ping::default()).await?;
    let pong = system.register(Pong::default()).await?;
    let item = Some(ping.clone());
    let store = system.register(Store { item }).await?;
    let own = system.to(&pong).call(Ask).await?;
    let other = Some(ping.clone());
    let store = Some(store);
    system.register(Pong { own, other, store }).await?;
    system.supervise(Ping::default).await?;
    let own = Some(ping);
    let other = Some(pong);
    tokio::spawn(async move { drop(Ping { own, other }) });
    Ok(())
}
