//! The keys of an event.

use std::collections::HashMap;

use circuits::prelude::*;

#[derive(Event)]
struct Plain;

#[derive(Event, Debug)]
#[event(
    name = "all",
    channel = "web",
    priority = 5,
    reply = HashMap<String, u8>,
    success,
    failure,
    complete
)]
struct Everything {
    #[allow(dead_code)]
    field: u8,
}

#[derive(Event)]
#[event(priority = -2_147_483_648, boxed)]
enum Choice {
    #[allow(dead_code)]
    One(u8),
    #[allow(dead_code)]
    Two { field: String },
}

#[derive(Event)]
#[event()]
struct Large(#[allow(dead_code)] [u8; 4096]);

#[derive(Event)]
#[event(reply = (u8, fn(u8, u8) -> u8),)]
struct HTTPRequest;

#[derive(Event)]
struct r#Loop;

/// A reply without `Clone`.
#[allow(dead_code)]
struct Receipt;

#[derive(Event)]
#[event(reply = Receipt, success = "audit", failure = "alarm", complete)]
struct Sale;

#[derive(Event)]
#[event(reply = T, success)]
struct Generic<T>(#[allow(dead_code)] T);

fn main() {
    assert_eq!(<Plain as Event>::NAME, "plain");
    assert_eq!(<Everything as Event>::NAME, "all");
    assert_eq!(<Everything as Event>::CHANNEL, Some("web"));
    assert_eq!(<Everything as Event>::PRIORITY, 5);
    assert_eq!(<Choice as Event>::PRIORITY, i32::MIN);
    assert_eq!(<Large as Event>::NAME, "large");
    assert_eq!(<HTTPRequest as Event>::NAME, "http_request");
    assert_eq!(<r#Loop as Event>::NAME, "loop");
    let feedback = circuits::event::Feedback::NONE;
    let feedback = feedback.success_on("audit").failure_on("alarm").complete();
    assert_eq!(<Sale as Event>::FEEDBACK, feedback);
    assert!(<Sale as Event>::COPY.is_none());
    assert!(<Everything as Event>::COPY.is_some());
    assert!(<Generic<u8> as Event>::COPY.is_none());
}
