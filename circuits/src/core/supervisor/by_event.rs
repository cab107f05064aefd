//! What `#[component]` would write for the components of this room, which must
//! do without it: the macros are a feature.

/// Implements the traits of a component whose handlers are `started` and some
/// that take `&self` and answer an event.
macro_rules! by_event {
    (
        $component:ident $params:tt, $message:ident, $name:literal,
        $($number:literal => $variant:ident($event:ty), $method:ident;)*
    ) => {
        by_event! {
            @component $component $params, $message, $name,
            $($variant($event), $method;)*
        }
        $(by_event! { @handles $component $params, $message, $number => $variant($event) })*
    };
    (
        @component
        $component:ident [$($param:ident: $bound:ident),*], $message:ident, $name:literal,
        $($variant:ident($event:ty), $method:ident;)*
    ) => {
        #[doc(hidden)]
        pub enum $message<$($param: $bound),*> {
            Started(Notice),
            $($variant(Envelope<$event>),)*
            Added(Added<$component<$($param),*>>),
        }

        impl<$($param: $bound),*> Message for $message<$($param),*> {
            fn mode(&self) -> Mode {
                match self {
                    Self::Started(_) | Self::Added(_) => Mode::Exclusive,
                    $(Self::$variant(_) => Mode::Shared,)*
                }
            }

            fn handler(&self) -> &'static str {
                match self {
                    Self::Started(_) => "started",
                    $(Self::$variant(_) => stringify!($method),)*
                    Self::Added(added) => added.handler(),
                }
            }

            fn letter(&self) -> &dyn Letter {
                match self {
                    Self::Started(envelope) => envelope,
                    $(Self::$variant(envelope) => envelope,)*
                    Self::Added(added) => added.letter(),
                }
            }

            fn share(self) -> (AnyEvent, Self) {
                match self {
                    Self::Started(envelope) => envelope.share(Self::Started),
                    $(Self::$variant(envelope) => envelope.share(Self::$variant),)*
                    Self::Added(added) => added.share(Self::Added),
                }
            }
        }

        impl<$($param: $bound),*> From<Added<$component<$($param),*>>> for $message<$($param),*> {
            fn from(added: Added<$component<$($param),*>>) -> Self {
                Self::Added(added)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($param: $bound),*> Declare for $component<$($param),*> {
            const OPTIONS: Options = Options::new().channel("supervisor");
        }

        #[diagnostic::do_not_recommend]
        impl<$($param: $bound),*> Component for $component<$($param),*> {
            type Message = $message<$($param),*>;
            type State = Shared<Self>;
            const NAME: &'static str = $name;
            const HANDLERS: &'static [Handler<Self>] = &[
                Handler::named("started", "started", $message::Started),
                $(Handler::event::<$event>(stringify!($method), <$event as Event>::NAME),)*
            ];

            async fn exclusive<'a>(
                &'a mut self,
                message: &'a Self::Message,
                cx: &'a mut Context<Self>,
            ) -> Ran {
                if let Some(ran) = cx.begin(message.handler(), message.letter()) {
                    return ran;
                }
                Ran::Done(match message {
                    $message::Started(envelope) => {
                        envelope.answer(Answer::result(self.started(cx).await, Answer::unit))
                    }
                    $message::Added(added) => added.run(self, cx),
                    $($message::$variant(_) => Ok(()),)*
                })
            }

            async fn shared<'a>(
                &'a self,
                message: &'a Self::Message,
                cx: &'a Context<Self>,
            ) -> Result<(), Error> {
                match message {
                    $($message::$variant(envelope) => {
                        let answer = self.$method(envelope.event(), cx).await;
                        envelope.answer(Answer::result(answer, Answer::reply))
                    })*
                    $message::Started(_) | $message::Added(_) => Ok(()),
                }
            }
        }

    };
    (
        @handles
        $component:ident [$($param:ident: $bound:ident),*], $message:ident,
        $number:literal => $variant:ident($event:ty)
    ) => {
        #[diagnostic::do_not_recommend]
        impl<$($param: $bound),*> Handles<$event> for $component<$($param),*> {
            const HANDLERS: &'static [u16] = &[$number];

            fn wrap(_handler: u16, envelope: Envelope<$event>) -> $message<$($param),*> {
                $message::$variant(envelope)
            }
        }
    };
}

pub(crate) use by_event;
