//! Judges a block of handlers; what is wrong is reported and left out, the rest goes on.

use std::time::Duration;

use proc_macro2::{Ident, Span};
use quote::{ToTokens, format_ident};
use syn::spanned::Spanned;
use syn::{Attribute, GenericArgument, Generics, ItemImpl, LitStr, Path, PathArguments, Type};

use super::args::Args;
use super::ast::{Block, Method};
use super::returns::{self, Returns, Shape};
use super::signature::{self, Input, Parameters};
use super::{table, types};
use crate::errors::Errors;
use crate::keys::Rule;
use crate::{component, duration, name, place};

/// A component whose handlers can be written.
pub(crate) struct Component {
    /// `#[cfg(..)]` on the block, which what is written follows.
    pub(crate) cfgs: Vec<Attribute>,
    /// The parameters of the block, with `Self` written out.
    pub(crate) generics: Generics,
    /// The component's type.
    pub(crate) own: Type,
    /// Its last segment.
    pub(crate) ident: Ident,
    /// The paths under which the user names `#[handler]`.
    pub(crate) markers: Vec<Path>,
    /// Its handlers.
    pub(crate) handlers: Vec<Handler>,
}

/// How a handler runs beside others of its component.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    /// `&mut self`: alone.
    Exclusive,
    /// `&self`: beside others.
    Shared,
    /// `&self` and `parallel`: on another thread.
    Parallel,
}

/// A name that a handler listens to.
pub(crate) struct Name {
    /// The name.
    pub(crate) text: String,
    /// Where it stands: a literal, or the method's name.
    pub(crate) span: Span,
}

/// A handler that can be written.
pub(crate) struct Handler {
    pub(crate) method: Ident,
    pub(crate) variant: Ident,
    pub(crate) names: Vec<Name>,
    pub(crate) input: Input,
    pub(crate) origin: bool,
    pub(crate) context: bool,
    pub(crate) mode: Mode,
    pub(crate) returns: Returns,
    pub(crate) is_async: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) channel: Option<LitStr>,
    pub(crate) priority: Option<f64>,
    pub(crate) on_error: Option<OnError>,
    /// Whether it hears beside what the component extends.
    pub(crate) also: bool,
}

/// What an error of a handler does.
pub(crate) enum OnError {
    /// One of the variants of `OnError`.
    Always(Ident),
    /// What a function decides.
    Decided(Path),
}

/// Judges a block; `None` if nothing can be written for it.
pub(crate) fn check(block: &Block, errors: &mut Errors) -> Option<Component> {
    let item = &block.item;
    let ident = check_block(item, errors);
    let own = generated(&item.self_ty);
    let mut handlers = Vec::new();
    for method in &block.methods {
        handlers.extend(check_method(method, &own, handlers.len(), errors));
    }
    table::check(&mut handlers, errors);
    name_variants(&mut handlers);
    let cfgs = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    let cfgs = cfgs.cloned().collect();
    let markers = block.markers.clone();
    Some(Component {
        markers,
        cfgs,
        generics: generics(item),
        ident: ident?,
        own,
        handlers,
    })
}

fn check_block(item: &ItemImpl, errors: &mut Errors) -> Option<Ident> {
    if let Some((path, _)) = &item.trait_ {
        let message = format!(
            "handlers stand in a block of their own: write `#[component] impl {}` and keep `impl \
             {}` without it",
            name::text(&item.self_ty),
            name::text(path),
        );
        errors.on(path, message);
        return None;
    }
    if item.generics.lifetimes().next().is_some() {
        component::check_lifetimes(&item.generics, errors);
        return None;
    }
    let Some(segment) = types::last_segment(&item.self_ty) else {
        let message = "a component is a struct or enum: write `impl` and its name";
        errors.on(&item.self_ty, message);
        return None;
    };
    if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
        for argument in &arguments.args {
            if let GenericArgument::Lifetime(lifetime) = argument {
                let message = "a component can't borrow: hold owned data, and remove the lifetime";
                errors.on(lifetime, message);
                return None;
            }
        }
    }
    Some(segment.ident.clone())
}

/// The type as generated code writes it.
fn generated(ty: &Type) -> Type {
    let tokens = place::at(ty.span(), ty.to_token_stream());
    syn::parse2(tokens).unwrap_or_else(|_| ty.clone())
}

fn generics(item: &ItemImpl) -> Generics {
    let mut generics = item.generics.clone();
    if let Some(clause) = &generics.where_clause {
        let tokens = types::without_self(clause.to_token_stream(), &item.self_ty);
        // Writing a type for `Self` leaves a where clause that parses.
        generics.where_clause = syn::parse2(tokens).ok();
    }
    generics
}

