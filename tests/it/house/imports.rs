//! Which room may name which: the core's order, the leaves, globs and `super::super`.

use std::collections::HashSet;

use super::paths::{NamedPath, offences};
use super::{Offence, Source, check, refuses, sources};

/// The rooms of the core, lowest first. A room names only the rooms before its
/// own. The order is total, so no ring can pass.
const ROOMS: [&str; 10] = [
    "runtime",
    "id",
    "event",
    "tap",
    "reply",
    "mailbox",
    "route",
    "component",
    "supervisor",
    "system",
];

/// What stands on the core and uses only what a user's crate could.
const LEAVES: [&str; 15] = [
    "bridge",
    "debugger",
    "loader",
    "metrics",
    "net",
    "timer",
    "io",
    "protocols",
    "app",
    "tools",
    "web",
    "node",
    "stream",
    "testing",
    "worker",
];

#[test]
fn imports_between_the_rooms_point_down_only() {
    check(sources("circuits/src/core", ".rs"), imports_that_point_up);
}

#[test]
fn a_leaf_uses_only_what_a_users_crate_could() {
    let exported = exported(&sources("circuits/src", "lib.rs")[0]);
    check(sources("circuits/src", ".rs"), |source| {
        imports_behind_the_front(source, &exported)
    });
}

#[test]
fn every_room_of_the_library_has_a_place_in_the_order() {
    check(sources("circuits/src", ".rs"), room_without_a_place);
}

#[test]
fn no_path_climbs_two_modules() {
    check(sources("", ".rs"), climbs);
}

#[test]
fn globs_stand_in_tests_and_for_preludes_only() {
    check(sources("", ".rs"), globs);
}

fn imports_that_point_up(source: &Source) -> Vec<Offence> {
    let module = source.module();
    let ["core", room, ..] = strs(&module)[..] else {
        return Vec::new();
    };
    let own = place_of(room);
    let why = |path: &NamedPath| {
        let target = path.resolved()?;
        match target[..] {
            ["core", other, ..] if other == room => None,
            ["core", other, ..] => match place_of(other) {
                None => Some(format!("`{other}` is no room: name one of {ROOMS:?}")),
                place if place < own => None,
                _ => Some(format!("`{room}` points up to `{other}`")),
            },
            ["core"] | [] if !path.is_import() => None,
            ["core"] | [] => Some("takes all rooms at once: name the room".to_owned()),
            [other, ..] => Some(format!(
                "`{room}` goes around the rooms by `crate::{other}`"
            )),
        }
    };
    offences(source, why)
}

fn imports_behind_the_front(source: &Source, exported: &HashSet<String>) -> Vec<Offence> {
    let module = source.module();
    let Some(leaf) = strs(&module)
        .first()
        .copied()
        .filter(|m| LEAVES.contains(m))
    else {
        return Vec::new();
    };
    let may_stand_on = |other: &str| match leaf {
        "io" | "net" | "protocols" => other == "stream",
        "web" | "node" => ["stream", "net", "protocols"].contains(&other),
        _ => false,
    };
    let why = |path: &NamedPath| match path.resolved()?[..] {
        [] if !path.is_import() => None,
        [] | ["*", ..] => Some("takes the whole crate: name what is used".to_owned()),
        [other, ..] if other == leaf => None,
        [room @ ("core" | "__private"), ..] => Some(format!(
            "`{leaf}` reaches into `crate::{room}`, which a user's crate cannot"
        )),
        [other, ..] if LEAVES.contains(&other) && !may_stand_on(other) => {
            Some(format!("`{leaf}` leans on `{other}`"))
        }
        [other, ..] if exported.contains(other) => None,
        [other, ..] => Some(format!("`crate::{other}` is not exported")),
    };
    offences(source, why)
}

