//! Signals of the process, as events.

use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{SignalKind, signal};

use crate::core::component::Handle;
use crate::core::event::{Error, Signal};
use crate::core::reply::Notes;
use crate::core::route::Dispatch;

/// Turns signals into events, and into the end of the system; returns only
/// where signals cannot be listened for.
pub(crate) async fn serve(handle: &Handle) -> Error {
    let (mut interrupt, mut terminate) = match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => return error.into(),
    };
    let mut received = 0_u32;
    loop {
        let number = tokio::select! {
            biased;
            _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
            _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
        };
        match received {
            0 => {
                let default = tokio::select! {
                    biased;
                    default = tell(handle, number) => default,
                    // A handler that hangs must not keep the process from its end.
                    _ = interrupt.recv() => true,
                    _ = terminate.recv() => true,
                };
                if !default {
                    continue;
                }
                handle.shutdown();
            }
            1 => handle.stop(),
            _ => handle.kill(),
        }
        received += 1;
    }
}

/// Fires the signal; tells whether no handler took it over.
async fn tell(handle: &Handle, number: i32) -> bool {
    let mut dispatch = Dispatch::new(Notes::default());
    dispatch.recorded = true;
    let sent = handle.hub.send("*", Signal::new(number), dispatch, || None);
    let Some(delivery) = sent
        .ok()
        .filter(|sent| sent.heard)
        .and_then(|sent| sent.delivery)
    else {
        return true;
    };
    poll_fn(|task| match delivery.poll_done(task) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(_) => Poll::Ready(()),
    })
    .await;
    !delivery.is_stopped()
}
