//! A gibibyte through the example `portforward` and through `socat`.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const BYTES: usize = 1 << 30;
const PIECE: usize = 256 * 1024;
const REPEATS: u32 = 3;

/// Prints the rates of both.
pub(super) fn forward() -> io::Result<()> {
    println!("1 GiB through a forwarder");
    let ours = build()?;
    let source = TcpListener::bind("127.0.0.1:0")?;
    let to = source.local_addr()?.to_string();
    thread::spawn(move || {
        for stream in source.incoming() {
            // A peer that has gone is the measurement's end.
            let _ = stream.and_then(give);
        }
    });
    let mut best = [0.0_f64; 2];
    for _ in 0..REPEATS {
        for (best, is_ours) in best.iter_mut().zip([true, false]) {
            let port = free_port()?;
            let from = format!("127.0.0.1:{port}");
            let mut command = if is_ours {
                let mut command = Command::new(&ours);
                command.args([&from, &to]);
                command
            } else {
                let mut command = Command::new("socat");
                let listen = format!("TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr");
                // The same size of pieces as ours.
                command.args(["-b65536", &listen, &format!("TCP:{to}")]);
                command
            };
            let _forwarder = Started(command.stdout(Stdio::null()).spawn()?);
            *best = best.max(take(&from)?);
        }
    }
    let [ours, socat] = best;
    println!("  circuits {ours:7.0} MiB/s");
    println!("  socat    {socat:7.0} MiB/s  {:5.2}", ours / socat);
    Ok(())
}

/// A process that ends with this.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // One that has ended already is no error.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn build() -> io::Result<PathBuf> {
    let arguments = ["build", "-q", "--release", "-p", "circuits-examples"];
    let built = Command::new("cargo")
        .args(arguments)
        .args(["--bin", "portforward"])
        .status()?;
    if !built.success() {
        return Err(io::Error::other("the example cannot be built"));
    }
    Ok(std::env::current_exe()?.with_file_name("portforward"))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn give(mut stream: TcpStream) -> io::Result<()> {
    let piece = vec![7; PIECE];
    for _ in 0..BYTES / PIECE {
        stream.write_all(&piece)?;
    }
    Ok(())
}

/// Takes all, and returns how many MiB came a second.
fn take(from: &str) -> io::Result<f64> {
    let mut stream = loop {
        match TcpStream::connect(from) {
            Ok(stream) => break stream,
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    };
    let mut buffer = vec![0; PIECE];
    let (begun, mut taken) = (Instant::now(), 0);
    while taken < BYTES {
        match stream.read(&mut buffer)? {
            0 => return Err(io::Error::other(format!("only {taken} bytes came"))),
            length => taken += length,
        }
    }
    Ok((BYTES >> 20) as f64 / begun.elapsed().as_secs_f64())
}
