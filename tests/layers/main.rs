//! Holds the layers: which module may use which, that no two files use each other, and that none is unused.
//!
//! The table below is the architecture. A module that needs another one gets a line here, and
//! docs/development/architecture.md gives the reason.

mod reached;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::{Source, Use};

/// Each module at the top of `src/`, from the highest down, and the modules that it may use.
#[rustfmt::skip]
const LAYERS: [(&str, &[&str]); 28] = [
    ("main", &["cli"]),
    ("cli", &["config", "deadline", "error", "facts", "files", "list", "openpgp", "preflight", "signer", "signing", "status", "stop", "transport", "verify"]),
    ("signer", &["client", "config", "connector", "error", "failover", "journal", "preflight", "random", "secret", "signing", "stop", "transport", "verify"]),
    // Opens connections step by step, and notes what each step learns.
    ("preflight", &["broker", "config", "connection", "connector", "deadline", "error", "facts", "failover", "session", "signing", "transport"]),
    ("journal", &["error", "signing"]),
    ("client", &["broker", "deadline", "error", "signing"]),
    // The only place that knows every protocol.
    ("connector", &["amqp", "config", "connection", "deadline", "error", "failover", "mqtt", "random", "session", "transport"]),
    ("failover", &["broker", "config", "connection", "deadline", "error", "session", "signing"]),
    ("connection", &["broker", "deadline", "error", "session", "signing", "transport"]),
    ("amqp", &["broker", "error", "facts", "session", "signing"]),
    ("mqtt", &["broker", "error", "facts", "session", "signing"]),
    ("session", &["broker", "error", "facts", "signing"]),
    ("broker", &["deadline", "error", "signing"]),
    ("transport", &["config", "deadline", "error", "random", "secret", "stop"]),
    ("status", &["error", "signing"]),
    ("config", &["error"]),
    ("files", &["error", "signing"]),
    ("list", &["config", "error", "signing"]),
    ("verify", &["error", "openpgp"]),
    ("signing", &["error"]),
    ("stop", &["deadline", "error"]),
    ("deadline", &["error"]),
    ("secret", &["error"]),
    ("facts", &[]),
    ("openpgp", &[]),
    ("random", &[]),
    ("error", &[]),
    // Made for the fuzz targets.
    ("fuzzing", &["amqp", "broker", "config", "connector", "deadline", "error", "mqtt", "session", "signer", "signing", "status", "transport", "verify"]),
];

#[test]
fn each_module_uses_only_what_lies_below_it() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        LAYERS.iter().map(|(module, below)| (*module, below.iter().copied().collect())).collect();
    let sources = Source::all();
    let mut wrong = BTreeSet::new();
    for Use { from, to, .. } in uses(&sources) {
        let (user, used) = (top(&from), top(&to));
        let Some(below) = allowed.get(user) else {
            wrong.insert(format!("{user}: has no line in the table of layers"));
            continue;
        };
        if user != used && !below.contains(used) {
            wrong.insert(format!("{from} uses {to}: {user} may not use {used}"));
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n"));
}

/// A line that is not needed would allow an unintended use.
#[test]
fn the_table_allows_no_more_than_is_used() {
    let sources = Source::all();
    let used: BTreeSet<_> = uses(&sources)
        .map(|Use { from, to, .. }| (top(&from).to_owned(), top(&to).to_owned()))
        .collect();
    for (user, below) in LAYERS {
        for module in below {
            let edge = (user.to_owned(), (*module).to_owned());
            assert!(
                used.contains(&edge),
                "{user} no longer uses {module}; remove it from the table"
            );
        }
    }
}

/// Calls point down: the table itself has no circle.
#[test]
fn the_layers_have_an_order() {
    let edges: BTreeMap<String, BTreeSet<String>> = LAYERS
        .iter()
        .map(|(module, below)| {
            ((*module).to_owned(), below.iter().map(ToString::to_string).collect())
        })
        .collect();
    assert_eq!(circle(&edges), None);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let sources = Source::all();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Use { from, to, is_re_export } in uses(&sources) {
        if !is_re_export && from != to {
            edges.entry(from).or_default().insert(to);
        }
    }
    if let Some(circle) = circle(&edges) {
        panic!("these files use each other in a circle: {}", circle.join(" -> "));
    }
}

#[test]
fn files_are_short() {
    let client = Source::all().into_iter().filter(|source| !source.is_table);
    let client = client.map(|source| (source.path, source.lines, 300));
    let others = reached::lengths().into_iter().filter(|(path, _)| !path.starts_with("src/"));
    let others = others.map(|(path, lines)| (path, lines, 400));
    let long: Vec<_> = client
        .chain(others)
        .filter(|(_, lines, most)| lines > most)
        .map(|(path, lines, most)| format!("{path}: {lines} lines, of at most {most}"))
        .collect();
    assert!(long.is_empty(), "these files are too long; split them:\n{}", long.join("\n"));
}

/// The uses between the client's modules; uses in tests do not count.
fn uses(sources: &[Source]) -> impl Iterator<Item = Use> {
    let client = sources.iter().filter(|source| !source.is_test);
    // The crate's root only re-exports names.
    let edges = client.flat_map(|source| source.uses(sources));
    edges.filter(|edge| !edge.from.is_empty() && !edge.to.is_empty())
}

/// The module at the top of `src/` that a file belongs to.
fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// The first circle that is found.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        at: &str,
        edges: &BTreeMap<String, BTreeSet<String>>,
        path: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = path.iter().position(|before| before == at) {
            return Some([&path[start..], &[at.to_owned()]].concat());
        }
        if !done.insert(at.to_owned()) {
            return None;
        }
        path.push(at.to_owned());
        let below = edges.get(at).into_iter().flatten();
        let found = below.filter_map(|next| visit(next, edges, path, done)).next();
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|start| visit(start, edges, &mut Vec::new(), &mut done))
}

#[test]
fn a_circle_is_found() {
    let edge = |from: &str, to: &[&str]| {
        (from.to_owned(), to.iter().map(ToString::to_string).collect::<BTreeSet<_>>())
    };
    let chain = BTreeMap::from([edge("a", &["b", "c"]), edge("b", &["c"])]);
    assert_eq!(circle(&chain), None);
    let ring = BTreeMap::from([edge("a", &["b"]), edge("b", &["c"]), edge("c", &["b"])]);
    assert_eq!(circle(&ring), Some(vec!["b".to_owned(), "c".to_owned(), "b".to_owned()]));
}