fn room_without_a_place(source: &Source) -> Vec<Offence> {
    let inner = source.path.trim_start_matches("circuits/src/");
    let parts: Vec<_> = inner.trim_end_matches(".rs").split('/').collect();
    let why = match parts[..] {
        ["core", "mod"] | [_] => return Vec::new(),
        ["core", room, ..] if place_of(room).is_none() => format!("`{room}` is not in {ROOMS:?}"),
        ["core", ..] => return Vec::new(),
        [leaf, ..] if !LEAVES.contains(&leaf) => {
            format!("`{leaf}` is neither core nor in {LEAVES:?}")
        }
        _ => return Vec::new(),
    };
    vec![source.offence(1, why)]
}

fn climbs(source: &Source) -> Vec<Offence> {
    offences(source, |path| {
        let climbs = path
            .segments
            .windows(2)
            .any(|pair| pair[0] == "super" && pair[1] == "super");
        climbs.then(|| "`super::super`: start from `crate`".to_owned())
    })
}

fn globs(source: &Source) -> Vec<Offence> {
    offences(source, |path| {
        let allowed = match strs(&path.segments)[..] {
            [.., "prelude", "*"] => !source.is_library(),
            ["super", "*"] => path.is_in_tests(),
            [.., "*"] => false,
            _ => true,
        };
        (!allowed).then(|| format!("glob import of `{}`", path.segments.join("::")))
    })
}

/// The names that lib.rs makes public at the crate's root.
fn exported(lib: &Source) -> HashSet<String> {
    use syn::{Item, UseTree, Visibility};

    fn spread(tree: &UseTree, names: &mut HashSet<String>) {
        match tree {
            UseTree::Path(path) => spread(&path.tree, names),
            UseTree::Name(name) => _ = names.insert(name.ident.to_string()),
            UseTree::Rename(rename) => _ = names.insert(rename.rename.to_string()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| spread(tree, names)),
            _ => {}
        }
    }
    let mut names = HashSet::new();
    for item in lib.syntax().items {
        let (visibility, name) = match &item {
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => {
                spread(&item.tree, &mut names);
                continue;
            }
            Item::Mod(item) => (&item.vis, &item.ident),
            Item::Fn(item) => (&item.vis, &item.sig.ident),
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Type(item) => (&item.vis, &item.ident),
            _ => continue,
        };
        if matches!(visibility, Visibility::Public(_)) {
            names.insert(name.to_string());
        }
    }
    names
}

fn place_of(room: &str) -> Option<usize> {
    ROOMS.iter().position(|r| *r == room)
}

fn strs(parts: &[String]) -> Vec<&str> {
    parts.iter().map(String::as_str).collect()
}

#[test]
fn an_import_that_points_up_is_refused() {
    let refuses = |path, text, lines: &[usize]| refuses(imports_that_point_up, path, text, lines);
    let table = "circuits/src/core/route/table.rs";
    refuses(
        table,
        "use crate::core::mailbox::Sender;\nuse crate::core::route::Key;\nuse std::fmt;",
        &[],
    );
    refuses(
        table,
        "use crate::core::runtime;\nfn f() { self::g(); super::h() }",
        &[],
    );
    refuses(
        table,
        "use std::fmt;\nuse crate::core::system::System;",
        &[2],
    );
    refuses(
        table,
        "use crate::core::{\n    mailbox::Sender,\n    component::{self as c, Context},\n};",
        &[3],
    );
    refuses(table, "use crate::{core::{id, supervisor}};", &[1]);
    refuses(table, "fn f() {\n    crate::core::system::stop();\n}", &[2]);
    refuses(table, "fn f(s: &crate::core::system::System) {}", &[1]);
    refuses(
        table,
        "fn f() {\n    select! { biased; _ = crate::core::system::stop() => {} }\n}",
        &[2],
    );
    refuses(
        table,
        "macro_rules! m { () => { $crate::core::system::stop() } }",
        &[1],
    );
    refuses(table, "use super::super::system::System;", &[1]);
    refuses(
        table,
        "mod a {\n    use super::super::super::system;\n}",
        &[2],
    );
    refuses(
        table,
        "use crate::core;\nuse crate::core as c;\nuse crate as d;\nuse crate::core::*;",
        &[1, 2, 3, 4],
    );
    refuses(
        table,
        "use crate::prelude::System;\nuse crate::web::Route;",
        &[1, 2],
    );
    refuses("circuits/src/core/id.rs", "use super::event::Event;", &[1]);
    refuses(
        "circuits/src/core/id/mod.rs",
        "use super::event::Event;",
        &[1],
    );
    refuses(
        "circuits/src/core/runtime/mod.rs",
        "use crate::core::id::Id;",
        &[1],
    );
    refuses(
        "circuits/src/core/mod.rs",
        "pub use crate::core::system::System;",
        &[],
    );
}

