//! Runs the samples of the guide and of the README.

#[doc = include_str!("../README.md")]
mod readme {}

#[doc = include_str!("../book/src/what-and-why.md")]
mod what_and_why {}

#[doc = include_str!("../book/src/hello.md")]
mod hello {}

#[doc = include_str!("../book/src/events.md")]
mod events {}

#[doc = include_str!("../book/src/channels.md")]
mod channels {}

#[doc = include_str!("../book/src/components.md")]
mod components {}

#[doc = include_str!("../book/src/calling.md")]
mod calling {}

#[doc = include_str!("../book/src/priorities.md")]
mod priorities {}

#[doc = include_str!("../book/src/supervision.md")]
mod supervision {}

#[doc = include_str!("../book/src/trees.md")]
mod trees {}

#[doc = include_str!("../book/src/watching.md")]
mod watching {}

#[doc = include_str!("../book/src/ending.md")]
mod ending {}

#[doc = include_str!("../book/src/loading.md")]
mod loading {}

#[doc = include_str!("../book/src/timers.md")]
mod timers {}

#[doc = include_str!("../book/src/workers.md")]
mod workers {}

#[doc = include_str!("../book/src/sockets.md")]
mod sockets {}

#[doc = include_str!("../book/src/net-and-web.md")]
mod net_and_web {}

#[doc = include_str!("../book/src/tls.md")]
mod tls {}

#[doc = include_str!("../book/src/files-and-processes.md")]
mod files_and_processes {}

#[doc = include_str!("../book/src/framing.md")]
mod framing {}

#[doc = include_str!("../book/src/bridges.md")]
mod bridges {}

#[doc = include_str!("../book/src/observing.md")]
mod observing {}

#[doc = include_str!("../book/src/testing.md")]
mod testing {}

#[doc = include_str!("../book/src/tools.md")]
mod tools {}

#[doc = include_str!("../book/src/promises.md")]
mod promises {}

#[doc = include_str!("../book/src/performance.md")]
mod performance {}
#[doc = include_str!("../book/src/coming-from-python.md")]
mod coming_from_python {}

#[doc = include_str!("../book/src/errors.md")]
mod errors {}

#[doc = include_str!("../book/src/by-hand.md")]
mod by_hand {}
