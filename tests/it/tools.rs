//! Looking into a running system: text forms, handlers, the tree, what is found in it.

use circuits::component::{ChildState, Handlers};
use circuits::event::{End, Registered};
use circuits::prelude::*;
use circuits::tools::{Inspection, Tree};
use circuits::{AnyAddress, ComponentId};

use crate::support::{Log, settle, within};

#[derive(Event, Debug)]
struct Foo;

#[derive(Event, Debug)]
struct Bar;

#[derive(Event, Debug)]
struct Hang;

#[derive(Event, Debug)]
struct Break;

#[derive(Event, Debug)]
#[event(name = "_hidden")]
struct Hidden;

/// Supervises whatever the tests put below it; writes down its ends.
#[component(channel = "nest")]
struct Nest(Log, &'static str);

#[component]
impl Nest {
    #[handler("foo", "bar", priority = 10)]
    fn both(&mut self) {}

    #[handler("foo", channel = "other", priority = -0.5)]
    fn foo(&mut self, _event: &Foo) {}

    #[handler("_hidden")]
    fn hidden(&mut self, _event: &Hidden) {}

    #[handler("hang")]
    async fn hang(&mut self, _event: &Hang) {
        std::future::pending::<()>().await;
    }

    #[handler("break")]
    fn fail(&mut self, _event: &Break) -> circuits::Result<()> {
        Err(Error::fatal(Error::new("it broke")))
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.0.add(format_args!("{} stopped", self.1));
    }
}

impl Drop for Nest {
    fn drop(&mut self) {
        self.0.add(format_args!("{} dropped", self.1));
    }
}

/// Hears nothing.
#[component]
#[derive(Default)]
struct Leaf;

#[component]
impl Leaf {}

/// Hears everything.
#[component]
#[derive(Default)]
struct All;

#[component]
impl All {
    #[handler("*", channel = "*")]
    fn all(&mut self, _event: &AnyEvent) {}
}

async fn nest(system: &System, name: &str) -> Address<Nest> {
    let log = Log::default();
    let nest = system.supervise(move || Nest(log.clone(), ""));
    nest.named(name).await.unwrap()
}

/// `/a` with `/a/b` and `/a/c`, `/a/b/d` and `/z`.
async fn planted(system: &System) -> [Address<Nest>; 2] {
    let a = nest(system, "a").await;
    let below = a.children();
    let b = below.supervise(|| Nest(Log::default(), "")).named("b");
    let b = b.await.unwrap();
    below.supervise(Leaf::default).named("c").await.unwrap();
    let d = b.children();
    let d = d.supervise(Leaf::default).named("d").channel("deep");
    d.await.unwrap();
    system.supervise(Leaf::default).named("z").await.unwrap();
    [a, b]
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.entries().iter().map(|entry| entry.path()).collect()
}

#[tokio::test]
async fn core_039_a_component_tells_which_handlers_and_events_it_has() {
    let listed = Handlers::of::<Nest>();
    let methods: Vec<_> = listed.iter().map(|handler| handler.method()).collect();
    assert_eq!(
        methods,
        ["both", "foo", "hidden", "hang", "fail", "stopped"]
    );
    assert_eq!(listed.events(), ["foo", "bar", "hang", "break", "stopped"]);
    assert!(listed.handles([]));
    assert!(listed.handles(["bar", "foo", "_hidden"]));
    assert!(!listed.handles(["foo", "nothing"]));
    assert!(Handlers::of::<All>().handles(["nothing"]));
    assert!(Handlers::of::<All>().events().is_empty());
    assert!(Handlers::of::<Leaf>().is_empty());

    let system = System::new();
    let nest = nest(&system, "nest").await;
    assert_eq!(nest.handlers(), listed);
    assert_eq!(nest.to_any().handlers(), listed);
}

#[tokio::test]
async fn core_039_handlers_that_were_added_while_running_are_told_until_they_are_removed() {
    let system = System::new();
    let leaf = system.supervise(Leaf::default).await.unwrap();
    let quiet = |_: &mut Leaf, _: &Foo, _: &Context<Leaf>| Ok(None);
    let first = leaf.add_handler_on("far", 2.5, quiet).unwrap();
    let second = leaf.add_handler(|_: &mut Leaf, _: &Bar, _: &_| Ok(None));
    let handlers = leaf.to_any().handlers();
    assert_eq!(handlers.events(), ["foo", "bar"]);
    assert_eq!(handlers[0].id(), Some(first));
    assert_eq!(
        (handlers[0].channel(), handlers[0].priority()),
        ("far", 2.5)
    );
    assert_eq!(handlers[1].to_string(), "<handler[*][bar] (Leaf.bar)>");

    assert!(leaf.remove_handler(first));
    assert_eq!(leaf.handlers().events(), ["bar"]);
    assert_eq!(leaf.handlers()[0].id(), second.ok());
    leaf.stop().await;
    assert!(leaf.handlers().is_empty());
}

#[tokio::test]
async fn core_040_a_handler_has_a_text_form() {
    let text = |handlers: Handlers| -> Vec<String> {
        handlers.iter().map(|handler| handler.to_string()).collect()
    };
    let texts = text(Handlers::of::<Nest>());
    assert_eq!(texts[0], "<handler[nest][foo,bar][10.00] (Nest.both)>");
    assert_eq!(texts[1], "<handler[other][foo][-0.50] (Nest.foo)>");
    assert_eq!(texts[2], "<handler[nest][_hidden] (Nest.hidden)>");
    assert_eq!(text(Handlers::of::<All>()), ["<handler[*][*] (All.all)>"]);

    // A component may be on another channel than its type.
    let system = System::new();
    let nest = system.register(Nest(Log::default(), "")).channel("a\nb");
    let texts = text(nest.await.unwrap().handlers());
    assert_eq!(texts[0], "<handler[a\\nb][foo,bar][10.00] (Nest.both)>");
    assert_eq!(texts[1], "<handler[other][foo][-0.50] (Nest.foo)>");
}

#[tokio::test(start_paused = true)]
async fn core_056_addresses_and_systems_say_what_they_are() {
    let system = System::new();
    assert_eq!(format!("{system:?}"), "<System [R]>");
    let nest = nest(&system, "n1").await;
    assert_eq!(format!("{nest:?}"), "<Nest/nest n1 (queued=0) [R]>");
    system.on("nest").fire(Hang);
    settle().await;
    system.on("nest").fire(Foo);
    system.on("nest").fire(Foo);
    assert_eq!(nest.to_any().to_string(), "<Nest/nest n1 (queued=2) [R]>");
    assert_eq!(
        (nest.to_any().waiting(), nest.to_any().capacity()),
        (2, 1024)
    );
    within(nest.to_any().kill_branch()).await;
    assert_eq!(format!("{nest:?}"), "<Nest/nest n1 (queued=0) [S]>");
    assert!(!nest.to_any().is_running());

    let unnamed = system.supervise(Leaf::default).named("a\tb\u{2028}");
    let unnamed = unnamed.await.unwrap();
    let text = r"<Leaf/* a\tb\u{2028} (queued=0) [R]>";
    assert_eq!(format!("{unnamed:?}"), text);

    system.stop();
    within(system.join()).await.unwrap();
    assert_eq!(
        format!("{system:?} {:?}", system.handle()),
        "<System [S]> <Handle [S]>"
    );
}

#[tokio::test]
async fn core_056_a_component_is_asked_for_its_children() {
    let system = System::new();
    let [a, _] = planted(&system).await;
    let children = system.children();
    assert!(children.get(&a).await.is_ok());
    assert!(children.get("z").await.is_ok());
    assert!(children.get("c").await.is_err());
    let tree = Tree::of(&system).await;
    assert_eq!(tree.by_type::<Leaf>().count(), 3);
    assert_eq!(tree.by_type::<All>().count(), 0);

    let z = children.get("z").await.unwrap().address;
    assert!(z.is::<Leaf>() && !z.is::<Nest>());
    // It was only looked at: nothing was opened below it.
    assert!(z.children().is_none());
}

#[tokio::test]
async fn core_057_a_listener_on_all_channels_hears_of_every_component() {
    #[component]
    struct Watch(Log);

    #[component]
    impl Watch {
        #[handler("registered", channel = "*")]
        fn registered(&mut self, event: &Registered) {
            self.0
                .add(format_args!("{} below {}", event.name, event.parent));
        }
    }

    let (system, log) = (System::new(), Log::default());
    let watch = system.register(Watch(log.clone())).named("watch");
    watch.await.unwrap();
    let [a, _] = planted(&system).await;
    system.drain();
    within(system.join()).await.unwrap();
    let mut heard = log.take();
    heard.retain(|line| !line.starts_with("watch"));
    let a = a.id();
    assert_eq!(heard.len(), 5);
    assert_eq!(heard[0], "a below #0");
    assert_eq!(heard[1], format!("b below {a}"));
    assert_eq!(heard[2], format!("c below {a}"));
}

#[tokio::test]
async fn core_140_components_are_found_by_type_name_channel_and_path() {
    let system = System::new();
    let [a, b] = planted(&system).await;
    let tree = Tree::of(&system).await;
    assert_eq!(paths(&tree), ["/a", "/a/b", "/a/b/d", "/a/c", "/z"]);

    let found: Vec<_> = tree.by_type::<Nest>().map(|nest| nest.id()).collect();
    assert_eq!(found, [a.id(), b.id()]);
    let deep = tree.by_channel("deep").next().unwrap();
    assert_eq!((deep.path(), deep.depth()), ("/a/b/d", 3));
    assert_eq!(tree.by_channel("nest").count(), 2);
    assert!(tree.by_channel("nothing").next().is_none());
    assert_eq!(tree.by_name("c").next().unwrap().path(), "/a/c");
    assert_eq!(tree.by_path("/a/b/d").next().unwrap().name(), "d");
    assert!(tree.by_path("/d").next().is_none());

    // The root is found from below.
    let d = deep.address();
    let above: Vec<_> = d.ancestors().iter().map(AnyAddress::id).collect();
    assert_eq!(above, [b.id(), a.id()]);
    assert_eq!((d.path().as_str(), d.parent()), ("/a/b/d", b.id()));
    assert!(d.system().children().get("z").await.is_ok());

    let branch = Tree::below(&b).await;
    assert_eq!(paths(&branch), ["/a/b", "/a/b/d"]);
    assert_eq!(branch.entries()[1].depth(), 1);
    b.stop().await;
    assert!(Tree::below(&b).await.entries().is_empty());
    assert_eq!(paths(&Tree::of(&system).await), ["/a", "/a/c", "/z"]);
}

#[tokio::test(start_paused = true)]
async fn a_component_tells_how_it_failed_last() {
    let system = System::with(circuits::Options::new().unlimited_restarts());
    let nest = nest(&system, "n").await.to_any();
    assert!(nest.last_failure().is_none());
    system.fire(Break);
    settle().await;
    let Some(End::Failed(error)) = nest.last_failure() else {
        panic!("{:?}", nest.last_failure());
    };
    assert_eq!(error.to_string(), "it broke");
    let child = nest.listed().await.unwrap();
    assert_eq!((child.life, child.state), (2, ChildState::Running));
    nest.kill();
    settle().await;
    assert!(matches!(nest.last_failure(), Some(End::Killed)));
    nest.stop().await;
    // An end in order is no failure, and hides none.
    assert!(matches!(nest.last_failure(), Some(End::Killed)));
}

#[tokio::test(start_paused = true)]
async fn core_141_a_component_is_inspected_also_while_it_hangs() {
    #[component(channel = "one")]
    struct One;

    #[component]
    impl One {
        #[handler("foo", "bar")]
        async fn hang(&mut self) {
            std::future::pending::<()>().await;
        }

        #[handler("foo", priority = 1)]
        fn foo(&mut self, _event: &Foo) {}
    }

    let system = System::new();
    let one = system.supervise(|| One).named("one").await.unwrap();
    one.children()
        .supervise(Leaf::default)
        .named("leaf")
        .await
        .unwrap();
    one.to_any().kill();
    settle().await;
    for _ in 0..3 {
        system.on("one").fire(Bar);
    }
    settle().await;
    let expected = "<One/one one (queued=2) [R]>
 Path: /one
 State: Running, life 2
 Mailbox: 2 of 1024
 Last failure: it was killed
 Components: 0
 Event Handlers: 2
  foo; 2
   <handler[one][foo,bar] (One.hang)>
   <handler[one][foo][1.00] (One.foo)>
  bar; 1
   <handler[one][foo,bar] (One.hang)>
";
    assert_eq!(within(Inspection::of(&one)).await.to_string(), expected);

    let children = one.children();
    children
        .supervise(Leaf::default)
        .named("a\nb")
        .await
        .unwrap();
    let inspection = Inspection::of(&one).await;
    assert_eq!(inspection.children.len(), 1);
    let text = inspection.to_string();
    assert!(
        text.contains(" Components: 1\n  <Leaf/* a\\nb (queued=0) [R]>\n"),
        "{text}"
    );
    one.to_any().kill_branch().await;
    let gone = Inspection::of(&one).await;
    assert!(gone.listed.is_none());
    assert!(
        gone.to_string().contains(" State: gone, life 2\n"),
        "{gone}"
    );
}

#[tokio::test]
async fn core_143_a_tree_is_walked_with_depths_and_has_edges() {
    let system = System::new();
    let [a, b] = planted(&system).await;
    let tree = Tree::of(&system).await;
    let walked: Vec<_> = tree
        .entries()
        .iter()
        .map(|entry| format!("{} {}", entry.depth(), entry.name()))
        .collect();
    assert_eq!(walked, ["1 a", "2 b", "3 d", "2 c", "1 z"]);
    let id = |path| tree.by_path(path).next().unwrap().id();
    let edges: Vec<_> = tree.edges().collect();
    let (root, a, b) = (ComponentId::ROOT, a.id(), b.id());
    let expected = [
        (root, a),
        (a, b),
        (b, id("/a/b/d")),
        (a, id("/a/c")),
        (root, id("/z")),
    ];
    assert_eq!(edges, expected);
    let below = Tree::below(tree.by_path("/a/b").next().unwrap().address()).await;
    assert_eq!(below.edges().collect::<Vec<_>>(), [(b, id("/a/b/d"))]);
}

#[tokio::test(start_paused = true)]
async fn core_143_a_branch_is_killed_from_the_bottom_up_and_its_siblings_stay() {
    let (system, log) = (System::new(), Log::default());
    let [a, b] = planted(&system).await;
    let c = Tree::of(&system).await.by_path("/a/c").next().cloned();
    let [outer, inner] = ["e", "f"].map(|name| {
        let log = log.clone();
        move || Nest(log.clone(), name)
    });
    let e = b.children().supervise(outer).named("e").await.unwrap();
    let f = e.children().supervise(inner).await.unwrap();
    system.to(&f).fire(Hang);
    system.to(&e).fire(Hang);
    settle().await;

    let kill = e.to_any();
    let (down, ()) = within(async { tokio::join!(f.ended(), kill.kill_branch()) }).await;
    assert!(matches!(down.end, End::Killed));
    assert!(e.is_gone() && f.is_gone());
    // Neither was asked to stop.
    assert_eq!(log.take(), ["f dropped", "e dropped"]);
    assert_eq!(
        paths(&Tree::below(&a).await),
        ["/a", "/a/b", "/a/b/d", "/a/c"]
    );
    assert_eq!((a.life(), b.life(), system.restarts()), (1, 1, 0));
    assert_eq!(c.unwrap().address().life(), 1);
    assert!(f.to_any().listed().await.is_err());
    within(e.to_any().kill_branch()).await;
}

#[tokio::test(start_paused = true)]
async fn core_143_a_branch_may_be_killed_by_a_handler_in_it() {
    #[component(channel = "fuse")]
    struct Fuse;

    #[component]
    impl Fuse {
        #[handler("break")]
        async fn blow(&mut self, _event: &Break, cx: &Context<Self>) {
            let above = cx.address().to_any().ancestors();
            above[0].kill_branch().await;
        }
    }

    let system = System::new();
    let [a, b] = planted(&system).await;
    let fuse = b.children().supervise(|| Fuse).await.unwrap();
    system.to(&fuse).fire(Break);
    within(b.ended()).await;
    assert!(fuse.is_gone());
    assert_eq!(paths(&Tree::below(&a).await), ["/a", "/a/c"]);
}

#[tokio::test]
async fn core_142_the_text_has_the_root_first_and_children_indented() {
    let system = System::new();
    let [a, _] = planted(&system).await;
    let expected = "* <System [R]>
 * <Nest/nest a (queued=0) [R]>
  * <Nest/nest b (queued=0) [R]>
   * <Leaf/deep d (queued=0) [R]>
  * <Leaf/* c (queued=0) [R]>
 * <Leaf/* z (queued=0) [R]>
";
    assert_eq!(Tree::of(&system).await.to_string(), expected);
    a.children().terminate("c").await.unwrap();
    let expected = "* <Nest/nest a (queued=0) [R]>
 * <Nest/nest b (queued=0) [R]>
  * <Leaf/deep d (queued=0) [R]>
 * <Leaf/* c (queued=0) [S]>
";
    assert_eq!(Tree::below(&a).await.to_string(), expected);
}
