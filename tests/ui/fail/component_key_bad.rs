//! Each key says what it takes.

use circuits::prelude::*;

#[component(channel = "")]
struct EmptyChannel;

#[component(channel = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
struct LongChannel;

#[component(channel = greeter)]
struct BareChannel;

#[component(mailbox = 0)]
struct NoMailbox;

#[component(mailbox = 1_048_577)]
struct HugeMailbox;

#[component(mailbox = "10")]
struct TextMailbox;

#[component(overflow = "drop")]
struct Overflow;

#[component(strategy = "one_for_two")]
struct Strategy;

#[component(on_error = "panic")]
struct OnError;

#[component(on_error = 5)]
struct NumberRule;

#[component(max_restarts = 5_000_000_000)]
struct MaxRestarts;

#[component(max_restarts = -1)]
struct NegativeRestarts;

#[component(max_restarts = "many")]
struct TextRestarts;

#[component(max_restarts = forever)]
struct BareRestarts;

#[component(auto_shutdown = "always")]
struct AutoShutdown;

#[component(on_link = "die")]
struct OnLink;

#[component(on_restart = "drop")]
struct OnRestart;

#[component(attempts = 0)]
struct NoAttempts;

#[component(attempts = "3")]
struct TextAttempts;

#[component(within = "5")]
struct Within;

#[component(within = "0s")]
struct WithinZero;

#[component(shutdown = "soon", mailbox = 0)]
struct TwoMistakes;

#[component(crate = "circuits")]
struct Crate;

#[component(channel)]
struct NoValue;

fn main() {}
