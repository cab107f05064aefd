//! Follows a file by its name, as `tail -F` does.
//!
//! ```text
//! name ─► lookout ─► files, oldest first ─► reader ─► bytes
//!         opens whatever    bounded         reads each to its end
//!         has the name now
//! ```

use std::io::{self, ErrorKind, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::io::Mode;
use crate::io::file::open::open_plainly;

/// So many files may wait to be read that had the name once. Each is open, so that
/// nothing of it is lost, also if it is deleted.
const FILES: usize = 64;
/// So much is read at a time.
const CHUNK: usize = 64 * 1024;

/// How a file is followed.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) path: PathBuf,
    /// The first file is read from its beginning, not from its end.
    pub(super) from_start: bool,
    /// How often to look.
    pub(super) interval: Duration,
    /// A line that is cut off where a file ends is ended.
    pub(super) ends_lines: bool,
}

/// Opens the file that is followed, if it is there.
pub(super) async fn first(plan: &Plan) -> io::Result<Option<File>> {
    let mut file = match open(&plan.path).await {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !plan.from_start {
        file.seek(SeekFrom::End(0)).await?;
    }
    Ok(Some(file))
}

/// Writes into the sink what the files of the name contain and will contain; ends
/// when that fails.
pub(super) async fn follow(
    plan: Plan,
    first: Option<File>,
    mut sink: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let (sender, files) = mpsc::channel(FILES);
    tokio::select! {
        biased;
        never = look_out(&plan, first, sender) => never,
        read = read(&plan, files, &mut sink) => read,
    }
}

/// Opens whatever has the name, over and over.
async fn look_out(plan: &Plan, first: Option<File>, files: mpsc::Sender<File>) -> io::Result<()> {
    let mut last = None;
    if let Some(file) = first {
        last = Some(identity(&file).await?);
        let _ = files.send(file).await;
    }
    let mut beat = tokio::time::interval(plan.interval);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut has_failed = false;
    loop {
        beat.tick().await;
        match next(&plan.path, last).await {
            Ok(Some((file, identity))) => {
                last = Some(identity);
                has_failed = false;
                // The reader is never gone while this runs beside it.
                let _ = files.send(file).await;
            }
            Ok(None) => has_failed = false,
            // It is between two names, or will have its rights in a moment.
            Err(error) => {
                if error.kind() != ErrorKind::NotFound && !has_failed {
                    let path = plan.path.display();
                    tracing::warn!(target: "circuits", %error, %path, "cannot be followed now");
                }
                has_failed = true;
            }
        }
    }
}

/// What a file is, whatever its name: device and number. It cannot come again as
/// long as the file is open.
type Identity = (u64, u64);

/// Opens the file of the name, if it is another one than the last.
async fn next(path: &Path, last: Option<Identity>) -> io::Result<Option<(File, Identity)>> {
    let metadata = tokio::fs::metadata(path).await?;
    if Some((metadata.dev(), metadata.ino())) == last {
        return Ok(None);
    }
    let file = open(path).await?;
    let identity = identity(&file).await?;
    Ok((Some(identity) != last).then_some((file, identity)))
}

async fn open(path: &Path) -> io::Result<File> {
    let mut file: File = open_plainly(path, Mode::Read).await?.into();
    file.set_max_buf_size(CHUNK);
    Ok(file)
}

async fn identity(file: &File) -> io::Result<Identity> {
    let metadata = file.metadata().await?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Reads one file after the other, each to its end.
async fn read(
    plan: &Plan,
    mut files: mpsc::Receiver<File>,
    sink: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut ends_open = false;
    let mut current = files.recv().await;
    while let Some(mut file) = current {
        let mut at = file.stream_position().await?;
        let (mut successor, mut is_quiet) = (None, false);
        while successor.is_none() || !is_quiet {
            let count = file.read(&mut buffer).await?;
            if count > 0 {
                sink.write_all(&buffer[..count]).await?;
                at += count as u64;
                ends_open = buffer[count - 1] != b'\n';
                is_quiet = false;
                continue;
            }
            if file.metadata().await?.len() < at {
                // It was cut: what it contains from now on is new.
                file.rewind().await?;
                at = 0;
                if std::mem::take(&mut ends_open) && plan.ends_lines {
                    sink.write_all(b"\n").await?;
                }
                continue;
            }
            // Who writes may not know yet that the file has lost its name: it has
            // one interval more, and as many as there are in which it is written.
            is_quiet = successor.is_some();
            if !is_quiet {
                successor = files.try_recv().ok();
            }
            tokio::time::sleep(plan.interval).await;
        }
        if std::mem::take(&mut ends_open) && plan.ends_lines {
            sink.write_all(b"\n").await?;
        }
        current = successor;
    }
    Ok(())
}
