//! What a run wrote: a document, lines of JSON, lines of values, or files.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read},
    path::PathBuf,
};

use serde_json::Value;

use crate::{
    Argument, Error,
    cli::{
        format::Format,
        operation::Asked,
        options::Options,
        output::{Item, Pairs},
    },
    error::{printable, printable_path},
    signing::{Identity, Recorded, decoded, recorded},
};

use super::{Candidates, folder};

/// Where the results are.
pub(super) struct Source {
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
    format: Option<Format>,
}

impl Source {
    /// What the command line says of it, as that of the run did.
    ///
    /// # Errors
    /// [`Error::Argument`] if standard input is both what was signed and the results.
    pub(super) fn of(options: &Options) -> Result<Self, Error> {
        let named = options.output.is_some() || options.output_dir.is_some();
        let lists = options.from.iter().chain(&options.from0);
        let mut items = lists.chain(&options.blob_file).chain(&options.inputs);
        if !named && items.any(|item| item.0 == "-") {
            let problem = "standard input cannot be both what was signed and the results; \
                           name the results by --output";
            return Err(Error::argument(Argument::List, problem));
        }
        let path = |path: &Option<_>| {
            let path: &Option<crate::cli::options::Bytes> = path;
            path.as_ref().map(|path| PathBuf::from(&path.0))
        };
        let raw = options.raw.then_some(Format::Raw);
        Ok(Self {
            file: path(&options.output),
            folder: path(&options.output_dir),
            format: raw.or(options.format),
        })
    }

    /// The values of each pair, and what is wrong besides.
    ///
    /// # Errors
    /// [`Error::InputFile`] if the results cannot be read; [`Error::Argument`] if they are not results of such a run.
    pub(super) fn read(
        &self,
        asked: &Asked,
        pairs: &Pairs<'_>,
    ) -> Result<(Vec<Candidates>, Vec<String>), Error> {
        if let Some(folder) = self.folder.as_ref().filter(|_| self.file.is_none()) {
            let found = folder::read(folder, pairs);
            let found = found.map_err(|source| Error::InputFile { path: folder.clone(), source });
            return Ok((found?, Vec::new()));
        }
        let path = self.file.clone().unwrap_or_else(|| "standard input".into());
        let bytes = match &self.file {
            Some(path) => fs::read(path),
            None => {
                let mut bytes = Vec::new();
                io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
            }
        };
        let bytes = bytes.map_err(|source| Error::InputFile { path: path.clone(), source })?;
        let name = printable_path(&path);
        let wrong = |problem: &str| Error::argument(Argument::List, format!("{name}: {problem}"));
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8 text"))?;
        match self.format {
            Some(Format::Raw) => Ok((raw(&name, text, pairs).map_err(|it| wrong(&it))?, vec![])),
            Some(Format::Summary) => Err(wrong("a summary has no signatures; name another file")),
            _ => match serde_json::from_str::<Value>(text) {
                Ok(document) if !document["operation_results"].is_null() => {
                    in_document(&name, &document, asked, pairs).map_err(|it| wrong(&it))
                }
                _ => lines(&name, text, pairs).map_err(|it| wrong(&it)),
            },
        }
    }
}

/// What is said of a result that was not looked for.
const STRANGE: &str = "is for another item or key than those that are given";

/// A value in base64.
fn bytes(value: &str) -> Result<Vec<u8>, String> {
    decoded(value).ok_or_else(|| "it is not base64".into())
}

/// One value a line, in the order of the pairs; an empty line for a missing one.
fn raw(name: &str, text: &str, pairs: &Pairs<'_>) -> Result<Vec<Candidates>, String> {
    let lines: Vec<_> = text.lines().collect();
    if lines.len() != pairs.len() {
        return Err(another_number(lines.len(), pairs.len()));
    }
    let candidates = lines.into_iter().enumerate().map(|(number, line)| {
        let place = format!("{name}: line {}", number + 1);
        let value = (!line.is_empty()).then(|| (place, bytes(line)));
        Candidates { values: value.into_iter().collect(), any: false }
    });
    Ok(candidates.collect())
}

fn another_number(found: usize, expected: usize) -> String {
    format!(
        "has {found} results, expected {expected}; give the items and keys of the run that wrote it"
    )
}

