//! Events: their names, keys and sizes, and what is left of them without a type.

use circuits::component::Component;
use circuits::event::{AnyEvent, Boxed, Event, Inline};
use circuits::prelude::*;

use crate::log::Log;

#[derive(Event, Debug, PartialEq)]
#[event(channel = "lamps", priority = -3, reply = u32)]
struct HTTPLampOn2 {
    level: u32,
}

#[derive(Event)]
#[event(name = "lamp-off")]
struct Off;

#[derive(Event, Debug)]
enum Shape {
    Round(#[expect(dead_code, reason = "shown by Debug")] u8),
}

#[derive(Event)]
struct Pair<T: Send + Sync + 'static>(T);

#[derive(Event, Clone)]
struct Large([u64; 64]);

#[derive(Event)]
struct Exact([u64; 6]);

#[derive(Event)]
#[event(boxed)]
struct Forced(u8);

trait Same<T> {}
impl<T> Same<T> for T {}
fn same<A: Same<B>, B>() {}

#[component(channel = "lamps")]
struct Lamp(Log);

#[component]
impl Lamp {
    #[handler("http_lamp_on2")]
    fn on(&mut self, event: &HTTPLampOn2) -> u32 {
        event.level + 1
    }

    #[handler("lamp-off")]
    fn off(&mut self, _: &Off) {
        self.0.add("off");
    }

    #[handler("large")]
    fn large(&mut self, event: &Large) {
        self.0.add(format!("{}", event.0.iter().sum::<u64>()));
    }

    #[handler("forced")]
    fn forced(&mut self, event: &Forced) {
        self.0.add(format!("forced {}", event.0));
    }

    #[handler("exact")]
    fn exact(&mut self, event: &Exact) {
        self.0.add(format!("exact {}", event.0[5]));
    }

    #[handler("pair")]
    fn pair(&mut self, event: &Pair<&'static str>) {
        self.0.add(event.0);
    }
}

#[component(channel = "*")]
struct Spy(Log);

#[component]
impl Spy {
    #[handler("*")]
    fn seen(&mut self, event: &AnyEvent) {
        if event.is::<Off>() {
            assert!(event.downcast_ref::<HTTPLampOn2>().is_none());
        }
        if let Some(on) = event.downcast_ref::<HTTPLampOn2>() {
            let shared = event.downcast::<HTTPLampOn2>().unwrap();
            assert_eq!(*on, *shared);
        }
        let channel = event.channel().unwrap_or("none");
        self.0.add(format!("{} {channel} {event:?}", event.name()));
    }
}

#[test]
fn derive_names_an_event_after_its_type_unless_told() {
    assert_eq!(HTTPLampOn2::NAME, "http_lamp_on2");
    assert_eq!(Off::NAME, "lamp-off");
    assert_eq!(Pair::<u8>::NAME, "pair");
}

#[test]
fn derive_sets_channel_priority_and_reply() {
    assert_eq!(HTTPLampOn2::CHANNEL, Some("lamps"));
    assert_eq!(HTTPLampOn2::PRIORITY, -3);
    same::<<HTTPLampOn2 as Event>::Reply, u32>();
    assert_eq!(Off::CHANNEL, None);
    assert_eq!(Off::PRIORITY, 0);
    same::<<Off as Event>::Reply, ()>();
}

#[test]
fn an_event_waits_by_value_up_to_48_bytes_and_behind_a_pointer_beyond() {
    same::<<Exact as Event>::Slot, Inline<Exact>>();
    same::<<Large as Event>::Slot, Boxed<Large>>();
    same::<<Forced as Event>::Slot, Boxed<Forced>>();
    same::<<Pair<[u64; 64]> as Event>::Slot, Inline<Pair<[u64; 64]>>>();
    assert!(size_of::<<Lamp as Component>::Message>() <= 128);
}

#[tokio::test(start_paused = true)]
async fn events_of_every_size_and_shape_arrive_whole() {
    let (system, log) = (System::new(), Log::default());
    let heard = log.clone();
    let lamp = system.supervise(move || Lamp(heard.clone())).await.unwrap();
    assert_eq!(system.call(HTTPLampOn2 { level: 4 }).await.unwrap(), 5);
    system.on("lamps").fire(Off).await;
    system.on("lamps").fire(Large([2; 64])).await;
    system.to(&lamp).fire(Large([3; 64])).await;
    system.on("lamps").fire(Forced(7)).await;
    system.on("lamps").fire(Exact([9; 6])).await;
    let last = system.on("lamps").fire(Pair("both"));
    last.completed().await.unwrap();
    let expected = ["off", "128", "192", "forced 7", "exact 9", "both"];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_event_without_its_type_still_tells_name_channel_and_value() {
    let (system, log) = (System::new(), Log::default());
    let heard = log.clone();
    system.supervise(move || Spy(heard.clone())).await.unwrap();
    log.take();
    let on = system.fire(HTTPLampOn2 { level: 4 });
    on.completed().await.unwrap();
    system.on("hall").fire(Off).await;
    system.fire(Shape::Round(1)).completed().await.unwrap();
    let expected = [
        "http_lamp_on2 lamps HTTPLampOn2 { level: 4 }",
        "lamp-off hall lamp-off",
        "shape * Round(1)",
    ];
    assert_eq!(log.take(), expected);
}
