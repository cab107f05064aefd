//! That a job is done once: two workers on one channel do not do the same jobs.

use std::any::TypeId;

use crate::component::Component;
use crate::event::{Event, Inline};
use crate::worker::error::Unstartable;
use crate::{CallError, ComponentId, Context, Error, component, handler};

/// A type of job, and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    job: TypeId,
    pub(crate) name: &'static str,
}

impl Kind {
    pub(crate) fn of<J: Event>() -> Self {
        Self {
            job: TypeId::of::<J>(),
            name: J::NAME,
        }
    }
}

/// Asks who does one of these jobs.
pub(crate) struct Claim(Vec<Kind>);

#[diagnostic::do_not_recommend]
impl Event for Claim {
    type Reply = (ComponentId, &'static str);
    type Slot = Inline<Self>;
    const NAME: &'static str = "claim";
}

/// The child of a worker that was started first, and so ends last: it says which
/// jobs are done here.
#[component(crate = crate)]
struct Claimant(Vec<Kind>);

#[component(crate = crate)]
impl Claimant {
    #[handler("claim")]
    fn claim(&mut self, event: &Claim, cx: &Context<Self>) -> Option<(ComponentId, &'static str)> {
        let same = self.0.iter().find(|kind| event.0.contains(kind));
        same.map(|kind| (cx.id(), kind.name))
    }
}

/// Claims jobs on the channel of a worker that starts, or says who does them.
///
/// Each says what it does before it asks: of two that start at once, at least one
/// hears of the other.
pub(crate) async fn claim<C: Component>(cx: &Context<C>, jobs: Vec<Kind>) -> Result<(), Error> {
    let claimant = cx.register(Claimant(jobs.clone())).named("claimant");
    let own = claimant.channel(cx.channel()).await?.id();
    for answer in cx.on(cx.channel()).call_all(Claim(jobs)).await {
        match answer {
            Ok((other, job)) if other != own => {
                let channel = cx.channel().to_owned();
                return Err(Unstartable::Rival { job, channel }.into());
            }
            Ok(_) | Err(CallError::Stopped | CallError::Crashed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
