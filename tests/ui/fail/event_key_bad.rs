//! Each key says what it takes.

use circuits::prelude::*;

#[derive(Event)]
#[event(name = "")]
struct EmptyName;

#[derive(Event)]
#[event(name = "*")]
struct Star;

#[derive(Event)]
#[event(name = "two words")]
struct Words;

#[derive(Event)]
#[event(name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
struct LongName;

#[derive(Event)]
#[event(name = hello)]
struct BareName;

#[derive(Event)]
#[event(channel = "")]
struct EmptyChannel;

#[derive(Event)]
#[event(priority = 2.5)]
struct Fraction;

#[derive(Event)]
#[event(priority = "high")]
struct TextPriority;

#[derive(Event)]
#[event(reply = "String")]
struct TextReply;

#[derive(Event)]
#[event(reply)]
struct NoReply;

#[derive(Event)]
#[event(success = true)]
struct FlagValue;

#[derive(Event)]
#[event("hello")]
struct LooseName;

#[derive(Event)]
#[event = "hello"]
struct NameValue;

#[derive(Event)]
#[event(boxed)]
#[event(success)]
struct TwoAttributes;

#[derive(Event)]
#[event(success, failure = "", complete = "a")]
struct EmptyFeedbackChannel;

fn main() {}