#[test]
fn a_leaf_that_reaches_into_the_core_is_refused() {
    let lib = Source::new(
        "circuits/src/lib.rs",
        "mod core;\npub mod net;\npub mod protocols;\npub mod stream;\npub mod testing;\nmod secret;\n\
         pub use core::{system::System, event::Name as EventName};\npub type Result<T> = T;",
    );
    let exported = exported(&lib);
    let refuses = |path, text, lines: &[usize]| {
        refuses(
            |s| imports_behind_the_front(s, &exported),
            path,
            text,
            lines,
        );
    };
    let tcp = "circuits/src/net/tcp.rs";
    refuses(
        tcp,
        "use crate::{EventName, Result, System};\nuse crate::net::Close;\nuse super::Read;",
        &[],
    );
    refuses(
        tcp,
        "use crate::System;\nuse crate::core::system::System as S;",
        &[2],
    );
    refuses(tcp, "use super::super::core::id;", &[1]);
    refuses(tcp, "fn f() {\n    crate::__private::call();\n}", &[2]);
    refuses(
        tcp,
        "use crate::secret::X;\nuse crate::*;\nuse crate as c;",
        &[1, 2, 3],
    );
    refuses(tcp, "use crate::protocols::Line;", &[1]);
    refuses(tcp, "use crate::stream::Read;", &[]);
    refuses(
        "circuits/src/stream/mod.rs",
        "use crate::net::TcpServer;",
        &[1],
    );
    refuses(
        "circuits/src/timer/mod.rs",
        "use crate::stream::Read;",
        &[1],
    );
    refuses(
        "circuits/src/web/mod.rs",
        "use crate::net::Read;\nuse crate::protocols::Line;",
        &[],
    );
    refuses(
        "circuits/src/web/mod.rs",
        "use crate::testing::Probe;",
        &[1],
    );
    refuses("circuits/src/core/id.rs", "use crate::core::runtime;", &[]);
}

#[test]
fn a_room_without_a_place_is_refused() {
    refuses(
        room_without_a_place,
        "circuits/src/core/utils/mod.rs",
        "",
        &[1],
    );
    refuses(room_without_a_place, "circuits/src/core/misc.rs", "", &[1]);
    refuses(room_without_a_place, "circuits/src/common/mod.rs", "", &[1]);
    refuses(
        room_without_a_place,
        "circuits/src/core/route/mod.rs",
        "",
        &[],
    );
    refuses(room_without_a_place, "circuits/src/prelude.rs", "", &[]);
}

#[test]
fn a_glob_or_a_climb_is_refused() {
    let file = "circuits/src/core/route/mod.rs";
    refuses(
        climbs,
        file,
        "use super::super::id;\nfn f() { super::g() }",
        &[1],
    );
    refuses(
        globs,
        file,
        "use crate::core::id::*;\nuse crate::prelude::*;\nuse super::*;",
        &[1, 2, 3],
    );
    refuses(globs, file, "mod tests { use super::*; }", &[]);
    refuses(
        globs,
        "circuits/src/core/route/tests.rs",
        "use super::*;\nuse std::fmt::*;",
        &[2],
    );
    refuses(
        globs,
        "examples/src/bin/hello.rs",
        "use circuits::prelude::*;\nuse std::fmt::*;",
        &[2],
    );
}
