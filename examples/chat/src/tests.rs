//! What cannot be seen from outside of the process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use circuits::net::{Connection, Listening, TcpServer};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::config::Config;
use crate::hall::{Enter, Hall};
use crate::session::Session;

#[test]
fn the_configuration_that_is_shown_is_the_default() {
    let shown = concat!(env!("CARGO_MANIFEST_DIR"), "/chat.toml");
    let loaded = Config::load(Path::new(shown)).unwrap();
    assert_eq!(loaded, Config::default());
    // Nothing is left out, either.
    let text = std::fs::read_to_string(shown).unwrap();
    let settings = format!("{:?}", Config::default()).matches(": ").count();
    assert_eq!(
        text.lines().filter(|line| line.contains(" = ")).count(),
        settings
    );
}

async fn line(member: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    let read = member.read_line(&mut line);
    let read = tokio::time::timeout(Duration::from_secs(10), read).await;
    read.expect("in time").unwrap();
    line.trim_end().to_owned()
}

#[tokio::test]
async fn a_room_is_told_of_a_session_that_crashes_in_it() {
    let system = System::new();
    let entered = Probe::on(&system, "hall").await.unwrap();
    system.supervise(Hall::default).await.unwrap();
    let config = Arc::new(Config::default());
    let server = TcpServer::bind("127.0.0.1:0");
    let server = server.per_connection(move |peer: &Connection| Session::new(peer, &config));
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(move || server.clone()).await.unwrap();
    let address = listening.await.unwrap().address;

    let mut members = Vec::new();
    for _ in 0..2 {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut member = BufReader::new(stream);
        while !line(&mut member).await.starts_with("* in lobby: ") {}
        members.push(member);
    }
    let mut ada = members.remove(0);
    assert_eq!(line(&mut ada).await, "* guest2 has come");
    // Killed, it ends as by a crash: it says nothing any more.
    entered.all::<Enter>()[1].session.kill();
    assert_eq!(line(&mut ada).await, "* guest2 has left");
    ada.write_all(b"/who\n").await.unwrap();
    assert_eq!(line(&mut ada).await, "* in lobby: guest1");
    drop(members);
}
