//! The hall: who is here, under which name, in which room.

use std::collections::HashMap;

use circuits::ComponentId;
use circuits::event::Down;
use circuits::prelude::*;

use crate::session::{Said, Session, channel_of};

/// Asks for a place. The reply is the name that the member has at first.
#[derive(Event)]
#[event(reply = String)]
pub(crate) struct Enter {
    pub(crate) session: Address<Session>,
}

/// Asks for another name. The reply is `false` if somebody else has it.
#[derive(Event)]
#[event(reply = bool)]
pub(crate) struct Rename {
    pub(crate) session: ComponentId,
    pub(crate) name: String,
}

/// Moves a member to a room, which is there as long as somebody is in it. The reply is who
/// is there, as that to [`Who`].
#[derive(Event)]
#[event(reply = Vec<String>)]
pub(crate) struct Move {
    pub(crate) session: ComponentId,
    pub(crate) room: String,
}

/// Asks for the names of those in a room, in the order of the alphabet.
#[derive(Event)]
#[event(reply = Vec<String>)]
pub(crate) struct Who {
    pub(crate) room: String,
}

/// Gives a place back.
#[derive(Event)]
pub(crate) struct Leave {
    pub(crate) session: ComponentId,
}

/// Knows all members. It answers and tells, and never asks a session for anything: so no
/// two of them can wait for each other.
#[component(channel = "hall")]
#[derive(Default)]
pub(crate) struct Hall {
    /// As many as the server has connections, which is bounded.
    members: HashMap<ComponentId, Member>,
    guests: u64,
}

#[derive(Default)]
struct Member {
    name: String,
    room: String,
}

#[component]
impl Hall {
    #[handler("enter")]
    fn enter(&mut self, event: &Enter, cx: &Context<Self>) -> String {
        let name = loop {
            self.guests += 1;
            let name = format!("guest{}", self.guests);
            if !self.is_taken(&name) {
                break name;
            }
        };
        let member = Member {
            name: name.clone(),
            ..Member::default()
        };
        self.members.insert(event.session.id(), member);
        cx.monitor(&event.session); // a session that crashes does not take its leave
        name
    }

    #[handler("rename")]
    fn rename(&mut self, event: &Rename) -> bool {
        if self.is_taken(&event.name) {
            return false;
        }
        let member = self.members.get_mut(&event.session);
        member
            .map(|member| member.name.clone_from(&event.name))
            .is_some()
    }

    #[handler("move")]
    fn change_room(&mut self, event: &Move) -> Vec<String> {
        if let Some(member) = self.members.get_mut(&event.session) {
            member.room.clone_from(&event.room);
        }
        self.names(&event.room)
    }

    #[handler("who")]
    fn who(&self, event: &Who) -> Vec<String> {
        self.names(&event.room)
    }

    #[handler("leave")]
    fn leave(&mut self, event: &Leave) {
        self.members.remove(&event.session);
    }

    /// One that has crashed has not taken its leave: so nobody else tells its room.
    #[handler("down")]
    fn down(&mut self, event: &Down, cx: &Context<Self>) {
        let by = event.component;
        if let Some(member) = self.members.remove(&by) {
            let line = format!("* {} has left\n", member.name).into();
            cx.on(&channel_of(&member.room)).fire(Said { by, line });
        }
    }

    fn names(&self, room: &str) -> Vec<String> {
        let here = self.members.values().filter(|member| member.room == room);
        let mut names: Vec<_> = here.map(|member| member.name.clone()).collect();
        names.sort();
        names
    }

    fn is_taken(&self, name: &str) -> bool {
        self.members.values().any(|member| member.name == name)
    }
}
