//! The components of byte streams through the public API, with real peers; one file a feature.

mod authority;
mod codecs;
mod file;
mod folder;
mod follow;
mod framing;
mod net;
mod process;
mod programs;
mod serial;
mod standard;
mod stream;
mod support;
mod tcp;
mod tls;
mod watch;
