//! What is measured; each file, or folder, makes the cases of one workload.

pub(crate) mod call;
pub(crate) mod fan_out;
pub(crate) mod flood;
pub(crate) mod idle;
pub(crate) mod in_flight;
pub(crate) mod latency;
pub(crate) mod overlap;
pub(crate) mod population;
pub(crate) mod restart;
pub(crate) mod ring;
pub(crate) mod round_robin;
pub(crate) mod senders;
pub(crate) mod skynet;
pub(crate) mod soak;
pub(crate) mod stages;
pub(crate) mod storm;
pub(crate) mod tell;
