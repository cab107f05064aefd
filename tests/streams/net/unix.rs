//! Unix sockets: servers, clients, and what is at their paths.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use circuits::net::{Close, Connect, ListeningAt, Peer, UnixClient, UnixServer, Write};
use circuits::prelude::*;
use circuits::{Options, StartError};

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use super::{read, rest, start};
use crate::folder::Folder;
use crate::support::{Heard, listen, soon};

struct Served {
    folder: Folder,
    system: System,
    server: Address<UnixServer>,
    heard: Heard,
}

impl Served {
    fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

async fn serve(choose: fn(UnixServer) -> UnixServer) -> Served {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let system = System::with(Options::new().max_restarts(100));
    let heard = listen(&system, "unix").await;
    let listening = system.on("unix").wait::<ListeningAt>();
    let server = system.supervise(move || choose(UnixServer::bind(&path)));
    let server = server.await.unwrap();
    let told = soon(listening).await.unwrap();
    assert_eq!(told.path, folder.path().join("socket"));
    Served {
        folder,
        system,
        server,
        heard,
    }
}

async fn connect(path: &Path) -> UnixStream {
    soon(UnixStream::connect(path)).await.unwrap()
}

#[tokio::test]
async fn net_030_a_server_and_a_client_go_through_a_whole_life() {
    let mut served = serve(|server| server).await;
    let mut ear = listen(&served.system, "client").await;
    let client = UnixClient::connect(served.path());
    let client = move || client.clone();
    served.system.supervise(client).await.unwrap();
    let connection = ear.connected().await;
    assert_eq!(*connection.peer(), Peer::from(served.path()));
    let accepted = served.heard.connected().await;
    assert_eq!(*accepted.peer(), Peer::Unnamed);
    served.heard.gate.forget_permits(usize::MAX >> 4);
    served.heard.gate.add_permits(1);
    ear.gate.forget_permits(usize::MAX >> 4);
    ear.gate.add_permits(1);
    let target = served.system.on("client");
    assert!(target.call(Write::new("hello")).await.unwrap());
    assert_eq!(served.heard.read().await, "hello");
    assert_eq!(ear.read().await, "hello");
    // Echoed once more, which nobody answers.
    assert_eq!(served.heard.read().await, "hello");
    served.heard.gate.add_permits(1000);
    ear.gate.add_permits(1000);
    assert!(target.call(Close::new()).await.unwrap());
    assert_eq!(ear.reason().await, "a component closed the connection");
    served.heard.reason().await;
}

#[tokio::test]
async fn net_030_a_client_of_a_path_without_a_server_says_why() {
    let folder = Folder::new();
    let system = System::new();
    let client = system.supervise(UnixClient::new).await.unwrap();
    let path = folder.path().join("nobody").display().to_string();
    let failed = soon(system.to(&client).call(Connect::to(&path))).await;
    assert!(format!("{failed:?}").contains("No such file"), "{failed:?}");
}

#[tokio::test]
async fn net_030_socat_and_nc_talk_to_a_server() {
    let served = serve(|server| server.lines(100)).await;
    let path = served.path().display().to_string();
    let peers = [
        start("socat", &["-t5", "-", &format!("UNIX-CONNECT:{path}")]),
        start("nc", &["-N", "-U", &path]),
    ];
    for mut peer in peers {
        let mut input = peer.stdin.take().unwrap();
        input.write_all(b"one\ntwo").await.unwrap();
        drop(input);
        let output = soon(peer.wait_with_output()).await.unwrap();
        assert_eq!(output.stdout, b"onetwo");
    }
}

#[tokio::test]
async fn net_030_the_mode_is_set_and_the_path_is_removed_at_the_end() {
    let served = serve(|server| server.mode(0o600)).await;
    let mode = std::fs::metadata(served.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut peer = connect(&served.path()).await;
    soon(served.server.stop()).await;
    assert_eq!(rest(&mut peer).await, "");
    assert!(!served.path().exists());
}

#[tokio::test]
async fn net_030_a_killed_server_listens_at_its_path_again() {
    let mut served = serve(|server| server).await;
    for _ in 0..3 {
        let mut peer = connect(&served.path()).await;
        served.heard.connected().await;
        let listening = served.system.on("unix").wait::<ListeningAt>();
        served.server.kill();
        assert_eq!(rest(&mut peer).await, "");
        soon(listening).await.unwrap();
        served.heard.reason().await;
    }
    let mut peer = connect(&served.path()).await;
    peer.write_all(b"back").await.unwrap();
    assert_eq!(read(&mut peer, 4).await, "back");
}

async fn refuses(path: &Path) {
    let system = System::new();
    let at = path.to_owned();
    let started = system.supervise(move || UnixServer::bind(&at)).await;
    let Err(StartError::Failed { error, .. }) = started else {
        panic!("it listens");
    };
    let expected = format!("cannot listen on `{}`", path.display());
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn net_030_a_path_is_touched_only_if_a_socket_is_there_to_which_nobody_listens() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    refuses(&file).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    refuses(&link).await;
    assert!(link.is_symlink());
    refuses(&folder.path().join("no/folder")).await;
    // One that is listened to.
    let busy = folder.path().join("busy");
    let listener = tokio::net::UnixListener::bind(&busy).unwrap();
    refuses(&busy).await;
    connect(&busy).await;
    // One that was left behind.
    drop(listener);
    let system = System::new();
    let at = busy.clone();
    system
        .supervise(move || UnixServer::bind(&at))
        .await
        .unwrap();
    connect(&busy).await;
}

#[tokio::test]
async fn net_030_a_socket_that_was_put_in_the_place_of_ours_is_left() {
    let served = serve(|server| server).await;
    std::fs::remove_file(served.path()).unwrap();
    let _other = tokio::net::UnixListener::bind(served.path()).unwrap();
    soon(served.server.stop()).await;
    connect(&served.path()).await;
}
