//! Loading by event: what is loaded, what is refused, what is replaced.

use circuits::loader::{Entry, List, Load, Mistake, Replace, Unload};
use circuits::prelude::*;
use circuits::{Restart, StartError};

use super::{Echo, EchoConfig, Listener, lives, load_error, reload, say, start};
use crate::support::{Log, settle, within};

#[tokio::test(start_paused = true)]
async fn core_120_a_component_is_loaded_by_the_name_of_its_type_and_answers() {
    let system = System::new();
    let loader = start(&system, &Log::default(), None).await;
    let told = Log::default();
    system.register(Listener(told.clone())).await.unwrap();
    let config = EchoConfig {
        prefix: "> ".into(),
        broken: false,
    };
    let front = Entry::new("front", "echo").channel("front");
    let front = front.config_from(&config).unwrap();
    let id = system.to(&loader).call(Load(front)).await.unwrap();
    system
        .to(&loader)
        .call(Load(Entry::new("clock", "clock")))
        .await
        .unwrap();
    assert_eq!(say(&system, "front").await, "> hi from life 1");
    assert_eq!(say(&system, "clock").await, "tick hi");
    let front: Address<Echo> = loader.children().find("front").await.unwrap();
    assert_eq!((front.id(), front.parent()), (id, loader.id()));

    let list = system.to(&loader).call(List).await.unwrap();
    assert_eq!((&*list[0].name, &*list[0].kind), ("front", "echo"));
    system
        .to(&loader)
        .call(Unload("front".into()))
        .await
        .unwrap();
    assert!(front.is_gone());
    assert_eq!(lives(&system).await, [("clock".to_owned(), 1)]);
    settle().await;
    assert_eq!(
        told.take(),
        ["loaded front echo", "loaded clock clock", "unloaded front"]
    );
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn core_120_what_is_missing_or_broken_is_told_and_changes_nothing() {
    let system = System::new();
    let loader = start(&system, &Log::default(), None).await;
    let told = Log::default();
    system.register(Listener(told.clone())).await.unwrap();
    let load = async |entry: Entry| {
        let error = system.to(&loader).call(Load(entry)).await.unwrap_err();
        load_error(error).to_string()
    };
    assert_eq!(
        load(Entry::new("", "ecco").channel("")).await,
        "`name` takes at least one character; the component cannot listen on this channel: a channel name is empty; \
         write a name, or `*` for all channels; no component type is named `ecco`: the catalog \
         has `clock`, `echo`, `port`"
    );
    assert_eq!(
        load(Entry::new("front", "port")).await,
        "the configuration of `front` does not fit: missing field `port`"
    );
    let config = toml::toml! { prefix = ">"  sufix = "<" };
    assert_eq!(
        load(Entry::new("front", "echo").config(config.clone())).await,
        "components of type `echo` have no setting `sufix`"
    );
    assert!(
        load(Entry::new("clock", "clock").config(config))
            .await
            .contains("does not fit")
    );
    let broken = toml::toml! { broken = true };
    assert_eq!(
        load(Entry::new("front", "echo").config(broken)).await,
        "`front` did not start: `front` failed to start: it is broken"
    );
    settle().await;
    assert_eq!(told.take().len(), 7);
    assert!(lives(&system).await.is_empty());
    assert_eq!(loader.children().count().await.unwrap().specs, 0);

    // The names are free.
    system
        .to(&loader)
        .call(Load(Entry::new("front", "clock")))
        .await
        .unwrap();
    assert_eq!(
        load(Entry::new("front", "clock")).await,
        "`front` is loaded already: unload or replace it"
    );
    let error = system.to(&loader).call(Unload("back".into())).await;
    assert_eq!(
        load_error(error.unwrap_err()).to_string(),
        "no component named `back` is loaded"
    );
    let error = system
        .to(&loader)
        .call(Replace(Entry::new("back", "clock")))
        .await;
    assert!(error.is_err());
    let error = reload(&system).await.unwrap_err();
    assert!(matches!(error.faults()[0].mistake(), Mistake::NoFile));
    assert_eq!(lives(&system).await, [("front".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn one_that_replaces_another_keeps_its_place_and_address() {
    let system = System::new();
    let log = Log::default();
    let loader = start(&system, &log, None).await;
    for name in ["first", "second"] {
        let entry = Entry::new(name, "echo").channel(name);
        system.to(&loader).call(Load(entry)).await.unwrap();
    }
    let first: Address<Echo> = loader.children().find("first").await.unwrap();
    let entry = |config| Entry::new("first", "echo").channel("first").config(config);
    let new = entry(toml::toml! { prefix = "new " });
    let id = system.to(&loader).call(Replace(new)).await.unwrap();
    assert_eq!(id, first.id());
    assert_eq!(say(&system, "first").await, "new hi from life 2");
    log.take();

    // What does not start leaves the one before, begun anew.
    let broken = entry(toml::toml! { broken = true });
    let error = system.to(&loader).call(Replace(broken)).await.unwrap_err();
    let error = load_error(error);
    assert_eq!(error.faults().len(), 1, "{error}");
    assert!(matches!(
        error.faults()[0].mistake(),
        Mistake::Start {
            error: StartError::Failed { .. },
            ..
        }
    ));
    assert!(say(&system, "first").await.starts_with("new hi"));
    assert_eq!(log.take(), ["first stopped", "first started"]);

    // Another type is another component, still in the first place.
    let clock = Replace(Entry::new("first", "clock"));
    let id = system.to(&loader).call(clock).await.unwrap();
    assert_ne!(id, first.id());
    assert!(first.is_gone());
    assert_eq!(say(&system, "clock").await, "tick hi");
    let children = loader.children().list().await.unwrap();
    let order: Vec<_> = children.iter().map(|child| &*child.name).collect();
    assert_eq!(order, ["first", "second"]);
}

#[tokio::test(start_paused = true)]
async fn temporary_ones_can_be_replaced_and_unloaded_when_they_have_ended() {
    let system = System::new();
    let loader = start(&system, &Log::default(), None).await;
    let entry = || Entry::new("once", "echo").restart(Restart::Temporary);
    system.to(&loader).call(Load(entry())).await.unwrap();
    let once: Address<Echo> = loader.children().find("once").await.unwrap();
    within(once.stop()).await;
    let list = system.to(&loader).call(List).await.unwrap();
    assert_eq!((list[0].state, list[0].life), (None, 0));
    system.to(&loader).call(Replace(entry())).await.unwrap();
    assert_eq!(say(&system, "echo").await, "hi from life 1");
    system
        .to(&loader)
        .call(Unload("once".into()))
        .await
        .unwrap();
    assert_eq!(loader.children().count().await.unwrap().specs, 0);
}
