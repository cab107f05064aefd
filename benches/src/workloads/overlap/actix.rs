//! On actix: a handler may return a future, which runs beside the actor.

use std::sync::Arc;

use actix::prelude::*;

use crate::peers::{Actix, CAPACITY};
use crate::workloads::overlap::{Library, Overlap};

pub(crate) struct Reader {
    shelf: Arc<Library>,
}

impl Actor for Reader {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(CAPACITY);
    }
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Look {
    number: u64,
}

impl Handler<Look> for Reader {
    type Result = ResponseFuture<u64>;

    fn handle(&mut self, Look { number }: Look, _cx: &mut Self::Context) -> Self::Result {
        let shelf = self.shelf.clone();
        Box::pin(async move { shelf.look(number).await })
    }
}

impl Overlap for Actix {
    type Reader = Addr<Reader>;

    async fn reader(&self, shelf: Arc<Library>) -> Self::Reader {
        Reader::start_in_arbiter(self.place(), |_cx| Reader { shelf })
    }

    async fn look(&self, reader: &Self::Reader, number: u64) -> u64 {
        let answer = reader.send(Look { number }).await;
        answer.expect("the actor answers")
    }
}