fn check_method(method: &Method, own: &Type, index: usize, errors: &mut Errors) -> Option<Handler> {
    let Method { args, signature } = method;
    let parameters = signature::check(signature, errors);
    let names = check_names(args, &signature.ident, errors);
    let channel = args.channel.clone().filter(|literal| {
        name::check_channel(literal)
            .map_err(|error| errors.push(error))
            .is_ok()
    });
    let is_async = signature.asyncness.is_some();
    let timeout = check_timeout(args, is_async, errors);
    let Parameters {
        exclusive,
        input,
        origin,
        context,
    } = parameters?;
    let mode = check_mode(args, exclusive, errors);
    let fits = check_fit(args, &names, &input, errors);
    let returns = returns::check(&signature.output, &input, signature.ident.span(), errors);
    let input = match input {
        Input::Typed(ty) => {
            let tokens = types::without_self(ty.to_token_stream(), own);
            Input::Typed(syn::parse2(tokens).map_or(ty, Box::new))
        }
        other => other,
    };
    let returns = returns?;
    let fallible = timeout.is_some() || matches!(returns.shape, Shape::Result(_));
    let on_error = check_on_error(args, fallible, errors);
    fits.then(|| Handler {
        variant: name::camel(&signature.ident, format!("Handler{index}")),
        method: signature.ident.clone(),
        names,
        input,
        origin,
        context,
        mode,
        returns,
        is_async,
        timeout,
        channel,
        priority: args.priority.as_ref().map(|priority| priority.value),
        on_error,
        also: check_also(args, errors),
    })
}

fn check_names(args: &Args, method: &Ident, errors: &mut Errors) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for literal in &args.names {
        let name = Name {
            text: literal.value(),
            span: literal.span(),
        };
        if let Err(error) = name::check_handler(literal) {
            errors.push(error);
        } else if names.iter().any(|known| known.text == name.text) {
            errors.on(
                literal,
                format!("`{}` is listed twice: keep one", name.text),
            );
        } else {
            names.push(name);
        }
    }
    if args.names.is_empty() {
        names.push(Name {
            text: name::plain(method),
            span: method.span(),
        });
    }
    names
}

fn check_timeout(args: &Args, is_async: bool, errors: &mut Errors) -> Option<Duration> {
    let timeout = args.timeout.as_ref()?;
    if !is_async {
        let message = "only an `async fn` can be stopped in time: make it one, or remove `timeout`";
        errors.at(timeout.key, message);
        return None;
    }
    duration::parse_positive(&timeout.value, "timeout")
        .map_err(|error| errors.push(error))
        .ok()
}

fn check_on_error(args: &Args, fallible: bool, errors: &mut Errors) -> Option<OnError> {
    let on_error = args.on_error.as_ref()?;
    if !fallible {
        let message = "this handler has no error to decide about: return a `Result`, or remove \
                       `on_error`";
        errors.at(on_error.key, message);
        return None;
    }
    match &on_error.value {
        Rule::Function(path) => Some(OnError::Decided(path.clone())),
        Rule::Word(literal) => component::check_on_error(literal)
            .map_err(|error| errors.push(error))
            .map(OnError::Always)
            .ok(),
    }
}

fn check_also(args: &Args, errors: &mut Errors) -> bool {
    if let (Some(key), Some(_)) = (args.also, &args.channel) {
        let message = "a handler with a channel of its own overrides nothing: remove `also`, or \
                       remove `channel`";
        errors.at(key, message);
    }
    args.also.is_some()
}

fn check_mode(args: &Args, exclusive: bool, errors: &mut Errors) -> Mode {
    match args.parallel {
        Some(key) if exclusive => {
            let message = "a handler that runs beside others can't change the component: write \
                           `&self`, or remove `parallel`";
            errors.at(key, message);
            Mode::Exclusive
        }
        Some(_) => Mode::Parallel,
        None if exclusive => Mode::Exclusive,
        None => Mode::Shared,
    }
}

/// Judges the names against the event parameter.
fn check_fit(args: &Args, names: &[Name], input: &Input, errors: &mut Errors) -> bool {
    let wildcard = args.names.iter().find(|literal| literal.value() == "*");
    let (literal, message) = match (wildcard, input) {
        (Some(literal), Input::Any) if names.len() > 1 => (
            literal,
            String::from("`\"*\"` hears every event already: remove the other names"),
        ),
        (Some(literal), Input::Typed(_) | Input::Named) => {
            let message = "`\"*\"` hears every event, of every type: take it as `event: &AnyEvent`";
            (literal, String::from(message))
        }
        (None, Input::Typed(ty)) if names.len() > 1 => {
            let message = format!(
                "`{}` has one name: write a handler for each event, or take `&AnyEvent`",
                name::text(ty)
            );
            (&args.names[1], message)
        }
        _ => return true,
    };
    errors.on(literal, message);
    false
}

/// Makes each variant's name different from the others and from `Added`.
fn name_variants(handlers: &mut [Handler]) {
    let mut taken = vec![format_ident!("Added")];
    for (index, handler) in handlers.iter_mut().enumerate() {
        while taken.contains(&handler.variant) {
            handler.variant = format_ident!("{}{}", handler.variant, index);
        }
        taken.push(handler.variant.clone());
    }
}
