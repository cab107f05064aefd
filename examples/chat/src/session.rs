//! A session: the component of one connection.

use std::sync::Arc;

use bytes::BytesMut;
use circuits::ComponentId;
use circuits::component::HandlerId;
use circuits::event::Signal;
use circuits::net::{Bytes, Connected, Connection, DisconnectReason, Disconnected, Read};
use circuits::prelude::*;
use circuits::protocols::Decoder;
use circuits::protocols::line::{LineCodec, LineError};

use crate::config::Config;
use crate::hall::{Enter, Leave, Move, Rename, Who};

/// Names of members and of rooms have at most so many characters.
const LONGEST_NAME: usize = 16;

/// Fired on the channel of a room: all of its members hear it, and write it to their peer.
#[derive(Event, Clone)]
pub(crate) struct Said {
    pub(crate) by: ComponentId,
    pub(crate) line: Bytes,
}

/// The channel of a room.
pub(crate) fn channel_of(room: &str) -> String {
    format!("room.{room}")
}

/// One member: reads lines, does what they ask for, and writes what is said in the room.
///
/// It never waits for its peer. So one that does not read keeps nobody waiting: when its
/// queue is full, it is disconnected.
#[component]
pub(crate) struct Session {
    connection: Connection,
    codec: LineCodec,
    /// What there is of a line that has no end yet: bounded by the codec.
    unread: BytesMut,
    greeting: String,
    name: String,
    room: String,
    /// The handler that hears the room.
    ear: Option<HandlerId>,
}

impl Session {
    pub(crate) fn new(connection: &Connection, config: &Arc<Config>) -> Self {
        Self {
            connection: connection.clone(),
            codec: LineCodec::new(config.max_line),
            unread: BytesMut::new(),
            greeting: config.greeting.clone(),
            name: String::new(),
            room: String::new(),
            ear: None,
        }
    }
}

#[component]
impl Session {
    #[handler("connected")]
    async fn connected(&mut self, _: &Connected, cx: &Context<Self>) -> Result<(), Error> {
        let session = cx.address();
        self.name = cx.on("hall").call(Enter { session }).await?;
        self.write(&self.greeting);
        self.write(&format!("* you are {}", self.name));
        self.join("lobby", cx).await
    }

    #[handler("read")]
    async fn read(&mut self, event: &Read, cx: &Context<Self>) -> Result<(), Error> {
        self.unread.extend_from_slice(&event.data);
        while !self.connection.is_closing() {
            match self.codec.decode(&mut self.unread) {
                Ok(Some(line)) => self.obey(&line, cx).await?,
                Ok(None) => break,
                Err(LineError::TooLong(limit)) => {
                    self.write(&format!("! a line has at most {limit} bytes"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    #[handler("disconnected")]
    async fn disconnected(&mut self, event: &Disconnected, cx: &Context<Self>) {
        cx.on("hall").fire(Leave { session: cx.id() }).await;
        if !matches!(event.reason, DisconnectReason::OwnerStopped) {
            self.say(format!("* {} has left", self.name), cx);
        }
    }

    /// The service is told to end. What is written now is the last that the peer reads.
    #[handler("signal", channel = "*")]
    fn signal(&mut self, _: &Signal) {
        self.write("* the service ends: goodbye");
    }

    async fn obey(&mut self, line: &[u8], cx: &Context<Self>) -> Result<(), Error> {
        let line = String::from_utf8_lossy(line);
        // What would move the cursor of others is left out.
        let line: String = line.chars().filter(|one| !one.is_control()).collect();
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match (command, rest.trim()) {
            ("/nick", name) if is_name(name) => self.rename(name, cx).await?,
            ("/join", room) if is_name(room) => self.join(room, cx).await?,
            ("/nick" | "/join", _) => {
                let rule = format!("! a name has 1 to {LONGEST_NAME} letters or digits");
                self.write(&rule);
            }
            ("/who", _) => self.who(cx).await?,
            ("/quit", _) => {
                self.write("* goodbye");
                self.connection.close();
            }
            _ if line.starts_with('/') => self.write("! /nick NAME, /join ROOM, /who or /quit"),
            _ if line.trim().is_empty() => {}
            _ => self.say(format!("<{}> {line}", self.name), cx),
        }
        Ok(())
    }

    async fn rename(&mut self, name: &str, cx: &Context<Self>) -> Result<(), Error> {
        let rename = Rename {
            session: cx.id(),
            name: name.to_owned(),
        };
        if !cx.on("hall").call(rename).await? {
            self.write(&format!("! {name} is taken"));
            return Ok(());
        }
        let before = std::mem::replace(&mut self.name, name.to_owned());
        self.say(format!("* {before} is now {name}"), cx);
        self.write(&format!("* you are {name}"));
        Ok(())
    }

    /// Hears another room from now on: its channel.
    async fn join(&mut self, room: &str, cx: &Context<Self>) -> Result<(), Error> {
        if room == self.room {
            return self.who(cx).await;
        }
        if let Some(ear) = self.ear.take() {
            cx.remove_handler(ear);
            self.say(format!("* {} has left", self.name), cx);
        }
        self.room = room.to_owned();
        let (session, room) = (cx.id(), self.room.clone());
        let names = cx.on("hall").call(Move { session, room }).await?;
        self.ear = Some(cx.add_handler_on(&self.channel(), 0.0, Self::hear)?);
        self.say(format!("* {} has come", self.name), cx);
        self.list(&names);
        Ok(())
    }

    async fn who(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        let room = self.room.clone();
        let names = cx.on("hall").call(Who { room }).await?;
        self.list(&names);
        Ok(())
    }

    fn list(&self, names: &[String]) {
        self.write(&format!("* in {}: {}", self.room, names.join(", ")));
    }

    /// Tells the room. It is not awaited: the framework holds back who says more than
    /// others can hear.
    fn say(&self, line: String, cx: &Context<Self>) {
        let (by, line) = (cx.id(), Bytes::from(line + "\n"));
        cx.on(&self.channel()).fire(Said { by, line });
    }

    fn hear(&mut self, said: &Said, cx: &Context<Self>) -> Result<Option<()>, Error> {
        if said.by != cx.id() {
            self.write_bytes(said.line.clone());
        }
        Ok(None)
    }

    fn channel(&self) -> String {
        channel_of(&self.room)
    }

    fn write(&self, line: &str) {
        self.write_bytes(format!("{line}\n").into());
    }

    fn write_bytes(&self, line: Bytes) {
        if self.connection.try_write(line).is_err() {
            self.connection.close();
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(|one| one.is_ascii_alphanumeric())
}
