//! What is measured; each file makes the cases of one workload.

pub(crate) mod broadcast;
pub(crate) mod call;
pub(crate) mod flight;
pub(crate) mod senders;
pub(crate) mod soak;
pub(crate) mod storm;
pub(crate) mod tell;