/// The results of a document are in the order of the pairs, or those of batches, whose claims say what they are for.
fn in_document(
    name: &str,
    document: &Value,
    asked: &Asked,
    pairs: &Pairs<'_>,
) -> Result<(Vec<Candidates>, Vec<String>), String> {
    let results = document["operation_results"].as_array();
    let results = results.ok_or("\"operation_results\" is not a list")?;
    let items = asked.operation.items();
    let all: Vec<_> = results.iter().map(|result| recorded(result, items)).collect();
    let place = |number: usize| format!("{name}: result {}", number + 1);
    if !all.iter().any(|result| matches!(result, Recorded::Batch(_))) {
        if all.len() != pairs.len() {
            return Err(another_number(all.len(), pairs.len()));
        }
        let candidates = all.into_iter().enumerate().map(|(number, result)| {
            let Recorded::One(Some(value)) = result else { return Candidates::default() };
            Candidates { values: vec![(place(number), bytes(value))], any: false }
        });
        return Ok((candidates.collect(), Vec::new()));
    }
    let mut failures = Vec::new();
    let mut found: Vec<_> = (0..pairs.len()).map(|_| Candidates::default()).collect();
    let mut places: HashMap<_, Vec<usize>> = HashMap::new();
    for number in 0..pairs.len() {
        let pair = pairs.get(number);
        if let Item::Image { reference, digest, .. } = pair.item {
            let name = pair.key.name().unwrap_or_default();
            places.entry((digest, reference, name)).or_default().push(number);
        }
    }
    let key_of = |&number: &usize| pairs.get(number).key.id();
    let is_one_key = |of_value: &&Vec<usize>| {
        of_value.windows(2).all(|both| key_of(&both[0]) == key_of(&both[1]))
    };
    for (number, result) in all.into_iter().enumerate() {
        let Recorded::Batch(values) = result else { continue };
        for signed in values {
            let pairs = signed.identity.as_ref().and_then(|Identity { digest, reference }| {
                let named = |name| places.get(&(digest.as_str(), reference.as_str(), name));
                // A key without a name has the one that the server gives it, if it is the only one.
                named(signed.name).or_else(|| named("").filter(is_one_key))
            });
            let Some(pairs) = pairs else {
                let item = signed.identity.map_or("a claim without an image".into(), |it| {
                    format!("{} {}", it.reference, it.digest)
                });
                let item = printable(&format!("{item} by \"{}\"", signed.name));
                failures.push(format!("{}: {item} {STRANGE}", place(number)));
                continue;
            };
            for pair in pairs {
                found[*pair].values.push((place(number), bytes(signed.value)));
            }
        }
    }
    Ok((found, failures))
}

/// Lines of JSON, each with the item and the key that it is for.
fn lines(
    name: &str,
    text: &str,
    pairs: &Pairs<'_>,
) -> Result<(Vec<Candidates>, Vec<String>), String> {
    let mut places = HashMap::new();
    for number in 0..pairs.len() {
        let mut head = Vec::new();
        pairs.get(number).write_head(&mut head);
        head.push(b'}');
        let head: Value = serde_json::from_slice(&head).expect("an object");
        places.insert(key(&head), (number, head));
    }
    let mut found: Vec<_> = (0..pairs.len()).map(|_| Candidates::default()).collect();
    let mut failures = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let place = format!("{name}: line {}", number + 1);
        let line: Value = serde_json::from_str(line).map_err(|_| {
            format!("line {}: expected JSON as a run writes it; for values add --raw", number + 1)
        })?;
        let fits = |head: &Value| {
            let head = head.as_object().into_iter().flatten();
            head.into_iter().all(|(name, value)| line.get(name) == Some(value))
        };
        let Some((pair, _)) = places.get(&key(&line)).filter(|(_, head)| fits(head)) else {
            failures.push(format!("{place}: {STRANGE}"));
            continue;
        };
        match line["signature"].as_str() {
            Some(value) => found[*pair].values.push((place, bytes(value))),
            None if line["status"] == "exists" => {
                let problem = "the signature existed before the run; verify --output-dir".into();
                found[*pair].values.push((place, Err(problem)));
            }
            None => {}
        }
    }
    Ok((found, failures))
}

/// What tells pairs apart.
fn key(line: &Value) -> [String; 3] {
    ["index", "signing_key", "signing_key_name"].map(|name| line[name].to_string())
}
