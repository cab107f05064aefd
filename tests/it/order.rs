//! Order: from one sender to one receiver, over restarts and threads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use circuits::prelude::*;
use circuits::{Options, mailbox::MAILBOX_LIMIT};

use crate::support::{until, within};

const SENDERS: u32 = 8;
const EVENTS: u32 = 2_000;

#[derive(Event)]
struct Numbered {
    sender: u32,
    number: u32,
    poison: bool,
}

type Seen = Arc<Mutex<HashMap<u32, Vec<u32>>>>;

#[component(channel = "receiver", mailbox = 1_048_576)]
struct Receiver(Seen);

#[component]
impl Receiver {
    #[handler("numbered")]
    fn numbered(&mut self, event: &Numbered) {
        assert!(!event.poison, "poison");
        self.0
            .lock()
            .unwrap()
            .entry(event.sender)
            .or_default()
            .push(event.number);
    }
}

fn is_poison(number: u32) -> bool {
    number % 500 == 250
}

/// Every sender's events arrive in order; only the poisonous ones are missing.
async fn check(senders_are_threads: bool) {
    let system = System::with(Options::new().max_restarts(1_000));
    let seen = Seen::default();
    let made = seen.clone();
    let receiver = within(system.supervise(move || Receiver(made.clone()))).await;
    let receiver = receiver.unwrap();
    let threads: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (handle, receiver) = (system.handle(), receiver.clone());
            let send = move || {
                for number in 0..EVENTS {
                    let poison = is_poison(number);
                    let event = Numbered {
                        sender,
                        number,
                        poison,
                    };
                    if number % 2 == 0 {
                        handle.on("receiver").fire(event);
                    } else {
                        handle.to(&receiver).fire(event);
                    }
                }
            };
            if senders_are_threads {
                Some(std::thread::spawn(send))
            } else {
                send();
                None
            }
        })
        .collect();
    for thread in threads.into_iter().flatten() {
        thread.join().unwrap();
    }
    let expected: Vec<u32> = (0..EVENTS).filter(|number| !is_poison(*number)).collect();
    let total = expected.len() * SENDERS as usize;
    until(|| seen.lock().unwrap().values().map(Vec::len).sum::<usize>() == total).await;
    for (sender, numbers) in seen.lock().unwrap().iter() {
        assert_eq!(*numbers, expected, "sender {sender}");
    }
    let poisonous = (EVENTS / 500 * SENDERS) as u64;
    assert_eq!(system.restarts(), poisonous);
    assert_eq!(system.dead_letters(), poisonous);
    assert_eq!(receiver.life(), poisonous + 1);
    assert!(EVENTS as usize * (SENDERS as usize) < MAILBOX_LIMIT);
}

#[tokio::test]
async fn events_of_one_sender_arrive_in_order_over_restarts() {
    check(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_of_eight_threads_arrive_in_order_over_restarts() {
    check(true).await;
}
