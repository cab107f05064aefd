//! What the code may not name: tasks, clock and chance outside of `runtime`,
//! unbounded queues, global state, unsafe code, `select!` without an order.

use proc_macro2::{TokenStream, TokenTree};

use super::paths::{Place, offences};
use super::{Offence, Source, check, refuses, sources};

#[test]
fn only_the_runtime_spawns_reads_the_clock_and_draws_random_numbers() {
    check(sources("circuits/src/core", ".rs"), runtime_work_elsewhere);
}

#[test]
fn every_queue_has_a_bound() {
    check(sources("circuits/src", ".rs"), unbounded_queues);
}

#[test]
fn every_select_is_biased() {
    check(sources("circuits/src", ".rs"), unbiased_selects);
}

#[test]
fn the_library_has_no_global_state() {
    check(sources("circuits/src", ".rs"), global_state);
    check(sources("circuits-macros/src", ".rs"), global_state);
}

#[test]
fn no_code_is_unsafe() {
    check(sources("", ".rs"), unsafe_code);
}

/// Unit tests may pause the clock and spawn: nothing of theirs is simulated.
fn runtime_work_elsewhere(source: &Source) -> Vec<Offence> {
    const ROOTS: [&str; 7] = [
        "tokio::spawn",
        "tokio::task",
        "tokio::time",
        "tokio::runtime",
        "rand",
        "fastrand",
        "getrandom",
    ];
    const ENDS: [&str; 7] = [
        "Instant::now",
        "SystemTime::now",
        "thread::spawn",
        "thread::sleep",
        "thread::scope",
        "thread::Builder",
        "thread::Builder::new",
    ];
    if source.path.starts_with("circuits/src/core/runtime") {
        return Vec::new();
    }
    offences(source, |path| {
        let written = path.segments.join("::");
        let is_whole_tokio = path.is_import() && written == "tokio";
        let is_clock = matches!(path.place, Place::Member) && written == "elapsed";
        // The module of the same name, `crate::rand`, would not start the path.
        let is_root = ROOTS.iter().any(|root| path.starts_with(root));
        // A variable may be called `rand`; a crate is followed by `::` or imported.
        let is_name = path.segments.len() == 1 && !path.is_import();
        let is_offence = is_whole_tokio
            || is_clock
            || (is_root && !is_name)
            || ENDS.iter().any(|end| path.ends_with(end))
            || path.segments.iter().any(|s| s == "RandomState");
        (!path.is_in_tests() && is_offence).then(|| format!("`{written}` belongs to `runtime`"))
    })
}

fn unbounded_queues(source: &Source) -> Vec<Offence> {
    const NAMES: [&str; 3] = ["unbounded_channel", "UnboundedSender", "UnboundedReceiver"];
    offences(source, |path| {
        let is_std = path.starts_with("std::sync::mpsc")
            && matches!(
                path.segments.get(3).map(String::as_str),
                None | Some("channel" | "Sender" | "*")
            );
        let is_offence = is_std
            || path.segments.iter().any(|s| NAMES.contains(&s.as_str()))
            || (path.segments.len() > 1 && path.ends_with("unbounded"))
            || (path.ends_with("mpsc::channel") && matches!(path.place, Place::CallOfNothing));
        is_offence.then(|| format!("`{}` has no bound", path.segments.join("::")))
    })
}

fn unbiased_selects(source: &Source) -> Vec<Offence> {
    offences(source, |path| {
        let Place::Macro(body) = &path.place else {
            return None;
        };
        let first = body
            .clone()
            .into_iter()
            .next()
            .map(|token| token.to_string());
        (path.ends_with("select") && first.as_deref() != Some("biased"))
            .then(|| "`select!` without `biased;` polls in random order".to_owned())
    })
}

fn global_state(source: &Source) -> Vec<Offence> {
    let mut found = offences(source, |path| {
        let is_macro = matches!(path.place, Place::Macro(_));
        (is_macro && path.ends_with("thread_local"))
            .then(|| "`thread_local!` is global state".to_owned())
    });
    each_level(source.tokens(), &mut |tokens| {
        for (at, token) in tokens.iter().enumerate() {
            let is_lifetime = at > 0 && tokens[at - 1].to_string() == "'";
            if !is_word(token, "static") || is_lifetime {
                continue;
            }
            let words = words_of_the_type(&tokens[at + 1..]);
            if let Some(word) = words.iter().find(|word| is_mutable_inside(word)) {
                let why = format!("a `static` with `{word}` is global state");
                found.push(source.offence(token.span().start().line, why));
            }
        }
    });
    found
}

fn unsafe_code(source: &Source) -> Vec<Offence> {
    let mut found = Vec::new();
    each_level(source.tokens(), &mut |tokens| {
        let unsafes = tokens.iter().filter(|token| is_word(token, "unsafe"));
        found.extend(unsafes.map(|t| source.offence(t.span().start().line, "`unsafe`")));
    });
    found
}

fn is_mutable_inside(word: &str) -> bool {
    [
        "mut", "ref", "Mutex", "RwLock", "OnceLock", "LazyLock", "Lazy", "Once",
    ]
    .contains(&word)
        || word.ends_with("Cell")
        || word.starts_with("Atomic")
        || word.starts_with("ArcSwap")
}

