//! What feedback tells, and where.

use circuits::event::{Complete, Exception, Failure, Success};
use circuits::prelude::*;

use crate::support::{Log, settle};

#[derive(Event, Debug)]
#[event(
    reply = String,
    success = "audit",
    failure = "alarm",
    complete = "audit"
)]
struct Order(u32);

#[derive(Event, Debug)]
#[event(reply = Receipt, success)]
struct Pay;

/// Cannot be cloned.
struct Receipt;

#[component(channel = "shop")]
struct Shop;

#[component]
impl Shop {
    #[handler("order")]
    fn order(&mut self, event: &Order) -> Result<String, Error> {
        match event.0 {
            2 => Err(Error::new("sold out")),
            number => Ok(format!("order {number}")),
        }
    }

    #[handler("order", priority = -1)]
    async fn pack(&self, event: &Order) -> Option<String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        (event.0 != 3).then(|| format!("packed {}", event.0))
    }

    #[handler("order", priority = 1)]
    fn gate(&self, event: &Order, cx: &Context<Self>) -> Option<String> {
        (event.0 == 4).then(|| {
            cx.stop_propagation();
            "not today".to_owned()
        })
    }

    #[handler("pay")]
    fn pay(&self, _: &Pay) -> Receipt {
        Receipt
    }
}

/// Writes down what is told, and on which channel.
#[component]
struct Auditor(Log);

#[component]
impl Auditor {
    #[handler("order_success", channel = "audit")]
    fn success(&mut self, event: &Success<Order>) {
        let (number, replies) = (event.event.0, event.replies());
        self.0.add(format_args!("success {number} {replies:?}"));
    }

    #[handler("order_failure", channel = "alarm")]
    fn failure(&mut self, event: &Failure<Order>) {
        self.0.add(format_args!("failure {}", event.error));
    }

    #[handler("order_complete", channel = "audit")]
    fn complete(&mut self, event: &Complete<Order>) {
        self.0.add(format_args!("complete {}", event.event.0));
    }

    #[handler("exception", channel = "*")]
    fn exception(&mut self, event: &Exception) {
        self.0.add(format_args!("exception {}", event.error));
    }

    #[handler("order_success", channel = "shop")]
    fn elsewhere(&mut self) {
        self.0.add("success in the shop");
    }

    #[handler("pay_success", channel = "shop")]
    fn paid(&mut self, _: &Success<Pay>) {
        self.0.add("paid");
    }

    #[handler("*", channel = "audit", priority = 1)]
    fn any(&mut self, event: &AnyEvent) {
        if event.name().starts_with("order") {
            assert_eq!(event.channel(), Some("audit"));
        }
    }
}

async fn told(fire: impl AsyncFnOnce(&System)) -> Vec<String> {
    let (system, log) = (System::new(), Log::default());
    system.register(Shop).await.unwrap();
    system.register(Auditor(log.clone())).await.unwrap();
    fire(&system).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    settle().await;
    log.take()
}

#[tokio::test(start_paused = true)]
async fn core_005_feedback_goes_to_the_channel_that_the_event_names_for_it() {
    let lines = told(async |system| system.on("shop").fire(Order(1)).await).await;
    let success = r#"success 1 ["order 1", "packed 1"]"#;
    assert_eq!(lines, [success, "complete 1"]);
}

#[tokio::test(start_paused = true)]
async fn core_007_success_tells_what_the_handlers_replied_and_the_caller_gets_it_too() {
    let lines = told(async |system| {
        let reply = system.on("shop").call(Order(1)).await;
        assert_eq!(reply.unwrap(), "order 1");
        let all = system.on("shop").call_all(Order(3)).await;
        assert_eq!(all.len(), 1);
    });
    let expected = [
        r#"success 1 ["order 1", "packed 1"]"#,
        "complete 1",
        r#"success 3 ["order 3"]"#,
        "complete 3",
    ];
    let mut lines = lines.await;
    lines.sort_by_key(|line| line.contains('3'));
    assert_eq!(lines, expected);
}

#[tokio::test(start_paused = true)]
async fn core_007_a_stopped_event_tells_what_was_replied_so_far() {
    let lines = told(async |system| system.on("shop").fire(Order(4)).await).await;
    assert_eq!(lines, [r#"success 4 ["not today"]"#, "complete 4"]);
}

#[tokio::test(start_paused = true)]
async fn core_007_replies_that_cannot_be_cloned_are_the_callers_alone() {
    let lines = told(async |system| {
        let Receipt = system.on("shop").call(Pay).await.unwrap();
    });
    assert_eq!(lines.await, ["paid"]);
}

#[tokio::test(start_paused = true)]
async fn core_027_what_nobody_handles_succeeds_with_no_replies_and_is_complete() {
    let lines = told(async |system| {
        system.on("nowhere").fire(Order(9)).await;
        assert_eq!(system.dead_letters(), 1);
    });
    assert_eq!(lines.await, ["success 9 []", "complete 9"]);
}

#[tokio::test(start_paused = true)]
async fn core_008_failure_comes_first_then_exception_then_complete_and_no_success() {
    let lines = told(async |system| system.on("shop").fire(Order(2)).await).await;
    let expected = ["failure sold out", "exception sold out", "complete 2"];
    assert_eq!(lines, expected);
}

#[derive(Event)]
struct Start;

/// What the value has become, for who fired.
#[derive(Event)]
struct Changed(String);

/// Is told by an event of its own when an answer is there, and handles others
/// meanwhile.
#[component(channel = "customer")]
struct Customer(Log);

#[component]
impl Customer {
    #[handler("start")]
    async fn start(&self, _: &Start, cx: &Context<Self>) -> Result<(), Error> {
        self.0.add("fired");
        let value = cx.on("shop").call(Order(1)).await?;
        cx.to(&cx.address()).fire(Changed(value));
        Ok(())
    }

    #[handler("changed")]
    fn changed(&mut self, event: &Changed) {
        self.0.add(format_args!("changed to {}", event.0));
    }
}

#[tokio::test(start_paused = true)]
async fn core_011_who_fired_is_told_when_the_value_is_there() {
    let (system, log) = (System::new(), Log::default());
    system.register(Shop).await.unwrap();
    system.register(Customer(log.clone())).await.unwrap();
    system.on("customer").fire(Start);
    system.on("customer").fire(Start);
    settle().await;
    let expected = ["fired", "fired", "changed to order 1", "changed to order 1"];
    assert_eq!(log.take(), expected);
}
