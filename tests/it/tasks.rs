//! What a component's tasks own, over its lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use circuits::Options;
use circuits::prelude::*;
use tokio::sync::mpsc;

/// Something of which there is one, as a port that is listened on.
struct Claim(Arc<AtomicUsize>);

impl Claim {
    fn new(taken: &Arc<AtomicUsize>) -> Self {
        taken.fetch_add(1, Ordering::SeqCst);
        Self(taken.clone())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Long enough for a life that does not wait to begin meanwhile.
        for _ in 0..100 {
            std::thread::yield_now();
        }
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[component]
struct Owner {
    taken: Arc<AtomicUsize>,
    found: mpsc::Sender<usize>,
}

#[component]
impl Owner {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) {
        let found = self.taken.load(Ordering::SeqCst);
        let claim = Claim::new(&self.taken);
        cx.spawn(async move {
            let _claim = claim;
            std::future::pending::<()>().await;
        });
        self.found.send(found).await.expect("the test listens");
    }
}

async fn check() {
    let system = System::with(Options::new().max_restarts(1000));
    let taken = Arc::default();
    let (found, mut founds) = mpsc::channel(1);
    let factory = move || Owner {
        taken: Arc::clone(&taken),
        found: found.clone(),
    };
    let owner = system.supervise(factory).await.expect("it starts");
    for _ in 0..200 {
        assert_eq!(founds.recv().await, Some(0), "the old life still holds it");
        owner.kill();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_task_owns_is_dropped_before_the_next_life_begins() {
    check().await;
}

#[tokio::test]
async fn what_a_task_owns_is_dropped_before_the_next_life_begins_on_one_thread() {
    check().await;
}
