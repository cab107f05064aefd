//! On kameo: the context spawns a task that replies.

use std::sync::Arc;

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::reply::DelegatedReply;

use crate::peers::{CAPACITY, Kameo};
use crate::workloads::overlap::{Library, Overlap};

pub(crate) struct Reader {
    shelf: Arc<Library>,
}

impl Actor for Reader {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(reader: Self, _this: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(reader)
    }
}

struct Look {
    number: u64,
}

impl Message<Look> for Reader {
    type Reply = DelegatedReply<u64>;

    async fn handle(
        &mut self,
        Look { number }: Look,
        cx: &mut Context<Self, Self::Reply>,
    ) -> Self::Reply {
        let shelf = self.shelf.clone();
        cx.spawn(async move { shelf.look(number).await })
    }
}

impl Overlap for Kameo {
    type Reader = ActorRef<Reader>;

    async fn reader(&self, shelf: Arc<Library>) -> Self::Reader {
        Reader::spawn_with_mailbox(Reader { shelf }, mailbox::bounded(CAPACITY))
    }

    async fn look(&self, reader: &Self::Reader, number: u64) -> u64 {
        let answer = reader.ask(Look { number }).await;
        answer.expect("the actor answers")
    }
}
