//! The files of the client, and which others each of them uses.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Item, UseTree, Visibility,
    visit::{self, Visit},
};

/// One file below `src/`.
pub(crate) struct Source {
    /// Relative to the repository.
    pub(crate) path: String,
    /// Its module, such as `amqp::proton::sender`; empty for the crate itself.
    pub(crate) module: String,
    pub(crate) lines: usize,
    /// It is compiled only for tests.
    pub(crate) is_test: bool,
    /// It is a table and little else: its first line or its folder says so.
    pub(crate) is_table: bool,
    file: syn::File,
}

/// A use of one file by another.
pub(crate) struct Use {
    pub(crate) from: String,
    pub(crate) to: String,
    /// A `pub use`, which only re-exports the name.
    pub(crate) is_re_export: bool,
}

impl Source {
    /// All files of the client.
    pub(crate) fn all() -> Vec<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        collect(&root, &mut files);
        assert!(files.len() > 50, "the files of the client are below {}", root.display());
        files.iter().map(|path| Self::read(&root, path)).collect()
    }

    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let relative = path.strip_prefix(root).unwrap();
        let names: Vec<_> = relative
            .with_extension("")
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .filter(|name| name != "mod" && name != "lib")
            .collect();
        let is_test = names.iter().any(|name| name == "tests" || name == "golden")
            || names.first().is_some_and(|name| name == "simulation");
        Self {
            path: format!("src/{}", relative.display()),
            module: names.join("::"),
            lines: text.lines().count(),
            is_test,
            is_table: text.contains("//! A table"),
            file: syn::parse_file(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        }
    }

    /// The other files that this one uses, by `use` or by a path in its code, outside of tests.
    pub(crate) fn uses(&self, all: &[Self]) -> Vec<Use> {
        let mut paths = Paths::default();
        for item in &self.file.items {
            paths.visit_item(item);
        }
        let mut uses = Vec::new();
        for (path, is_re_export) in paths.found {
            if let Some(path) = self.absolute(&path) {
                let to = resolve(&path, all);
                if to != self.module {
                    uses.push(Use { from: self.module.clone(), to, is_re_export });
                }
            }
        }
        uses
    }

    /// The path from the root of the crate; nothing if it leads out of the crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut module: Vec<String> =
            self.module.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" | "amqp_messenger" => return Some(rest[1..].to_vec()),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    module.pop()?;
                    rest = &rest[1..];
                }
            }
            // A child module, in `use child::Name`.
            _ => {}
        }
        Some([module, rest.to_vec()].concat())
    }
}

/// The file that defines what a path names: the longest module in it, through re-exports.
fn resolve(path: &[String], all: &[Source]) -> String {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (0..=path.len())
            .rev()
            .find(|&length| {
                length == 0 || all.iter().any(|s| s.module == path[..length].join("::"))
            })
            .unwrap_or(0);
        let module = path[..length].join("::");
        let (Some(name), Some(source)) =
            (path.get(length), all.iter().find(|source| source.module == module))
        else {
            return module;
        };
        let Some(origin) = re_exported(source, name) else { return module };
        path = source.absolute(&origin).unwrap_or(origin);
    }
    panic!("{} leads nowhere", path.join("::"));
}

/// The path of a name that a module re-exports.
fn re_exported(source: &Source, name: &str) -> Option<Vec<String>> {
    source.file.items.iter().find_map(|item| {
        let Item::Use(item) = item else { return None };
        if matches!(item.vis, Visibility::Inherited) {
            return None;
        }
        let mut paths = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut paths);
        paths.into_iter().find(|(_, alias)| alias == name).map(|(path, _)| path)
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

#[derive(Default)]
struct Paths {
    /// Paths, and whether they are only re-exported.
    found: Vec<(Vec<String>, bool)>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_re_export = !matches!(item.vis, Visibility::Inherited);
        let mut paths = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut paths);
        self.found.extend(paths.into_iter().map(|(path, _)| (path, is_re_export)));
    }

    /// The `super` of `pub(super)` is not a use.
    fn visit_visibility(&mut self, _visibility: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if matches!(names[0].as_str(), "crate" | "super" | "amqp_messenger") {
            self.found.push((names, false));
        }
        visit::visit_path(self, path);
    }
}

/// The paths of a `use`, each with the name that it gets.
fn flatten(tree: &UseTree, prefix: &mut Vec<String>, paths: &mut Vec<(Vec<String>, String)>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, paths);
            prefix.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            let alias = prefix.last().cloned().unwrap_or_default();
            paths.push((prefix.clone(), alias));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            paths.push(([&prefix[..], std::slice::from_ref(&name)].concat(), name));
        }
        UseTree::Rename(rename) => {
            let name = rename.ident.to_string();
            paths.push(([&prefix[..], &[name]].concat(), rename.rename.to_string()));
        }
        UseTree::Glob(_) => paths.push((prefix.clone(), String::new())),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, paths);
            }
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether it is compiled only for tests, or only for the fuzz targets.
fn is_test(attribute: &Attribute) -> bool {
    let is_cfg = attribute.path().is_ident("cfg");
    let tokens = match &attribute.meta {
        syn::Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    };
    is_cfg && (tokens.contains("test") || tokens.contains("fuzzing"))
}
