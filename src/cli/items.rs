//! The items to sign: given one by one, or by a list.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    Argument, Error, SignerType,
    error::printable_path,
    list::{self, Ends, Listed},
    signing::{Blob, Image, Items, Key},
};

use super::{
    alarm::Alarm,
    commands::Kind,
    input::{self, Standard},
    options::{Bytes, Options},
    style::Style,
};

/// The items, and what is known of them besides.
pub(super) struct Given {
    pub(super) items: Items,
    /// The texts as they were given.
    pub(super) texts: Vec<String>,
    /// The file of each text or blob that was given as one.
    pub(super) files: Vec<Option<PathBuf>>,
    /// The keys of those items of a list of images that have keys of their own, each with the number of the item.
    pub(super) keys: Vec<(usize, Vec<Key>)>,
    /// The objects of a list of images as they were written, if they have attributes that are not for this program, up to the
    /// last of them.
    pub(super) inputs: Vec<Option<Box<str>>>,
}

/// Reads and checks the items.
///
/// # Errors
/// [`Error::Argument`] for the first mistake; [`Error::InputFile`] if a file cannot be read.
pub(super) fn given(
    style: Style,
    kind: Kind,
    options: &mut Options,
    alarm: Option<&Alarm>,
) -> Result<Given, Error> {
    let mut given = Given {
        items: Items::Images(Vec::new()),
        texts: Vec::new(),
        files: Vec::new(),
        keys: Vec::new(),
        inputs: Vec::new(),
    };
    match (kind, &options.from) {
        (Kind::Container, Some(list)) => {
            let is_batch = options.signer_type == SignerType::Batch;
            let listed =
                input::list(list, alarm, |name, input| list::images(name, input, is_batch))?;
            let mut images = Vec::with_capacity(listed.len());
            for (item, Listed { image, keys, input }) in listed.into_iter().enumerate() {
                images.push(image);
                if !keys.is_empty() {
                    given.keys.push((item, keys));
                }
                if input.is_some() {
                    given.inputs.resize(item, None);
                    given.inputs.push(input);
                }
            }
            given.items = Items::Images(images);
        }
        (Kind::Container, None) => {
            let (digests, references) = (&mut options.digest, &mut options.reference);
            let images = images(style, std::mem::take(digests), std::mem::take(references))?;
            given.items = Items::Images(images);
        }
        (Kind::Clear, _) => {
            let text = |name: &OsStr| {
                let text = input::text_file(Path::new(name), style, alarm)?;
                Ok((text, String::new(), Some(PathBuf::from(name))))
            };
            let read = match files(options, alarm, text)? {
                Some(read) => read,
                None => {
                    let words = &options.inputs;
                    let read = |word: &OsStr| {
                        let (text, shown) = input::text(word, style, alarm)?;
                        Ok((text, shown, input::file_of(word, style)))
                    };
                    one_by_one(style, Argument::Text, words, read)?
                }
            };
            let mut texts = Vec::with_capacity(read.len());
            for (text, shown, file) in read {
                texts.push(text);
                given.texts.push(shown);
                given.files.push(file);
            }
            given.items = Items::Texts { texts, repo: options.repo.take() };
        }
        (Kind::Blob, _) => {
            let named = |name: &OsStr, blob| (blob, Some(PathBuf::from(name)));
            let blob =
                |name: &OsStr| Ok(named(name, input::blob_file(Path::new(name), style, alarm)?));
            let read = match files(options, alarm, blob)? {
                Some(read) => read,
                None => one_by_one(style, Argument::Blob, &options.blob_file, |name| {
                    match Standard::named(name, style) {
                        Some(input) => Ok(named(name, input.read(alarm).and_then(Blob::new)?)),
                        None => blob(name),
                    }
                })?,
            };
            let (blobs, files) = read.into_iter().unzip();
            given.files = files;
            given.items = Items::Blobs(blobs);
        }
    }
    Ok(given)
}

/// The images of two lists of options, which pair up in order.
pub(super) fn images(
    style: Style,
    digests: Vec<String>,
    references: Vec<String>,
) -> Result<Vec<Image>, Error> {
    let (count, others) = (digests.len(), references.len());
    if count != others {
        let problem = format!("{count} given, but {others} of --reference: they pair up in order");
        return Err(Error::argument(Argument::Digest, problem));
    }
    let pairs = digests.into_iter().zip(references).enumerate();
    let image = |digest, reference| match style {
        Style::Native => Image::new(digest, reference),
        Style::PubtoolsSign => Image::lenient(digest, reference),
    };
    pairs.map(|(index, (digest, reference))| numbered(index, image(digest, reference))).collect()
}

/// What is read of each word.
fn one_by_one<T>(
    style: Style,
    argument: Argument,
    words: &[Bytes],
    read: impl Fn(&OsStr) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let standard = words.iter().filter(|word| Standard::named(&word.0, style).is_some()).count();
    if standard > 1 {
        let problem =
            format!("\"-\" is given {standard} times: standard input can be read only once");
        return Err(Error::argument(argument, problem));
    }
    let words = words.iter().enumerate();
    all(words.map(|(index, word)| numbered(index, read(&word.0))))
}

/// What is read of each file that a list names, if there is a list.
fn files<T>(
    options: &Options,
    alarm: Option<&Alarm>,
    read: impl Fn(&OsStr) -> Result<T, Error>,
) -> Result<Option<Vec<T>>, Error> {
    let (list, ends) = match (&options.from, &options.from0) {
        (Some(list), _) => (list, Ends::Line),
        (None, Some(list)) => (list, Ends::Nul),
        (None, None) => return Ok(None),
    };
    let names = input::list(list, alarm, |name, input| list::names(name, input, ends))?;
    let list = input::shown(list);
    let read = names.iter().map(|(place, path)| {
        read(path.as_os_str()).map_err(|error| match error {
            Error::Argument { problem, .. } => {
                let path = printable_path(path);
                Error::argument(Argument::List, format!("{list}: {place}: {path} {problem}"))
            }
            Error::InputFile { path, source } => {
                let source =
                    std::io::Error::new(source.kind(), format!("{source} ({place} of {list})"));
                Error::InputFile { path, source }
            }
            other => other,
        })
    });
    all(read).map(Some)
}

/// All of them, or the first error about an argument, or else the first about a file.
fn all<T>(checked: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let mut good = Vec::new();
    let mut unreadable = None;
    for item in checked {
        match item {
            Ok(item) => good.push(item),
            Err(error @ Error::Argument { .. }) => return Err(error),
            Err(error) => unreadable = unreadable.or(Some(error)),
        }
    }
    unreadable.map_or(Ok(good), Err)
}

/// Adds the position of a repeated option to an error.
pub(super) fn numbered<T>(index: usize, checked: Result<T, Error>) -> Result<T, Error> {
    checked.map_err(|error| match error {
        Error::Argument { argument, problem } => {
            Error::argument(argument, format!("number {} {problem}", index + 1))
        }
        other => other,
    })
}
