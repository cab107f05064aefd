//! The window of restarts against a model, over random sequences of failures.

use circuits::prelude::*;
use circuits::{Address, Options, Restart, RestartLimit};
use tokio::runtime::Builder;
use tokio::time::sleep;

/// Each is run against a system of its own.
const SEQUENCES: u64 = 10_000;

/// What all sequences follow from.
const SEED: u64 = 0x5EED;

/// Random numbers that a seed determines: xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 32) % limit
    }
}

/// When children fail, in milliseconds after the failure before, and which one.
#[derive(Debug)]
struct Sequence {
    restarts: u32,
    window: u64,
    failures: Vec<(u64, usize)>,
}

const CHILDREN: usize = 2;

impl Sequence {
    fn random(random: &mut Random) -> Self {
        let restarts = random.below(8) as u32;
        let window = 1 + random.below(40);
        let count = 1 + random.below(24);
        let failures = (0..count).map(|_| {
            // At once, exactly one window later, or anything around the pace at
            // which so many restarts are just allowed.
            let pause = match random.below(10) {
                0 => 0,
                1 | 2 => window,
                3 => window - 1,
                _ => random.below(3 * window / u64::from(restarts.max(1)) + 2),
            };
            (pause, random.below(CHILDREN as u64) as usize)
        });
        let failures = failures.collect();
        Self {
            restarts,
            window,
            failures,
        }
    }

    /// The failure at which the supervisor must give up, counted from 0: the
    /// first that finds as many earlier ones as are allowed less than one
    /// window ago.
    fn gives_up_at(&self) -> Option<usize> {
        let mut now = 0;
        let times: Vec<_> = self
            .failures
            .iter()
            .map(|(pause, _)| {
                now += pause;
                now
            })
            .collect();
        (0..times.len()).find(|&last| {
            let earlier = times[..last].iter();
            let recent = earlier.filter(|time| times[last] - **time < self.window);
            recent.count() >= self.restarts as usize
        })
    }
}

#[derive(Event)]
struct Fail;

#[component(channel = "child")]
struct Fragile;

#[component]
impl Fragile {
    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) -> Result<(), Error> {
        Err(Error::fatal(Error::new("as told")))
    }
}

/// Runs a sequence; returns the failure at which the supervisor gave up.
async fn run(sequence: &Sequence) -> Option<usize> {
    let options = Options::new()
        .max_restarts(sequence.restarts)
        .within(Duration::from_millis(sequence.window));
    let system = System::with(options);
    let mut children: Vec<Address<Fragile>> = Vec::new();
    for _ in 0..CHILDREN {
        let child = system.supervise(|| Fragile).restart(Restart::Permanent);
        children.push(child.await.unwrap());
    }
    for (number, (pause, child)) in sequence.failures.iter().enumerate() {
        if *pause > 0 {
            sleep(Duration::from_millis(*pause)).await;
        }
        let child = &children[*child];
        let life = child.life();
        system.to(child).fire(Fail);
        while child.life() == life && !system.is_stopped() {
            tokio::task::yield_now().await;
        }
        if system.is_stopped() {
            let error = system.join().await.unwrap_err();
            assert!(error.downcast_ref::<RestartLimit>().is_some(), "{error:?}");
            assert_eq!(system.restarts(), number as u64);
            return Some(number);
        }
    }
    assert_eq!(system.restarts(), sequence.failures.len() as u64);
    None
}

#[test]
fn a_supervisor_gives_up_at_exactly_the_failure_that_breaks_the_limit() {
    let mut random = Random(SEED);
    let mut given_up = 0;
    for number in 0..SEQUENCES {
        let sequence = Sequence::random(&mut random);
        // A clock of its own, which only the pauses move.
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let found = runtime.unwrap().block_on(run(&sequence));
        let expected = sequence.gives_up_at();
        assert_eq!(found, expected, "{number} of seed {SEED}: {sequence:?}");
        given_up += u64::from(found.is_some());
    }
    // Both outcomes are common, so that neither goes untested.
    let share = given_up * 100 / SEQUENCES;
    assert!((25..=75).contains(&share), "{share} % gave up");
}
