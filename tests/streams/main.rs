//! The components of byte streams through the public API, with real peers; one file a feature.

mod stream;
mod support;
mod tcp;
