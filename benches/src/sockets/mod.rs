//! Servers of sockets beside plain tokio, in processes of their own.

mod forward;
mod part;
mod peer;
mod serve;

use std::io;
use std::time::Instant;

use self::part::Part;

/// The kinds of echo servers: the baseline, then both ways of ours.
const KINDS: [&str; 3] = ["plain", "channel", "sessions"];

/// Measures all, or one thing, or is a part of that: a server or its peers.
pub fn sockets(arguments: &[String]) -> io::Result<()> {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            echo()?;
            open()?;
            leave()?;
            forward::forward()
        }
        ["echo"] => echo(),
        ["open"] => open(),
        ["leave"] => leave(),
        ["forward"] => forward::forward(),
        ["serve", kind, threads] => serve::serve(kind, number(threads)?),
        ["talk", port, connections, rounds] => {
            peer::talk(number(port)?, number(connections)?, number(rounds)?)
        }
        ["hold", port, connections] => peer::hold(number(port)?, number(connections)?),
        ["come", port, connects] => peer::come(number(port)?, number(connects)?),
        _ => Err(io::Error::other("usage: sockets [echo|open|leave|forward]")),
    }
}

fn number<N: std::str::FromStr>(text: &str) -> io::Result<N> {
    text.parse()
        .map_err(|_| io::Error::other(format!("`{text}` is no number")))
}

/// The processor time that a server takes for a round trip of 64 bytes.
fn echo() -> io::Result<()> {
    const CONNECTIONS: u64 = 64;
    const ROUNDS: u64 = 4_000;
    const REPEATS: u32 = 5;
    for threads in [1, 2] {
        println!("TCP echo, 64 bytes, {CONNECTIONS} connections, {threads} thread(s)");
        let mut best = [f64::INFINITY; KINDS.len()];
        // Interleaved, so that what else the machine does meets all alike.
        for _ in 0..REPEATS {
            for (kind, best) in KINDS.iter().zip(&mut best) {
                let mut server = Part::start(&["serve", kind, &threads.to_string()])?;
                let port = server.line()?;
                let before = server.cpu()?;
                let talk = ["talk", &port, &CONNECTIONS.to_string(), &ROUNDS.to_string()];
                Part::start(&talk)?.end()?;
                let spent = server.cpu()? - before;
                let trip = spent / (CONNECTIONS * ROUNDS) as f64;
                *best = best.min(trip);
                server.end()?;
            }
        }
        for (kind, trip) in KINDS.iter().zip(best) {
            let ratio = trip / best[0];
            println!(
                "  {kind:9} {:6.2} us of processor a round trip  {ratio:5.2}",
                trip * 1e6
            );
        }
    }
    Ok(())
}

/// The memory that a server takes for each connection that is open and has been used.
fn open() -> io::Result<()> {
    const CONNECTIONS: u64 = 10_000;
    println!("{CONNECTIONS} connections open at once");
    for kind in KINDS {
        let mut server = Part::start(&["serve", kind, "2"])?;
        let port = server.line()?;
        // One, so that what is made once has been made.
        Part::start(&["talk", &port, "8", "10"])?.end()?;
        let before = server.memory()?;
        let mut peers = Part::start(&["hold", &port, &CONNECTIONS.to_string()])?;
        peers.line()?;
        let each = server.memory()?.saturating_sub(before) / CONNECTIONS;
        println!("  {kind:9} {each:6} bytes each");
        peers.end()?;
        server.end()?;
    }
    Ok(())
}

/// What connects leave behind: descriptors and memory.
fn leave() -> io::Result<()> {
    const CONNECTS: u64 = 100_000;
    println!("{CONNECTS} connects, of which every second one resets");
    for kind in KINDS {
        let mut server = Part::start(&["serve", kind, "2"])?;
        let port = server.line()?;
        // A tenth first: memory that was once used is kept by the allocator.
        Part::start(&["come", &port, &(CONNECTS / 10).to_string()])?.end()?;
        let before = (server.descriptors()?, server.memory()?);
        let begun = Instant::now();
        Part::start(&["come", &port, &CONNECTS.to_string()])?.end()?;
        let rate = CONNECTS as f64 / begun.elapsed().as_secs_f64();
        let after = (server.descriptors_settled(before.0)?, server.memory()?);
        println!(
            "  {kind:9} {} -> {} descriptors, {} -> {} KiB, {rate:.0} a second",
            before.0,
            after.0,
            before.1 / 1024,
            after.1 / 1024
        );
        server.end()?;
    }
    Ok(())
}
