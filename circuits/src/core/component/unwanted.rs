//! What a handler can learn about who still wants what it does.

use crate::core::component::{Component, Context};

impl<C: Component> Context<C> {
    /// Tells whether the sender has cancelled the event that is being handled, by
    /// [`Cancel::cancel`](crate::component::Cancel::cancel).
    pub fn is_cancelled(&self) -> bool {
        self.track().is_some_and(|track| track.is_cancelled())
    }

    /// Waits until nobody wants what this handler does: its event is a call whose
    /// caller has gone (its time is over, or it was dropped), or was cancelled.
    ///
    /// That ends nothing by itself: a handler that takes long may use it to end
    /// early. It never comes for an event that nobody waits for and nobody can
    /// cancel, nor to a caller that has a reply already.
    ///
    /// # Cancel safety
    /// Dropped, nothing is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::CallError;
    /// use circuits::prelude::*;
    ///
    /// #[derive(Event)]
    /// #[event(reply = u32)]
    /// struct Search;
    ///
    /// #[component(channel = "library")]
    /// struct Library;
    ///
    /// # async fn look_everywhere() -> u32 {
    /// #     std::future::pending().await
    /// # }
    /// #[component]
    /// impl Library {
    ///     #[handler("search")]
    ///     async fn search(&self, _event: &Search, cx: &Context<Self>) -> Option<u32> {
    ///         tokio::select! {
    ///             found = look_everywhere() => Some(found),
    ///             () = cx.unwanted() => None,
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> circuits::Result<()> {
    /// let system = System::new();
    /// let library = system.supervise(|| Library).await?;
    /// let search = system.on("library").call(Search);
    /// let found = search.timeout(Duration::from_secs(1)).await;
    /// assert!(matches!(found, Err(CallError::TimedOut(_))));
    /// library.stop().await; // at once: the search has ended
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unwanted(&self) {
        let Some(track) = self.track() else {
            return std::future::pending().await;
        };
        if let Some(unwanted) = track.unwanted() {
            unwanted.told().await;
        }
    }
}
