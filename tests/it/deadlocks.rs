//! Waiting in a ring: who would close it is told at once, and nobody else is.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use circuits::prelude::*;
use circuits::{CallError, Deadlock};
use tokio::sync::{Notify, oneshot};

/// What a handler shall do, given with the event.
type Script<C> = Box<dyn Fn(Context1<'_, C>) -> Step<'_> + Send + Sync>;
type Context1<'a, C> = &'a Context<C>;
type Step<'a> = Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>>;

/// Handled with `&mut self`.
#[derive(Event)]
#[event(reply = u32)]
struct Alone(Script<Node>);

/// Handled with `&self`.
#[derive(Event)]
#[event(reply = u32)]
struct Beside(Script<Node>);

/// Handled with `&self`, on the threads of the runtime.
#[derive(Event)]
#[event(reply = u32)]
struct Parallel(Script<Node>);

#[component]
struct Node;

#[component]
impl Node {
    #[handler("alone")]
    async fn alone(&mut self, event: &Alone, cx: &Context<Self>) -> Result<u32, Error> {
        (event.0)(cx).await
    }

    #[handler("beside")]
    async fn beside(&self, event: &Beside, cx: &Context<Self>) -> Result<u32, Error> {
        (event.0)(cx).await
    }

    #[handler("parallel", parallel)]
    async fn parallel(&self, event: &Parallel, cx: &Context<Self>) -> Result<u32, Error> {
        (event.0)(cx).await
    }
}

fn script<F>(run: F) -> Script<Node>
where
    F: for<'a> Fn(&'a Context<Node>) -> Step<'a> + Send + Sync + 'static,
{
    Box::new(run)
}

fn answer(number: u32) -> Script<Node> {
    script(move |_| Box::pin(async move { Ok(number) }))
}

/// A handler that makes one call and passes the reply on.
macro_rules! asks {
    ($kind:ident on $channel:expr, $inner:expr) => {{
        let (channel, inner) = ($channel.to_owned(), std::sync::Mutex::new(Some($inner)));
        script(move |cx| {
            let event = $kind(inner.lock().unwrap().take().unwrap());
            let channel = channel.clone();
            Box::pin(async move { Ok(cx.on(&channel).call(event).await?) })
        })
    }};
}

async fn nodes<const COUNT: usize>(system: &System) -> [Address<Node>; COUNT] {
    let mut list = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"].into_iter().take(COUNT) {
        let node = system.register(Node).named(name).channel(name);
        list.push(node.await.unwrap());
    }
    list.try_into().unwrap()
}

/// Digs the ring out of a call whose handlers passed the error on.
fn deadlock(error: &CallError) -> Option<&Deadlock> {
    match error {
        CallError::Deadlock(deadlock) => Some(deadlock),
        CallError::Failed(error) => deadlock(error.downcast_ref::<CallError>()?),
        _ => None,
    }
}

fn path(outcome: Result<u32, CallError>) -> Vec<String> {
    let error = outcome.unwrap_err();
    let deadlock = deadlock(&error).unwrap_or_else(|| panic!("{error:?}"));
    deadlock.path().to_vec()
}

