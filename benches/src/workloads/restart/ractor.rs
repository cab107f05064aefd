//! On ractor: a supervisor that starts another child when one has failed.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};

use crate::peers::Ractor;
use crate::workloads::restart::{PANIC, Restart};

struct Supervisor;

/// Asks for the child that lives now.
pub(crate) struct Current {
    reply: RpcReplyPort<ActorRef<Message>>,
}

struct State {
    child: ActorRef<Message>,
    failures: u64,
}

impl Actor for Supervisor {
    type Msg = Current;
    type State = State;
    type Arguments = ();

    async fn pre_start(
        &self,
        this: ActorRef<Current>,
        (): (),
    ) -> Result<State, ActorProcessingErr> {
        let (child, _) = Actor::spawn_linked(None, Child, 0, this.get_cell()).await?;
        let failures = 0;
        Ok(State { child, failures })
    }

    async fn handle(
        &self,
        _this: ActorRef<Current>,
        Current { reply }: Current,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        reply.send(state.child.clone())?;
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        this: ActorRef<Current>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(..) = event {
            state.failures += 1;
            let next = Actor::spawn_linked(None, Child, state.failures, this.get_cell());
            state.child = next.await?.0;
        }
        Ok(())
    }
}

struct Child;

pub(crate) enum Message {
    Fail,
    Failures { reply: RpcReplyPort<u64> },
}

impl Actor for Child {
    type Msg = Message;
    type State = u64;
    type Arguments = u64;

    async fn pre_start(
        &self,
        _this: ActorRef<Message>,
        failures: u64,
    ) -> Result<u64, ActorProcessingErr> {
        Ok(failures)
    }

    async fn handle(
        &self,
        _this: ActorRef<Message>,
        message: Message,
        failures: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Fail => panic!("{PANIC}"),
            Message::Failures { reply } => reply.send(*failures)?,
        }
        Ok(())
    }
}

async fn current(supervisor: &ActorRef<Current>) -> ActorRef<Message> {
    let child = supervisor.call(|reply| Current { reply }, None).await;
    child.expect("the supervisor is there").expect("it answers")
}

impl Restart for Ractor {
    type Child = ActorRef<Current>;

    async fn child(&self) -> Self::Child {
        let started = Actor::spawn(None, Supervisor, ()).await;
        started.expect("the supervisor starts").0
    }

    async fn fail(&self, supervisor: &Self::Child) -> u64 {
        let failing = current(supervisor).await;
        failing.cast(Message::Fail).expect("the child is there");
        loop {
            let child = current(supervisor).await;
            if child.get_id() != failing.get_id() {
                let failures = child.call(|reply| Message::Failures { reply }, None).await;
                return failures.expect("the child is there").expect("it answers");
            }
            tokio::task::yield_now().await;
        }
    }
}
