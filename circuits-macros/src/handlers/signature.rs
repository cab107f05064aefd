//! Judges the head of a handler: what it is, what it borrows, what it takes.

use quote::ToTokens;
use syn::{FnArg, PatType, Receiver, ReceiverKind, Safety, Signature, Type, TypeReference};

use super::types;
use crate::errors::Errors;
use crate::name;

/// The event that a handler takes.
pub(crate) enum Input {
    /// `&E`: events of one type.
    Typed(Box<Type>),
    /// No event parameter: any event of the name.
    Named,
    /// `&AnyEvent`: any event of the name, or of any name.
    Any,
}

/// What stands between the parentheses of a handler.
pub(crate) struct Parameters {
    /// Whether it takes `&mut self`.
    pub(crate) exclusive: bool,
    /// The event it takes.
    pub(crate) input: Input,
    /// Whether it takes `&Origin`.
    pub(crate) origin: bool,
    /// Whether it takes `&Context<Self>`.
    pub(crate) context: bool,
}

/// Judges a head; `None` if it can't be called as a handler.
pub(crate) fn check(signature: &Signature, errors: &mut Errors) -> Option<Parameters> {
    let plain = check_modifiers(signature, errors);
    let exclusive = check_receiver(signature, errors);
    let rest = check_rest(signature, errors);
    let rest = rest?;
    plain.then_some(Parameters {
        exclusive: exclusive?,
        input: rest.input,
        origin: rest.origin,
        context: rest.context,
    })
}

fn check_modifiers(signature: &Signature, errors: &mut Errors) -> bool {
    let mut plain = true;
    let mut refuse = |tokens: &dyn ToTokens, message: &str| {
        errors.on(tokens.to_token_stream(), message);
        plain = false;
    };
    if let Some(token) = &signature.constness {
        refuse(token, "a handler can't be `const`: remove it");
    }
    match &signature.safety {
        Safety::Default => {}
        Safety::Safe(token) => refuse(token, "a handler is safe already: remove `safe`"),
        Safety::Unsafe(token) => {
            refuse(
                token,
                "a handler can't be `unsafe`, as the framework calls it: remove it",
            );
        }
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, "a handler is an ordinary function: remove `extern`");
    }
    if !signature.generics.params.is_empty() {
        refuse(
            &signature.generics,
            "a handler can't be generic: put the parameters on the impl block, or write one \
             handler for each type",
        );
    } else if let Some(clause) = &signature.generics.where_clause {
        refuse(
            clause,
            "a handler has no bounds of its own: move them to the impl block",
        );
    }
    plain
}

fn check_receiver(signature: &Signature, errors: &mut Errors) -> Option<bool> {
    let Some(receiver) = signature.receiver() else {
        let message = "a handler is a method: write `&mut self` or `&self` as its first parameter";
        errors.on(&signature.ident, message);
        return None;
    };
    let exclusive = exclusive(receiver);
    if exclusive.is_none() {
        let message = "a handler borrows its component: write `&mut self`, or `&self` to let \
                       other `&self` handlers run meanwhile";
        errors.on(receiver, message);
    }
    exclusive
}

fn exclusive(receiver: &Receiver) -> Option<bool> {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => match types::peel(ty) {
            Type::Reference(reference)
                if reference.lifetime.is_none() && types::is_named(&reference.elem, "Self") =>
            {
                Some(reference.mutability.is_some())
            }
            _ => None,
        },
        _ => None,
    }
}

/// What stands after `self`.
struct Rest {
    input: Input,
    origin: bool,
    context: bool,
}

fn check_rest(signature: &Signature, errors: &mut Errors) -> Option<Rest> {
    let mut parameters = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        })
        .peekable();
    let event = parameters.next_if(|parameter| Kind::of(parameter) == Kind::Event);
    let origin = parameters.next_if(|parameter| Kind::of(parameter) == Kind::Origin);
    let context = parameters.next_if(|parameter| Kind::of(parameter) == Kind::Context);
    if let Some(extra) = parameters.next() {
        let last = parameters.next().is_none();
        let message = match Kind::of(extra) {
            Kind::Context => {
                "the context comes once: write `(&mut self, event: &E, cx: &Context<Self>)`"
            }
            Kind::Origin => {
                "the origin comes once, before the context: write `(&mut self, event: &E, origin: \
                 &Origin, cx: &Context<Self>)`"
            }
            Kind::Event if event.is_none() && last => {
                "the event comes before the context: write `(&mut self, event: &E, cx: \
                 &Context<Self>)`"
            }
            Kind::Event if origin.is_none() && context.is_none() && last => {
                "after the event come only `origin: &Origin` and `cx: &Context<Self>`: remove \
                 this, or write a handler for each event"
            }
            Kind::Event => {
                "a handler takes an event, its origin and a context at most: remove this parameter"
            }
        };
        errors.on(extra, message);
        return None;
    }
    let input = match event {
        Some(event) => check_event(event, errors),
        None => Some(Input::Named),
    };
    let origin = origin.map(|origin| check_borrowed(origin, "the origin", "&Origin", errors));
    let context =
        context.map(|context| check_borrowed(context, "its context", "&Context<Self>", errors));
    let borrowed = origin != Some(false) && context != Some(false);
    Some(Rest {
        input: input.filter(|_| borrowed)?,
        origin: origin.is_some(),
        context: context.is_some(),
    })
}

/// What a parameter is, by the name of its type.
#[derive(PartialEq)]
enum Kind {
    Event,
    Origin,
    Context,
}

impl Kind {
    fn of(parameter: &PatType) -> Self {
        let ty = match types::peel(&parameter.ty) {
            Type::Reference(reference) => &*reference.elem,
            ty => ty,
        };
        match types::last_segment(ty) {
            Some(segment) if segment.ident == "Context" => Self::Context,
            Some(segment) if segment.ident == "Origin" => Self::Origin,
            _ => Self::Event,
        }
    }
}

fn check_event(event: &PatType, errors: &mut Errors) -> Option<Input> {
    let message = match types::peel(&event.ty) {
        Type::Reference(reference) => match borrowed(reference) {
            Ok(input) => return Some(input),
            Err(message) => message,
        },
        ty => format!(
            "a handler borrows the event, as others may hear it as well: write `&{}`",
            name::text(ty)
        ),
    };
    errors.on(&event.ty, message);
    None
}

fn borrowed(reference: &TypeReference) -> Result<Input, String> {
    let ty = types::peel(&reference.elem);
    if reference.mutability.is_some() {
        let ty = name::text(ty);
        return Err(format!(
            "others may hear this event as well, so it can't change: write `&{ty}`"
        ));
    }
    if reference.lifetime.is_some() {
        let ty = name::text(ty);
        return Err(format!(
            "the event is lent for this call only: write `&{ty}`"
        ));
    }
    match ty {
        Type::ImplTrait(_) | Type::TraitObject(_) => Err(String::from(
            "a handler names the type of its event: write `&E`, or `&AnyEvent` for events of any \
             type",
        )),
        _ if types::is_named(ty, "AnyEvent") => Ok(Input::Any),
        _ => Ok(Input::Typed(Box::new(ty.clone()))),
    }
}

fn check_borrowed(parameter: &PatType, what: &str, write: &str, errors: &mut Errors) -> bool {
    let shared = match types::peel(&parameter.ty) {
        Type::Reference(reference) => {
            reference.mutability.is_none() && reference.lifetime.is_none()
        }
        _ => false,
    };
    if !shared {
        let message = format!("a handler borrows {what}: write `{write}`");
        errors.on(&parameter.ty, message);
    }
    shared
}
