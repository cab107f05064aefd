//! Who hears an event: the subscriptions, and the routes that follow from them.

mod accept;
mod dispatch;
mod hub;
mod listeners;
mod losses;
mod observe;
mod plan;
mod recent;
mod relay;
mod roster;
mod router;
mod table;
mod types;

pub(crate) use self::accept::{Accept, AcceptAny, AcceptNotice, Accepted, Hop, Listen, To};
pub(crate) use self::dispatch::{Dispatch, Rooms, Sent, Telling, Terms};
pub(crate) use self::hub::Hub;
pub(crate) use self::listeners::SubscriptionId;
pub(crate) use self::plan::{Route, send_to_one};
pub(crate) use self::roster::{Enlisted, Roster};
pub(crate) use self::router::Router;
pub(crate) use self::table::Listed;
