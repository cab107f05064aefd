//! The components of one type that are in the routes.
//!
//! ```text
//!  table of an event ─► Listed ─► Listed      a type of components, and one of
//!                         │         │         its handlers of this event
//!                         ▼         ▼
//!                       Roster    Roster ─► channel ─► row ─► members, by id
//! ```
//!
//! However many handlers a type has, a component of it is one entry in one list:
//! the tables know types, and a route is put together of the rows of its channel.
//!
//! A change has to know whether a route depends on it. Whoever makes one notes
//! that in the rosters, with a number of its own; whoever changes a row sees the
//! note, forgets the routes, and then strikes the note out if it is still the one
//! that was seen. Until then, others who change the row forget them as well: none
//! returns while a route is known that was made before its change.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::core::id::{Channel, ComponentId};
use crate::core::route::listeners::{ByChannel, Listeners, SubscriptionId};

/// A component; each type of them knows its own.
pub(crate) type Enlisted = Arc<dyn Any + Send + Sync>;

pub(crate) struct Roster {
    /// The events that are heard on a component's channel, by type.
    events: Box<[TypeId]>,
    /// The numbers of the handlers that each component brings into the routes by
    /// itself.
    apart: Box<[u16]>,
    /// Taken after the lock of a table wherever both are needed.
    state: Mutex<State>,
    /// Whether anybody is listed, to be asked without the lock.
    is_occupied: AtomicBool,
}

struct State {
    rows: ByChannel<Row>,
    members: usize,
    /// How many notes were ever made.
    notes: u64,
    /// The last note of a route for `*`, or 0.
    all: u64,
    /// Whether there may be a route for a channel that has no row.
    elsewhere: bool,
}

/// The components on one channel.
struct Row {
    members: Listeners<Enlisted>,
    /// The last note of a route for this channel, or 0.
    note: u64,
}

/// The routes that a change may touch.
#[derive(Clone, Copy)]
pub(crate) struct Touched {
    row: u64,
    all: u64,
}

impl Roster {
    pub(crate) fn new(events: Vec<TypeId>, apart: Vec<u16>) -> Self {
        Self {
            events: events.into(),
            apart: apart.into(),
            state: Mutex::new(State {
                rows: ByChannel::new(),
                members: 0,
                notes: 0,
                all: 0,
                elsewhere: false,
            }),
            is_occupied: AtomicBool::new(false),
        }
    }

    /// Tells whether a component that is listed hears anything by that.
    pub(crate) fn is_of_use(&self) -> bool {
        !self.events.is_empty()
    }

    pub(crate) fn events(&self) -> &[TypeId] {
        &self.events
    }

    pub(crate) fn apart(&self) -> &[u16] {
        &self.apart
    }

    /// Tells whether any component is listed, on whatever channel.
    pub(crate) fn is_occupied(&self) -> bool {
        self.is_occupied.load(Ordering::SeqCst)
    }

    pub(crate) fn add(
        &self,
        channel: &Channel,
        id: ComponentId,
        member: Enlisted,
    ) -> Option<Touched> {
        let mut state = self.lock();
        let note = state.note_of_new_row();
        let row = state.rows.get_or_insert_with(channel, || Row {
            members: Listeners::new(),
            note,
        });
        let former = row.members.add(SubscriptionId::new(id, 0), member);
        let row = row.note;
        state.members += usize::from(former.is_none());
        if state.members == 1 {
            self.is_occupied.store(true, Ordering::SeqCst);
        }
        let touched = state.touched(channel, row);
        // Not under the lock, should it be the last share.
        drop(state);
        drop(former);
        touched
    }

    pub(crate) fn remove(&self, channel: &Channel, id: ComponentId) -> Option<Touched> {
        let mut state = self.lock();
        let row = state.rows.get_mut(channel.as_str())?;
        let member = row.members.remove(SubscriptionId::new(id, 0))?;
        let note = row.note;
        // Who comes to a row that is being forgotten has to see its note.
        if row.members.is_empty() && note == 0 {
            state.rows.remove(channel.as_str());
        }
        state.members -= 1;
        if state.members == 0 {
            self.is_occupied.store(false, Ordering::SeqCst);
        }
        let touched = state.touched(channel, note);
        drop(state);
        drop(member);
        touched
    }

    /// Strikes the notes out that a change saw, when their routes are forgotten.
    pub(crate) fn settle(&self, channel: &Channel, touched: Touched) {
        let mut state = self.lock();
        if state.all == touched.all {
            state.all = 0;
        }
        let Some(row) = state.rows.get_mut(channel.as_str()) else {
            return;
        };
        if row.note == touched.row {
            row.note = 0;
        }
        if row.members.is_empty() {
            // A route may have been made for it meanwhile.
            let is_noted = row.note != 0;
            state.rows.remove(channel.as_str());
            state.elsewhere |= is_noted;
        }
    }

    /// Tells whether anybody is on a channel, and notes that this is going to be
    /// remembered if so.
    pub(crate) fn names_channel(&self, channel: &str) -> bool {
        let mut state = self.lock();
        let State { rows, notes, .. } = &mut *state;
        match rows.get_mut(channel) {
            Some(row) if !row.members.is_empty() => {
                *notes += 1;
                row.note = *notes;
                true
            }
            _ => false,
        }
    }

    /// Notes that a route for a channel will be remembered.
    pub(crate) fn note_route(&self, channel: &str) {
        let mut state = self.lock();
        state.notes += 1;
        let note = state.notes;
        if channel == "*" {
            state.all = note;
        } else if let Some(row) = state.rows.get_mut(channel) {
            row.note = note;
        } else {
            state.elsewhere = true;
        }
    }

    /// Notes that there are routes of which it is not known for which channels.
    pub(crate) fn note_some_routes(&self) {
        self.note_route("*");
        self.lock().elsewhere = true;
    }

    /// Calls `visit` with everyone who hears an event that is fired on channels.
    pub(crate) fn each_heard_on(
        &self,
        channels: &[&str],
        mut visit: impl FnMut(SubscriptionId, &Enlisted),
    ) {
        let state = self.lock();
        state
            .rows
            .each_heard_on(channels, |row| row.members.each(&mut visit));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    /// There may be a route already for the channel of a row that is made now.
    fn note_of_new_row(&mut self) -> u64 {
        if self.elsewhere {
            self.notes += 1;
            self.notes
        } else {
            0
        }
    }

    fn touched(&self, channel: &Channel, row: u64) -> Option<Touched> {
        let touched = Touched { row, all: self.all };
        // All routes depend on who is on `*`.
        (row != 0 || self.all != 0 || channel.is_all()).then_some(touched)
    }
}
