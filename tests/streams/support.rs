//! What the tests share: bounded waits, and a component that tells what it hears.

use std::future::IntoFuture;
use std::sync::Arc;

use circuits::prelude::*;
use circuits::stream::{Bytes, Connected, Connection, Disconnected, Eof, Read};
use tokio::sync::{Semaphore, mpsc};

/// Bounds a wait, so that what hangs fails.
pub(crate) async fn soon<F: IntoFuture>(future: F) -> F::Output {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future.into_future())
        .await
        .expect("in time")
}

/// Tells all that streams on its channel tell, and echoes what they read.
#[component]
pub(crate) struct Ear {
    told: mpsc::Sender<Told>,
    /// One permit for each piece that may be answered.
    gate: Arc<Semaphore>,
}

/// What an [`Ear`] has heard.
#[derive(Debug)]
pub(crate) enum Told {
    Connected(Connection),
    Read(Bytes),
    Eof(Connection),
    Disconnected(Connection, String),
}

/// The other end of an [`Ear`].
pub(crate) struct Heard {
    told: mpsc::Receiver<Told>,
    pub(crate) gate: Arc<Semaphore>,
}

#[component]
impl Ear {
    #[handler("connected")]
    fn connected(&self, event: &Connected) {
        self.tell(Told::Connected(event.connection.clone()));
    }

    #[handler("read")]
    async fn read(&self, event: &Read) -> Bytes {
        self.tell(Told::Read(event.data.clone()));
        self.gate.acquire().await.expect("never closed").forget();
        event.data.clone()
    }

    #[handler("eof")]
    fn eof(&self, event: &Eof) {
        self.tell(Told::Eof(event.connection.clone()));
    }

    #[handler("disconnected")]
    fn disconnected(&self, event: &Disconnected) {
        let reason = event.reason.to_string();
        self.tell(Told::Disconnected(event.connection.clone(), reason));
    }

    fn tell(&self, told: Told) {
        self.told.try_send(told).expect("the test listens");
    }
}

/// Listens on a channel; echoes nothing until the gate has permits.
pub(crate) async fn listen_closed(system: &System, channel: &str) -> Heard {
    let (sender, told) = mpsc::channel(100_000);
    let gate = Arc::new(Semaphore::new(0));
    let ear = Ear {
        told: sender,
        gate: gate.clone(),
    };
    system.register(ear).channel(channel).await.unwrap();
    Heard { told, gate }
}

/// Listens on a channel and echoes what is read there.
pub(crate) async fn listen(system: &System, channel: &str) -> Heard {
    let heard = listen_closed(system, channel).await;
    heard.gate.add_permits(1_000_000);
    heard
}

impl Heard {
    pub(crate) async fn told(&mut self) -> Told {
        soon(self.told.recv()).await.expect("the ear lives")
    }

    pub(crate) async fn connected(&mut self) -> Connection {
        match self.told().await {
            Told::Connected(connection) => connection,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn read(&mut self) -> Bytes {
        match self.told().await {
            Told::Read(data) => data,
            other => panic!("{other:?}"),
        }
    }

    /// Passes over what else is told until a stream has ended.
    pub(crate) async fn left(&mut self) -> (Connection, String) {
        loop {
            if let Told::Disconnected(connection, reason) = self.told().await {
                return (connection, reason);
            }
        }
    }

    pub(crate) async fn reason(&mut self) -> String {
        self.left().await.1
    }

    pub(crate) fn is_silent(&mut self) -> bool {
        self.told.is_empty()
    }
}
