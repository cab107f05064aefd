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
    /// Whether it takes `&Context<Self>`.
    pub(crate) context: bool,
}

/// Judges a head; `None` if it can't be called as a handler.
pub(crate) fn check(signature: &Signature, errors: &mut Errors) -> Option<Parameters> {
    let plain = check_modifiers(signature, errors);
    let exclusive = check_receiver(signature, errors);
    let rest = check_rest(signature, errors);
    let (input, context) = rest?;
    plain.then_some(Parameters {
        exclusive: exclusive?,
        input,
        context,
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

fn check_rest(signature: &Signature, errors: &mut Errors) -> Option<(Input, bool)> {
    let parameters: Vec<&PatType> = signature
        .inputs
        .iter()
        .filter_map(|argument| match argument {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        })
        .collect();
    let is_context = |parameter: &PatType| match types::peel(&parameter.ty) {
        Type::Reference(reference) => types::is_named(&reference.elem, "Context"),
        ty => types::is_named(ty, "Context"),
    };
    match parameters.as_slice() {
        [] => Some((Input::Named, false)),
        [context] if is_context(context) => {
            check_context(context, errors).then_some((Input::Named, true))
        }
        [event] => Some((check_event(event, errors)?, false)),
        [context, event] if is_context(context) => {
            let message = if is_context(event) {
                "the context comes once: write `(&mut self, event: &E, cx: &Context<Self>)`"
            } else {
                "the event comes before the context: write `(&mut self, event: &E, cx: \
                 &Context<Self>)`"
            };
            errors.on(event, message);
            None
        }
        [event, context] if is_context(context) => {
            let input = check_event(event, errors);
            check_context(context, errors).then_some((input?, true))
        }
        [_, other] => {
            let message = "after the event comes only the context: write `cx: &Context<Self>`, \
                           or a handler for each event";
            errors.on(other, message);
            None
        }
        [_, _, extra, ..] => {
            let message = "a handler takes an event and a context at most: remove this parameter";
            errors.on(extra, message);
            None
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

fn check_context(context: &PatType, errors: &mut Errors) -> bool {
    let shared = match types::peel(&context.ty) {
        Type::Reference(reference) => {
            reference.mutability.is_none() && reference.lifetime.is_none()
        }
        _ => false,
    };
    if !shared {
        errors.on(
            &context.ty,
            "a handler borrows its context: write `&Context<Self>`",
        );
    }
    shared
}
