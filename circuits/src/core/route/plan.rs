//! A route: the handlers that hear one event on one channel, in stages.

use std::sync::Arc;
use std::task::Context as Task;

use crate::core::event::{Event, Slot, Who};
use crate::core::id::Channels;
use crate::core::reply::{Advance, Delivery, Envelope, Notes, Party, ReplySlot, Ticket};
use crate::core::route::relay::Relay;
use crate::core::route::{Accept, Accepted, Dispatch, Hop, Rooms, Sent, Terms};
use crate::core::runtime::{rank_of, sort_by_rank};

/// The handlers of one event on one channel; those of a stage have one
/// priority, and earlier stages have higher ones.
pub(crate) struct Route<E: Event> {
    stages: Vec<Vec<Hop<E>>>,
    /// Whether a handler wants to know the channel: one that takes any event does.
    wants_channel: bool,
    /// Whether a handler wants to know the sender as well.
    wants_origin: bool,
    /// The handler, where there is only one, which wants nothing but the event.
    only: Option<(Arc<dyn Accept<E>>, u16)>,
    /// Whether there are several stages of one handler each, which want nothing but the
    /// event.
    is_chain: bool,
}

impl<E: Event> Route<E> {
    /// Orders handlers into stages; those of one priority keep their order.
    pub(crate) fn new(mut hops: Vec<(f64, Hop<E>)>) -> Self {
        sort_by_rank(&mut hops, |(priority, _)| rank_of(*priority));
        let mut stages: Vec<Vec<Hop<E>>> = Vec::new();
        let mut current = None;
        let wants_channel = hops.iter().any(|(_, hop)| hop.wants_channel());
        let wants_origin = wants_channel && hops.iter().any(|(_, hop)| hop.wants_origin());
        for (priority, hop) in hops {
            match stages.last_mut() {
                Some(stage) if current == Some(priority) => stage.push(hop),
                _ => stages.push(vec![hop]),
            }
            current = Some(priority);
        }
        let only = match stages.as_slice() {
            [stage] if !wants_channel && stage.len() == 1 => stage[0].as_typed(),
            _ => None,
        };
        let single = stages.iter().all(|stage| stage.len() == 1);
        Self {
            is_chain: single && stages.len() > 1 && !wants_channel,
            stages,
            wants_channel,
            wants_origin,
            only,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Returns how many handlers it leads to.
    pub(crate) fn len(&self) -> usize {
        self.stages.iter().map(Vec::len).sum()
    }

    /// Notes what the handlers want to know of where an event comes from.
    pub(crate) fn note(
        &self,
        notes: &mut Notes,
        channels: &[&str],
        who: impl FnOnce() -> Option<Arc<Who>>,
    ) {
        if self.wants_channel && notes.channels.is_empty() {
            notes.channels = Channels::new(channels);
        }
        if self.wants_origin {
            notes.sender = who();
        }
    }

    /// Sends an event that nobody asks anything about, if that needs no record;
    /// else gives it back.
    #[inline]
    pub(crate) fn send_plain(self: &Arc<Self>, event: E, terms: Terms) -> Result<Rooms, E> {
        if let Some((receiver, handler)) = &self.only {
            return Ok(
                match receiver.accept_event(*handler, event, terms.priority) {
                    Accepted::Crowded if terms.waits => Rooms::one(receiver.clone()),
                    _ => Rooms::NONE,
                },
            );
        }
        self.send_plain_to_several(event, terms.priority)
    }

    #[inline(never)]
    fn send_plain_to_several(self: &Arc<Self>, event: E, priority: i32) -> Result<Rooms, E> {
        match self.stages.as_slice() {
            [stage] if !self.wants_channel => Ok(send_plain(stage, event, priority)),
            _ if self.is_chain => Ok(Relay::send(self, event, priority)),
            _ => Err(event),
        }
    }

    /// Returns the only handler of a stage, and whether that is the last one.
    pub(super) fn only_hop(&self, stage: usize) -> Option<(&Hop<E>, bool)> {
        let is_last = stage + 1 == self.stages.len();
        let hop = self.stages.get(stage)?.first()?;
        Some((hop, is_last))
    }

    /// Calls the only handler, if it needs nothing but the event; else gives it back.
    #[inline]
    pub(crate) fn call_plain(
        &self,
        event: E,
        priority: i32,
        in_handler: bool,
        task: &Task<'_>,
    ) -> Result<Arc<ReplySlot<E::Reply>>, E> {
        let Some((receiver, handler)) = &self.only else {
            return Err(event);
        };
        let party = in_handler.then(|| -> Arc<dyn Party> { receiver.clone() });
        let slot = ReplySlot::new(task, party);
        let ticket = Ticket::new(slot.clone() as _, 0, priority);
        receiver.accept(*handler, Envelope::new(E::Slot::owned(event), ticket));
        Ok(slot)
    }

    /// Sends an event to the first stage; the later ones follow by themselves.
    pub(crate) fn send(self: &Arc<Self>, event: E, dispatch: Dispatch<E>) -> Sent<E> {
        let priority = dispatch.notes.priority;
        let noted = self.wants_channel
            && !(dispatch.notes.channels.is_empty() && dispatch.notes.sender.is_none());
        let plain = dispatch.is_plain() && !noted;
        match self.stages.as_slice() {
            [] => self.send_to_nobody(event, dispatch),
            [stage] if plain => Sent {
                heard: true,
                rooms: send_plain(stage, event, priority),
                delivery: None,
            },
            [stage] if stage.len() == 1 && dispatch.observer.is_none() => {
                send_to_one(&stage[0], event, dispatch)
            }
            _ => {
                let mut plan = dispatch.into_plan(0);
                plan.event = Some(Arc::new(event));
                if self.stages.len() > 1 {
                    plan.next = Some(self.clone());
                }
                let delivery = Delivery::open(plan);
                let rooms = self.send_stage(&delivery, 0);
                Sent {
                    heard: true,
                    rooms,
                    delivery: Some(delivery),
                }
            }
        }
    }

    fn send_to_nobody(&self, event: E, dispatch: Dispatch<E>) -> Sent<E> {
        let delivery = (!dispatch.is_plain()).then(|| {
            let mut plan = dispatch.into_plan(0);
            plan.event = Some(Arc::new(event));
            let delivery = Delivery::open(plan);
            delivery.finish_empty();
            delivery
        });
        Sent {
            heard: false,
            rooms: Rooms::NONE,
            delivery,
        }
    }

    fn send_stage(&self, delivery: &Arc<Delivery<E>>, number: usize) -> Rooms {
        let mut rooms = Rooms::NONE;
        let (Some(stage), Some(event)) = (self.stages.get(number), delivery.event()) else {
            return rooms;
        };
        let before: usize = self.stages[..number].iter().map(Vec::len).sum();
        let places = before as u32..(before + stage.len()) as u32;
        delivery.expect(number, places.clone());
        if delivery.has_caller() {
            for (place, hop) in places.clone().zip(stage) {
                delivery.involve(place, hop.party());
            }
        }
        let priority = delivery.notes().priority;
        for (place, hop) in places.zip(stage) {
            let ticket = Ticket::new(delivery.clone() as _, place, priority);
            let accepted = hop.accept_shared(&event, ticket);
            note(delivery, hop, accepted, &mut rooms);
        }
        rooms
    }
}

impl<E: Event> Advance<E> for Route<E> {
    /// Room in the mailboxes of later stages is not waited for: the event that
    /// crowds them was let in when it was fired.
    fn advance(&self, delivery: &Arc<Delivery<E>>, stage: usize) -> bool {
        let exists = self.has_stage(stage);
        if exists {
            self.send_stage(delivery, stage);
        }
        exists
    }

    fn has_stage(&self, stage: usize) -> bool {
        stage < self.stages.len()
    }
}

/// Sends an event to one handler, and keeps a record of it.
pub(crate) fn send_to_one<E: Event>(hop: &Hop<E>, event: E, dispatch: Dispatch<E>) -> Sent<E> {
    let mut rooms = Rooms::NONE;
    let priority = dispatch.notes.priority;
    let delivery = Delivery::open(dispatch.into_plan(1));
    if delivery.has_caller() {
        delivery.involve(0, hop.party());
    }
    let ticket = Ticket::new(delivery.clone() as _, 0, priority);
    let accepted = hop.accept_owned(event, ticket);
    note(&delivery, hop, accepted, &mut rooms);
    Sent {
        heard: true,
        rooms,
        delivery: Some(delivery),
    }
}

/// Notes a full mailbox, and tells a component that waits for the cause of what
/// is in its mailbox now.
#[inline]
fn note<E: Event>(delivery: &Delivery<E>, hop: &Hop<E>, accepted: Accepted, rooms: &mut Rooms) {
    if accepted == Accepted::Crowded {
        rooms.add(hop.room());
    }
    if let Some(cause) = &delivery.notes().cause
        && cause.is_awaited()
        && accepted != Accepted::Refused
    {
        cause.reach(&*hop.party());
    }
}

#[inline(never)]
fn send_plain<E: Event>(stage: &[Hop<E>], event: E, priority: i32) -> Rooms {
    let mut rooms = Rooms::NONE;
    if let [hop] = stage {
        if hop.accept_owned(event, Ticket::plain(priority)) == Accepted::Crowded {
            rooms.add(hop.room());
        }
    } else {
        let event = Arc::new(event);
        for hop in stage {
            if hop.accept_share(event.clone(), priority) == Accepted::Crowded {
                rooms.add(hop.room());
            }
        }
    }
    rooms
}
