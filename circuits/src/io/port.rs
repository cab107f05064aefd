//! What the owner of one stream has to do: its gate, its connection, its pump.

use std::time::Duration;

use crate::component::Component;
use crate::stream::{Closing, Connection, ConnectionId, Gate, Limits, Peer, Pump};
use crate::{Context, Error};

/// So long a stream may take to end when its owner stops, unless said.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A stream that is about to be opened.
pub(super) struct Port {
    pub(super) connection: Connection,
    pub(super) closing: Closing,
}

impl Port {
    /// Makes the first connection of this life of its owner, and the gate by which
    /// it ends before its owner does.
    pub(super) async fn new<C: Component>(
        cx: &Context<C>,
        peer: Peer,
        write_queue: usize,
        drain_timeout: Duration,
    ) -> Result<Self, Error> {
        let (gate, closing) = Gate::new();
        let gate = cx.register(gate).named("gate").channel(cx.channel());
        gate.shutdown(drain_timeout).await?;
        let id = ConnectionId::new(cx.id(), cx.life(), 1);
        let connection = Connection::new(id, peer, write_queue);
        Ok(Self {
            connection,
            closing,
        })
    }

    /// Makes the future that tells of the stream as open, and gives its pump.
    pub(super) fn open<C: Component>(
        &self,
        cx: &Context<C>,
        limits: Limits,
    ) -> impl Future<Output = Pump> + use<C> {
        let (system, channel) = (cx.system(), cx.channel().into());
        Pump::open(self.connection.clone(), limits, system, channel)
    }
}
