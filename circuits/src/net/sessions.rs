//! Servers with one component for each connection.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::component::{Component, Handles};
use crate::event::Event;
use crate::net::{TcpServer, UnixServer};
use crate::stream::{Close, Connection, Hears, Read, Write};
use crate::{Address, Context, Handle, component, handler};

/// A server that has a component for each connection: its session. See
/// [`TcpServer::per_connection`].
#[component(channel = "tcp", crate = crate)]
pub struct Sessions<S: Server, C: Handles<Read>> {
    server: S,
    make: Arc<dyn Fn(&Connection) -> C + Send + Sync>,
}

/// A server that can have sessions: [`TcpServer`] or [`UnixServer`]. Sealed.
#[expect(
    private_bounds,
    reason = "sealed: how a server begins is no concern of users"
)]
pub trait Server: Begins {}

impl Server for TcpServer {}
impl Server for UnixServer {}

pub(crate) trait Begins: Clone + Send + Sync + 'static {
    /// Binds, and serves with a session for each connection.
    fn begin<C: Component, S: Handles<Read>>(
        &self,
        cx: &Context<C>,
        make: Arc<dyn Fn(&Connection) -> S + Send + Sync>,
    ) -> impl Future<Output = crate::Result<()>> + Send;
}

impl<S: Server, C: Handles<Read>> Sessions<S, C> {
    pub(super) fn new(server: S, make: impl Fn(&Connection) -> C + Send + Sync + 'static) -> Self {
        let make = Arc::new(make);
        Self { server, make }
    }
}

#[component(crate = crate)]
impl<S: Server, C: Handles<Read>> Sessions<S, C> {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        self.server.begin(cx, self.make.clone()).await
    }

    /// `&self`: a connection whose queue is full keeps no other waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None).await
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None)
    }
}

impl<S: Server, C: Handles<Read>> Clone for Sessions<S, C> {
    fn clone(&self) -> Self {
        Self {
            server: self.server.clone(),
            make: self.make.clone(),
        }
    }
}

impl<S: Server, C: Handles<Read>> fmt::Debug for Sessions<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({})", std::any::type_name::<C>())
    }
}

/// A session, which hears what its connection tells; of what it has no handler for,
/// it hears nothing.
pub(super) struct ToSession<C: Component> {
    pub(super) system: Handle,
    pub(super) address: Address<C>,
}

impl<C: Handles<Read>> Hears for ToSession<C> {
    async fn hear<E: Event>(&self, event: E) {
        if self.address.is_gone() {
            return;
        }
        if let Ok(fire) = self.system.to(&self.address).offer(event) {
            fire.await;
        }
    }

    fn hear_now<E: Event>(&self, event: E) {
        if !self.address.is_gone() {
            drop(self.system.to(&self.address).offer(event));
        }
    }

    async fn answer(&self, read: Read) -> Option<Bytes> {
        self.system.to(&self.address).call(read).await.ok()
    }
}
