//! What comes back: answers, their errors, and who waits for whom.

mod answer;
mod cause;
mod collect;
mod delivery;
mod envelope;
mod error;
mod parties;
mod plan;
mod reply_slot;
mod ring;
mod stamp;
mod ticket;
mod track;
mod unwanted;
mod waiting;
mod watched;

pub use self::answer::{Answer, IsError, IsReply};
pub(crate) use self::cause::{Awaiter, Cause};
pub(crate) use self::collect::{Ask, Collect};
pub(crate) use self::delivery::{Advance, Delivery, Observer};
pub(crate) use self::envelope::Sealed;
pub use self::envelope::{AnyEnvelope, Envelope, Letter, Notice};
pub use self::error::{CallError, Deadlock};
pub(crate) use self::plan::{Notes, Plan};
pub(crate) use self::reply_slot::ReplySlot;
pub(crate) use self::ring::find_deadlock;
pub(crate) use self::stamp::Stamp;
pub(crate) use self::ticket::{ReplyTicket, Ticket};
pub(crate) use self::track::{Record, Replaced, Track};
pub(crate) use self::unwanted::Unwanted;
pub(crate) use self::waiting::{Blocker, Edge, Edges, Party, Run, Wait};
pub(crate) use self::watched::Watched;
