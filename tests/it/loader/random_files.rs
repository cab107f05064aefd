//! Files with anything in them.

use circuits::prelude::*;

use super::{APP, Folder, reload, say, start};
use crate::support::Log;

/// Draws numbers, the same ones each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

fn mutate(numbers: &mut Numbers) -> Vec<u8> {
    const PIECES: [&str; 16] = [
        "[[component]]\n",
        "[component.config]\n",
        "name = ",
        "type = ",
        "\"echo\"",
        "\"port\"",
        "\"clock\"",
        "\n",
        "{",
        "[",
        "\"",
        "'''",
        "1e999",
        "\u{0}",
        "é",
        "port.x.y = 99999999999999999999\n",
    ];
    let mut text = APP.as_bytes().to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(text.len());
        let end = (at + numbers.below(40)).min(text.len());
        match numbers.below(5) {
            0 => drop(text.drain(at..end)),
            1 => {
                let again = text[at..end].to_vec();
                text.splice(at..at, again);
            }
            2 => {
                let piece = PIECES[numbers.below(PIECES.len())].bytes();
                text.splice(at..at, piece);
            }
            3 if !text.is_empty() => text[at] = numbers.below(256) as u8,
            _ => text.truncate(text.len() - numbers.below(30).min(text.len())),
        }
    }
    text
}

#[tokio::test(start_paused = true)]
async fn no_file_whatever_is_in_it_makes_the_loader_fail() {
    let folder = Folder::new();
    folder.write(APP);
    let system = System::new();
    let loader = start(&system, &Log::default(), Some(&folder.file())).await;
    let mut numbers = Numbers(7);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..10_000 {
        folder.write(mutate(&mut numbers));
        match reload(&system).await {
            Ok(_) => taken += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(taken > 100 && refused > 1000, "{taken} {refused}");
    assert_eq!(loader.life(), 1);
    assert_eq!(system.restarts(), 0);
    folder.write(APP);
    reload(&system).await.unwrap();
    assert!(say(&system, "front").await.starts_with("> hi"));
}
