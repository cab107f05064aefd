//! Pipes: two ends on two channels.

use circuits::net::{Close, Connected, Disconnected, Pipe, Read, Write};
use circuits::prelude::*;
use circuits::testing::Probe;

use crate::support::soon;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn net_050_each_side_reads_what_the_other_wrote_until_one_closes() {
    let system = System::new();
    let one = Probe::on(&system, "one").await.unwrap();
    let two = Probe::on(&system, "two").await.unwrap();
    let pipe = Pipe::new("one", "two").lines(100);
    let pipe = system.register(pipe).await.unwrap();
    for (probe, other) in [(&one, "two"), (&two, "one")] {
        let connected = probe.expect::<Connected>().within(LIMIT).await.unwrap();
        assert_eq!(connected.connection.peer().to_string(), other);
    }
    for round in 0..100 {
        for (from, to) in [("one", &two), ("two", &one)] {
            let write = Write::new(format!("{from} {round}\n"));
            assert!(system.on(from).call(write).await.unwrap());
            let read = to.expect::<Read>().within(LIMIT).await.unwrap();
            assert_eq!(read.data, format!("{from} {round}"));
        }
    }
    let last = system.on("two").call(Write::new("last words"));
    assert!(last.await.unwrap());
    assert!(system.on("two").call(Close::new()).await.unwrap());
    let read = one.expect::<Read>().within(LIMIT).await.unwrap();
    assert_eq!(read.data, "last words");
    for (probe, reason) in [
        (&two, "a component closed the connection"),
        (&one, "the peer has closed the connection"),
    ] {
        let ended = probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
        assert_eq!(ended.reason.to_string(), reason);
    }
    soon(pipe.ended()).await;
}