/// The words between `static` and its `=`.
fn words_of_the_type(tokens: &[TokenTree]) -> Vec<String> {
    let mut words = Vec::new();
    let ends =
        |token: &TokenTree| matches!(token, TokenTree::Punct(p) if "=;".contains(p.as_char()));
    for token in tokens.iter().take_while(|token| !ends(token)) {
        match token {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Group(group) => each_level(group.stream(), &mut |level| {
                words.extend(level.iter().map(ToString::to_string));
            }),
            _ => {}
        }
    }
    words
}

fn is_word(token: &TokenTree, wanted: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == wanted)
}

/// Shows `look` the tokens of each group, the outermost first.
pub(super) fn each_level(tokens: TokenStream, look: &mut dyn FnMut(&[TokenTree])) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    look(&tokens);
    for token in tokens {
        if let TokenTree::Group(group) = token {
            each_level(group.stream(), look);
        }
    }
}

#[test]
fn work_of_the_runtime_in_another_room_is_refused() {
    let refuses = |path, text, lines: &[usize]| refuses(runtime_work_elsewhere, path, text, lines);
    let file = "circuits/src/core/system/mod.rs";
    refuses(
        file,
        "fn f() {\n    tokio::spawn(g());\n    ::tokio::task::spawn_blocking(h);\n}",
        &[2, 3],
    );
    refuses(
        file,
        "use tokio::{\n    sync::Notify,\n    time::sleep,\n    task,\n};",
        &[3, 4],
    );
    refuses(
        file,
        "use tokio;\nuse tokio::runtime::Handle;\nuse std::time::Instant;",
        &[1, 2],
    );
    refuses(
        file,
        "fn f() {\n    Instant::now();\n    std::time::SystemTime::now();\n    t.elapsed();\n}",
        &[2, 3, 4],
    );
    refuses(
        file,
        "use rand::Rng;\nuse std::hash::RandomState;\nfn f() { fastrand::u64(..); }",
        &[1, 2, 3],
    );
    refuses(
        file,
        "fn f() {\n    std::thread::spawn(g);\n    select! { biased; _ = tokio::time::sleep(d) => {} }\n}",
        &[2, 3],
    );
    refuses(
        file,
        "// tokio::spawn\nconst A: &str = \"Instant::now()\";\nfn f(rand: u64) { g(rand); cx.spawn(h()) }",
        &[],
    );
    refuses(file, "mod tests { fn f() { tokio::time::pause(); } }", &[]);
    refuses(
        "circuits/src/core/runtime/mod.rs",
        "fn f() { tokio::spawn(g()); }",
        &[],
    );
}

#[test]
fn a_queue_without_a_bound_is_refused() {
    let refuses =
        |text, lines: &[usize]| refuses(unbounded_queues, "circuits/src/net/tcp.rs", text, lines);
    refuses(
        "use tokio::sync::mpsc;\nfn f() { mpsc::channel(1); mpsc::channel::<u8>(1); }",
        &[],
    );
    refuses(
        "use tokio::sync::mpsc;\nfn f() { mpsc::unbounded_channel(); }",
        &[2],
    );
    refuses("use tokio::sync::mpsc::{Sender, UnboundedSender};", &[1]);
    refuses(
        "fn f() {\n    futures::channel::mpsc::unbounded();\n    mpsc::channel::<Vec<u8>>();\n}",
        &[2, 3],
    );
    refuses(
        "use std::sync::mpsc;\nuse std::sync::mpsc::channel;\nuse std::sync::mpsc::sync_channel;",
        &[1, 2],
    );
}

#[test]
fn a_select_without_an_order_is_refused() {
    let refuses =
        |text, lines: &[usize]| refuses(unbiased_selects, "circuits/src/net/tcp.rs", text, lines);
    refuses("fn f() { tokio::select! { biased; _ = a => {} } }", &[]);
    refuses(
        "fn f() {\n    tokio::select! { _ = a => {} }\n    select!(b = c => {});\n}",
        &[2, 3],
    );
    refuses(
        "fn f() { select! { biased; _ = a => {\n    select! { _ = b => {} }\n} } }",
        &[2],
    );
}

#[test]
fn global_state_is_refused() {
    let refuses =
        |text, lines: &[usize]| refuses(global_state, "circuits/src/core/id.rs", text, lines);
    refuses(
        "static NAMES: &[&'static str] = &[];\nfn f(a: &'static Mutex<u8>) -> u8 { 0 }",
        &[],
    );
    refuses(
        "static mut A: u8 = 0;\nstatic B: AtomicU64 = AtomicU64::new(0);",
        &[1, 2],
    );
    refuses(
        "fn f() {\n    static C: (u8, [OnceCell<u8>; 1]) = g();\n}",
        &[2],
    );
    refuses(
        "pub static D: std::sync::LazyLock<u8> = LazyLock::new(|| 0);",
        &[1],
    );
    refuses(
        "std::thread_local! { static E: Cell<u8> = Cell::new(0); }",
        &[1],
    );
    refuses(
        "fn f() { quote! { static F: ::std::sync::RwLock<u8> = g(); } }",
        &[1],
    );
}

#[test]
fn unsafe_code_is_refused() {
    let refuses = |text, lines: &[usize]| refuses(unsafe_code, "benches/src/lib.rs", text, lines);
    refuses(
        "#![forbid(unsafe_code)]\n// unsafe\nconst A: &str = \"unsafe\";",
        &[],
    );
    refuses(
        "fn f() {\n    unsafe { g() }\n}\nunsafe impl Send for A {}",
        &[2, 4],
    );
    refuses("fn f() { m!(unsafe {}) }", &[1]);
}
