//! Components and their tree (CORE-050 to 054).

use circuits::event::{PrepareUnregister, Registered, Unregistered};
use circuits::prelude::*;
use circuits::supervisor::Supervisor;
use circuits::testing::{Probe, settle};
use circuits::{CallError, ComponentId, StartError};

use crate::support::Log;

#[derive(Event, Debug)]
#[event(reply = String)]
struct Who;

#[derive(Event, Debug)]
struct Work;

/// A node of a tree: registers the children that it is made with.
#[component(channel = "node")]
#[derive(Clone)]
struct Node {
    children: Vec<&'static str>,
}

#[component]
impl Node {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        for name in &self.children {
            let leaf = Node {
                children: Vec::new(),
            };
            cx.register(leaf).channel(*name).named(*name).await?;
        }
        Ok(())
    }

    #[handler("who")]
    fn who(&self, _: &Who, cx: &Context<Self>) -> String {
        cx.name().to_owned()
    }

    #[handler("work")]
    fn work(&mut self, _: &Work) {}
}

fn node(children: &[&'static str]) -> Node {
    Node {
        children: children.to_vec(),
    }
}

#[tokio::test(start_paused = true)]
async fn core_050_components_form_a_tree_with_one_root() {
    let system = System::new();
    let a = system.register(node(&["b"])).channel("a").named("a");
    let a = a.await.unwrap();
    let b = a.children().find::<Node>("b").await.unwrap();
    assert_eq!((a.parent(), b.parent()), (ComponentId::ROOT, a.id()));
    let names = async |children: circuits::component::Children| {
        let list = children.list().await.unwrap().into_iter();
        list.map(|child| child.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(system.children()).await, ["a"]);
    assert_eq!(names(a.children()).await, ["b"]);
    assert!(names(b.children()).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn core_051_registering_tells_who_joined_whom_on_the_components_channel() {
    let system = System::new();
    let probe = Probe::on(&system, "b").await.unwrap();
    let a = system.register(node(&["b"])).channel("a").await.unwrap();
    let b = a.children().find::<Node>("b").await.unwrap();
    settle().await;
    let registered = probe.all::<Registered>();
    let [registered] = &registered[..] else {
        panic!("{probe:?}");
    };
    assert_eq!((registered.component, registered.parent), (b.id(), a.id()));
    // Again, below another parent: one more event, and still one child.
    b.move_to_root(&system).await.unwrap();
    settle().await;
    assert_eq!(probe.all::<Registered>()[1].parent, ComponentId::ROOT);
    assert!(a.children().list().await.unwrap().is_empty());
    // What has left is registered again as a new component.
    b.unregister().await;
    let again = system.register(node(&[])).channel("b").named("b");
    assert_ne!(again.await.unwrap().id(), b.id());
}

#[tokio::test(start_paused = true)]
async fn core_051_two_running_trees_do_not_mix() {
    let (one, two) = (System::new(), System::new());
    let a = one.register(node(&[])).await.unwrap();
    let b = two.register(node(&[])).await.unwrap();
    let refused = a.move_to(&b).await;
    assert!(
        matches!(refused, Err(StartError::OtherSystem)),
        "{refused:?}"
    );
    assert_eq!(one.to(&a).call(Who).await.unwrap(), a.name());
}

/// Is told of all that leave, and asks the one that leaves for its name meanwhile.
#[component(channel = "other")]
struct Other(Log);

#[component]
impl Other {
    #[handler("prepare_unregister", channel = "*")]
    async fn prepare(&mut self, event: &PrepareUnregister, cx: &Context<Self>) {
        let answer = cx.on("a").call(Who).await;
        self.0
            .add(format_args!("{} leaves: {answer:?}", event.name));
    }

    #[handler("unregistered", channel = "*")]
    fn unregistered(&mut self, event: &Unregistered) {
        self.0
            .add(format_args!("{} left {}", event.name, event.parent));
    }
}

#[tokio::test(start_paused = true)]
async fn core_052_unregistering_tells_all_then_cuts_the_whole_subtree() {
    let (system, log) = (System::new(), Log::default());
    system.register(Other(log.clone())).await.unwrap();
    let a = system.register(node(&["b"])).channel("a").named("a");
    let a = a.await.unwrap();
    let b = a.children().find::<Node>("b").await.unwrap();
    a.unregister().await;
    settle().await;
    let told = ["a leaves: Ok(\"a\")", "a left component 0"];
    assert_eq!(log.take()[0], told[0], "until the cut it works as ever");
    assert!(a.is_gone() && b.is_gone(), "with all below it");
    // From the cut on nothing arrives any more, and nothing is lost in silence.
    let letters = system.dead_letters();
    system.to(&a).fire(Work);
    assert!(matches!(
        system.to(&b).call(Who).await,
        Err(CallError::Stopped)
    ));
    assert_eq!(system.dead_letters(), letters + 2);
    a.unregister().await;
    assert_eq!(log.take(), [""; 0], "again: nothing");
}

#[tokio::test(start_paused = true)]
async fn core_053_a_tree_is_declared_in_one_expression() {
    use circuits::component::ChildSpec;
    let system = System::new();
    let app = || {
        Supervisor::one_for_one()
            .child(ChildSpec::new("a", || node(&[])))
            .child(ChildSpec::new("b", || node(&[])))
    };
    let app = system.supervise(app).named("app").await.unwrap();
    let names = async || {
        let list = app.children().list().await.unwrap().into_iter();
        list.map(|child| child.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["a", "b"]);
    app.children().terminate("b").await.unwrap();
    app.children().delete("b").await.unwrap();
    assert_eq!(names().await, ["a"]);
}

#[derive(Event, Debug)]
struct Ready(u32);

/// Is made with an argument; the rest is done when it is in the tree.
#[component(channel = "init")]
struct Init {
    number: u32,
}

impl Init {
    fn new(number: u32) -> Self {
        Self { number }
    }
}

#[component]
impl Init {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        if self.number == 0 {
            return Err(Error::new("a number from 1"));
        }
        cx.fire(Ready(self.number));
        cx.register(node(&[])).named("child").await?;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn core_054_a_constructor_takes_arguments_and_started_may_fire_and_register() {
    let system = System::new();
    let probe = Probe::on(&system, "init").await.unwrap();
    let init = system.supervise(|| Init::new(7)).await.unwrap();
    let ready = probe.expect::<Ready>().within(Duration::from_secs(1));
    assert_eq!(ready.await.unwrap().0, 7);
    assert_eq!(init.children().count().await.unwrap().active, 1);
    let refused = system.supervise(|| Init::new(0)).await;
    assert!(
        matches!(refused, Err(StartError::Failed { .. })),
        "{refused:?}"
    );
}