#[tokio::test(start_paused = true)]
async fn an_exclusive_handler_that_calls_its_own_component_is_told() {
    let system = System::new();
    let [_a] = nodes(&system).await;
    let itself = Alone(asks!(Alone on "a", answer(1)));
    let error = system.on("a").call(itself).await.unwrap_err();
    let ring = deadlock(&error).unwrap();
    assert_eq!(ring.path(), ["a.alone"]);
    assert_eq!(ring.to_string(), "a.alone waits for a.alone");
    let also = Alone(asks!(Beside on "a", answer(1)));
    assert_eq!(path(system.on("a").call(also).await), ["a.alone"]);
    let after = system.on("a").call(Alone(answer(7))).await;
    assert_eq!(after.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_last_of_a_ring_of_two_is_told_the_way() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    let ring = Alone(asks!(Alone on "b", asks!(Alone on "a", answer(1))));
    let outcome = system.on("a").call(ring).await;
    assert_eq!(path(outcome), ["b.alone", "a.alone"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_of_a_long_ring_is_told_the_whole_way() {
    let system = System::new();
    let [_a, _b, _c, _d, _e] = nodes(&system).await;
    let back = asks!(Alone on "e", asks!(Alone on "b", answer(1)));
    let ring = Alone(asks!(Alone on "b", asks!(Alone on "c", asks!(Alone on "d", back))));
    let outcome = system.on("a").call(ring).await;
    let expected = ["e.alone", "b.alone", "c.alone", "d.alone"];
    assert_eq!(path(outcome), expected);
}

#[tokio::test(start_paused = true)]
async fn readers_that_call_readers_of_their_own_component_are_no_ring() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    let inner = Beside(asks!(Beside on "a", asks!(Beside on "a", answer(3))));
    assert_eq!(system.on("a").call(inner).await.unwrap(), 3);
    let over = Beside(asks!(Alone on "b", asks!(Beside on "a", answer(4))));
    assert_eq!(system.on("a").call(over).await.unwrap(), 4);
    let parallel = Parallel(asks!(Parallel on "a", asks!(Beside on "a", answer(5))));
    assert_eq!(system.on("a").call(parallel).await.unwrap(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_waits_for_a_writer_of_its_own_component_is_told() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    let own = Beside(asks!(Alone on "a", answer(1)));
    assert_eq!(path(system.on("a").call(own).await), ["a.beside"]);
    let parallel = Parallel(asks!(Alone on "a", answer(1)));
    assert_eq!(path(system.on("a").call(parallel).await), ["a.parallel"]);
    let over = Beside(asks!(Alone on "b", asks!(Alone on "a", answer(1))));
    assert_eq!(path(system.on("a").call(over).await).len(), 2);
    let after = system.on("a").call(Alone(answer(7))).await;
    assert_eq!(after.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_ring_through_a_reader_that_runs_is_found() {
    let system = System::new();
    let [_a, _b, _c] = nodes(&system).await;
    let ring = Alone(asks!(Beside on "b", asks!(Alone on "a", answer(1))));
    let outcome = system.on("a").call(ring).await;
    assert_eq!(path(outcome), ["b.beside", "a.alone"]);
    let back = asks!(Parallel on "c", asks!(Beside on "a", answer(1)));
    let ring = Alone(asks!(Beside on "b", back));
    let outcome = system.on("a").call(ring).await;
    assert_eq!(path(outcome), ["c.parallel", "a.alone", "b.beside"]);
}

/// While a writer is queued: a reader that has begun goes on, one that has not is held back.
#[tokio::test(start_paused = true)]
async fn a_writer_in_the_queue_makes_a_ring_of_later_readers_only() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = script({
        let (begun, go) = (begun.clone(), go.clone());
        move |_| {
            let (begun, go) = (begun.clone(), go.clone());
            Box::pin(async move {
                begun.notify_one();
                go.notified().await;
                Ok(5)
            })
        }
    });
    // a.beside waits for b, and b for a reader of a that runs already.
    let first = Beside(asks!(Alone on "b", asks!(Beside on "a", slow)));
    let first = tokio::spawn({
        let system = system.clone();
        async move { system.on("a").call(first).await }
    });
    begun.notified().await;
    let writer = tokio::spawn({
        let system = system.clone();
        async move { system.on("a").call(Alone(answer(6))).await }
    });
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    go.notify_one();
    assert_eq!(first.await.unwrap().unwrap(), 5);
    assert_eq!(writer.await.unwrap().unwrap(), 6);

    // Now the writer comes before the reader that b asks for.
    let behind = script(|cx| {
        Box::pin(async move {
            cx.on("a").fire(Alone(answer(0)));
            Ok(cx.on("a").call(Beside(answer(8))).await?)
        })
    });
    let held = Beside(asks!(Alone on "b", behind));
    let outcome = system.on("a").call(held).await;
    assert_eq!(path(outcome).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_receiver_that_can_still_answer_is_enough() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    // Both hear it, and `a` is the caller.
    let both = script(|cx| {
        Box::pin(async move {
            let reply = cx.on("*").call(Beside(answer(2))).await?;
            let all = cx.on("*").call_all(Beside(answer(3))).await;
            let [Err(CallError::Deadlock(_)), Ok(3)] = &all[..] else {
                panic!("{all:?}");
            };
            Ok(reply)
        })
    });
    let outcome = system.on("a").call(Alone(both)).await;
    assert_eq!(outcome.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_end_of_an_event_for_oneself_is_told() {
    let system = System::new();
    let [_a] = nodes(&system).await;
    let waits = script(|cx| {
        Box::pin(async move {
            cx.on("a").fire(Alone(answer(1))).completed().await?;
            Ok(1)
        })
    });
    assert_eq!(path(system.on("a").call(Alone(waits)).await), ["a.alone"]);
}

#[tokio::test(start_paused = true)]
async fn a_fire_in_a_ring_of_calls_waits_for_nobody() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    let fires = script(|cx| {
        Box::pin(async move {
            cx.on("a").fire(Alone(answer(0))).await;
            Ok(9)
        })
    });
    let ring = Alone(asks!(Alone on "b", fires));
    assert_eq!(system.on("a").call(ring).await.unwrap(), 9);
}

/// What `a` still asks of `b` was answered; what `b` then asks of `a` is no ring.
#[tokio::test(start_paused = true)]
async fn an_answered_call_waits_no_more() {
    let system = System::new();
    let [_a, _b] = nodes(&system).await;
    let (done, receiver) = oneshot::channel();
    let done = std::sync::Mutex::new(Some(done));
    let later = script(move |cx| {
        let done = done.lock().unwrap().take();
        Box::pin(async move {
            let reply = cx.on("a").call(Beside(answer(4))).await;
            done.unwrap().send(reply).unwrap();
            Ok(0)
        })
    });
    let twice = script({
        let later = std::sync::Mutex::new(Some(later));
        move |cx| {
            let later = Alone(later.lock().unwrap().take().unwrap());
            Box::pin(async move {
                let reply = cx.on("b").call(Alone(answer(1))).await?;
                cx.on("b").fire(later);
                Ok(reply)
            })
        }
    });
    assert_eq!(system.on("a").call(Alone(twice)).await.unwrap(), 1);
    assert_eq!(receiver.await.unwrap().unwrap(), 4);
}

async fn race(rounds: u32) {
    let system = System::new();
    let nodes: [Address<Node>; 3] = nodes(&system).await;
    for round in 0..rounds {
        let callers = (0..3_usize).map(|at| {
            let (system, node) = (system.clone(), nodes[at].clone());
            let next = nodes[(at + 1) % 3].channel().to_owned();
            let ask = match (round + at as u32) % 3 {
                0 => asks!(Beside on next, answer(1)),
                1 => asks!(Alone on next, answer(1)),
                _ => asks!(Parallel on next, answer(1)),
            };
            tokio::spawn(async move { system.to(&node).call(Alone(ask)).await })
        });
        for caller in callers.collect::<Vec<_>>() {
            let outcome = caller.await.unwrap();
            let told = outcome
                .as_ref()
                .err()
                .map(|error| deadlock(error).is_some());
            assert!(told.unwrap_or(true), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn callers_in_a_ring_never_hang() {
    bounded(race(2_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_that_race_in_a_ring_never_hang() {
    bounded(race(10_000)).await;
}

async fn bounded(test: impl Future<Output = ()>) {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs");
}

/// Supervises a child that calls back, at its start and after.
#[component(channel = "parent")]
struct Parent(Option<oneshot::Sender<u32>>);

#[derive(Event)]
#[event(reply = u32)]
struct Number;

#[component]
impl Parent {
    #[handler("started")]
    async fn started(&self, cx: &Context<Self>) -> Result<(), Error> {
        let error = cx.supervise(|| Eager).named("eager").await.unwrap_err();
        assert!(error.to_string().contains("failed to start"), "{error}");
        cx.supervise(Patient::default).named("patient").await?;
        Ok(())
    }

    #[handler("number")]
    fn number(&mut self, _: &Number) -> u32 {
        42
    }

    #[handler("tell")]
    fn tell(&mut self, event: &Tell) {
        let _ = self.0.take().map(|sender| sender.send(event.0));
    }
}

#[derive(Event)]
struct Tell(u32);

#[component(on_error = "restart")]
struct Eager;

#[component]
impl Eager {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        let outcome = cx.on("parent").call(Number).await;
        match outcome {
            Err(CallError::Deadlock(ring)) => {
                assert_eq!(ring.path()[0], "eager.started");
                Err(ring.into())
            }
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Default)]
#[component(channel = "patient")]
struct Patient;

#[component]
impl Patient {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.fire(Now);
    }

    #[handler("now")]
    async fn now(&mut self, _: &Now, cx: &Context<Self>) -> Result<(), Error> {
        let number = cx.on("parent").call(Number).await?;
        cx.on("parent").fire(Tell(number));
        Ok(())
    }
}

#[derive(Event)]
struct Now;

#[tokio::test(start_paused = true)]
async fn a_child_may_call_its_parent_once_it_has_started() {
    let system = System::new();
    let (sender, receiver) = oneshot::channel();
    let parent = system.register(Parent(Some(sender))).named("parent");
    bounded(async { drop(parent.await.unwrap()) }).await;
    assert_eq!(receiver.await.unwrap(), 42);
}
