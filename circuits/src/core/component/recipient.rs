//! What `to`, `monitor` and `link` take: an address, or one life of it.

use std::num::NonZeroU64;
use std::sync::Arc;

use crate::core::component::{Address, Cell, Component, Incarnation};

/// A component, or one life of it: an [`Address`] or an [`Incarnation`].
///
/// Sealed; a reference to one is one as well.
///
/// # Examples
///
/// ```
/// use circuits::component::{Handles, Recipient};
/// use circuits::prelude::*;
///
/// #[derive(Event)]
/// struct Ping;
///
/// fn ping<R: Recipient>(system: &System, recipient: &R)
/// where
///     R::Component: Handles<Ping>,
/// {
///     system.to(recipient).fire(Ping);
/// }
/// # #[component]
/// # struct Pong;
/// # #[component]
/// # impl Pong {
/// #     #[handler("ping")]
/// #     fn ping(&mut self, _event: &Ping) {}
/// # }
/// # async fn both(system: System, pong: Address<Pong>) {
/// ping(&system, &pong);
/// ping(&system, &pong.incarnation());
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no address of a component",
    label = "expected an `Address` or an `Incarnation`",
    note = "`supervise(..)`, `register(..)` and `cx.address()` give the address of a component; \
            fire on a channel where there is none"
)]
#[expect(
    private_bounds,
    reason = "sealed: where a component is kept is no concern of users"
)]
pub trait Recipient: Locate<Self::Component> {
    /// The type of the component.
    type Component: Component;
}

/// The number of a life, where only that one counts.
pub(crate) type OneLife = Option<NonZeroU64>;

pub(crate) trait Locate<C: Component> {
    fn cell(&self) -> &Arc<Cell<C>>;
    fn one_life(&self) -> OneLife;
}

impl<C: Component> Recipient for Address<C> {
    type Component = C;
}

impl<C: Component> Locate<C> for Address<C> {
    fn cell(&self) -> &Arc<Cell<C>> {
        Self::cell(self)
    }

    fn one_life(&self) -> OneLife {
        None
    }
}

impl<C: Component> Recipient for Incarnation<C> {
    type Component = C;
}

impl<C: Component> Locate<C> for Incarnation<C> {
    fn cell(&self) -> &Arc<Cell<C>> {
        self.address().cell()
    }

    fn one_life(&self) -> OneLife {
        Some(self.number())
    }
}

#[diagnostic::do_not_recommend]
impl<R: Recipient> Recipient for &R {
    type Component = R::Component;
}

#[diagnostic::do_not_recommend]
impl<R: Recipient> Locate<R::Component> for &R {
    fn cell(&self) -> &Arc<Cell<R::Component>> {
        R::cell(self)
    }

    fn one_life(&self) -> OneLife {
        R::one_life(self)
    }
}
