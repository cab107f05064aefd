//! On ractor: the port to reply to is moved to a task.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

use crate::peers::Ractor;
use crate::workloads::overlap::{Library, Overlap};

struct Reader;

pub(crate) struct Look {
    number: u64,
    reply: RpcReplyPort<u64>,
}

impl Actor for Reader {
    type Msg = Look;
    type State = Arc<Library>;
    type Arguments = Arc<Library>;

    async fn pre_start(
        &self,
        _this: ActorRef<Look>,
        shelf: Arc<Library>,
    ) -> Result<Arc<Library>, ActorProcessingErr> {
        Ok(shelf)
    }

    async fn handle(
        &self,
        _this: ActorRef<Look>,
        Look { number, reply }: Look,
        shelf: &mut Arc<Library>,
    ) -> Result<(), ActorProcessingErr> {
        let shelf = shelf.clone();
        tokio::spawn(async move { reply.send(shelf.look(number).await) });
        Ok(())
    }
}

impl Overlap for Ractor {
    type Reader = ActorRef<Look>;

    async fn reader(&self, shelf: Arc<Library>) -> Self::Reader {
        let started = Actor::spawn(None, Reader, shelf).await;
        started.expect("the actor starts").0
    }

    async fn look(&self, reader: &Self::Reader, number: u64) -> u64 {
        let answer = reader.call(|reply| Look { number, reply }, None).await;
        answer.expect("the actor is there").expect("it answers")
    }
}
