//! Closing a socket so that the peer gets the last words.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A peer that goes on sending is listened to for so long after the last word.
const LINGER: Duration = Duration::from_secs(1);

/// Closes the sending side; if the peer is sending still, discards what comes
/// until it stops, or for a second.
///
/// A socket that is closed with unread input resets the connection, and the
/// peer may lose what it has not read yet: the answer that tells it why.
pub(crate) async fn linger(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut waste = vec![0; 16 * 1024];
    if !matches!(stream.try_read(&mut waste), Ok(count) if count > 0) {
        return;
    }
    let discard = async {
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut waste) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, discard).await;
}
