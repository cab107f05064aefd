//! Servers with one component for each connection.

use std::sync::Arc;

use bytes::Bytes;

use crate::component::{Component, Handles};
use crate::event::Event;
use crate::stream::{Connection, Hears, Read};
use crate::{Address, Context, Handle};

/// Binds, and serves with a session for each connection.
pub(super) trait Begins: Clone + Send + Sync + 'static {
    fn begin<C: Component, S: Handles<Read>>(
        &self,
        cx: &Context<C>,
        make: Arc<dyn Fn(&Connection) -> S + Send + Sync>,
    ) -> impl Future<Output = crate::Result<()>> + Send;
}

/// Writes the component of a kind of server with sessions.
macro_rules! sessions {
    ($(#[$doc:meta])* $name:ident, $server:ident, $channel:literal) => {
        $(#[$doc])*
        #[component(channel = $channel, crate = crate)]
        pub struct $name<C: Handles<Read>> {
            server: $server,
            make: Arc<dyn Fn(&Connection) -> C + Send + Sync>,
        }

        impl<C: Handles<Read>> $name<C> {
            pub(super) fn new(
                server: $server,
                make: impl Fn(&Connection) -> C + Send + Sync + 'static,
            ) -> Self {
                let make = Arc::new(make);
                Self { server, make }
            }
        }

        #[component(crate = crate)]
        impl<C: Handles<Read>> $name<C> {
            #[handler("started")]
            async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
                self.server.begin(cx, self.make.clone()).await
            }

            /// `&self`: a connection whose queue is full keeps no other waiting.
            #[handler("write")]
            async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
                event.answer(cx.id(), None).await
            }

            #[handler("finish")]
            fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
                event.answer(cx.id(), None)
            }

            #[handler("close")]
            async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
                event.answer(cx.id(), None)
            }
        }

        impl<C: Handles<Read>> Clone for $name<C> {
            fn clone(&self) -> Self {
                Self {
                    server: self.server.clone(),
                    make: self.make.clone(),
                }
            }
        }

        impl<C: Handles<Read>> fmt::Debug for $name<C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let session = std::any::type_name::<C>();
                write!(f, "{}({:?}, {session})", stringify!($name), self.server)
            }
        }
    };
}

pub(super) use sessions;

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
