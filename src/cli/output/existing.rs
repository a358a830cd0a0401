//! What a folder already holds, for `--skip-existing`.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    Error, Signer,
    cli::{
        operation::Asked,
        options::{Bytes, Options},
    },
    error::{printable, printable_path},
    openpgp::{self, Signed},
    signing::{Identity, Items, stated},
};

use super::{
    names::{self, EXTENSIONS, Name},
    pairs::{Item, Pairs},
};

/// What of an operation is not asked for.
pub(in crate::cli) struct Skip {
    folder: PathBuf,
    state: Option<PathBuf>,
}

impl Skip {
    /// What the command line says of it.
    pub(in crate::cli) fn of(options: &Options) -> Option<Self> {
        let path = |bytes: &Bytes| PathBuf::from(&bytes.0);
        let folder = options.output_dir.as_ref().filter(|_| options.skip_existing).map(path)?;
        Some(Self { folder, state: options.state.as_ref().map(path) })
    }

    /// The folder that is read.
    pub(in crate::cli) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves out the signatures that the folder holds. A state file holds what was left out when it was made: what has come
    /// since then is in both.
    ///
    /// # Errors
    /// [`Error::Argument`] if what is left is no operation.
    pub(in crate::cli) fn leave_out(
        &self,
        asked: &mut Asked,
        aliases: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let mut found = existing(asked, &self.folder, aliases);
        let recorded = self.state.as_deref().and_then(Signer::recorded_existing);
        let existing = match recorded {
            Some(recorded) => {
                recorded.into_iter().map(|number| (number, found.remove(&number))).collect()
            }
            None => found.into_iter().map(|(number, file)| (number, Some(file))).collect(),
        };
        asked.leave_out(existing)?;
        log::info!("--skip-existing: {} signatures exist", asked.existing.len());
        Ok(())
    }
}

/// A signature of an image, or a detached one, has fewer bytes than this. A signed text has at most twice those of the text, and these.
const MAX_SIZE: u64 = 4 << 20;

/// A signature of an image in a folder.
struct Found {
    file: PathBuf,
    signed: Signed,
    claim: Identity,
}

/// The pairs whose signatures a folder holds, by their numbers, each with its file below the folder.
///
/// The signatures are not verified: the folder is trusted.
fn existing(
    asked: &Asked,
    folder: &Path,
    aliases: &BTreeMap<String, String>,
) -> BTreeMap<usize, PathBuf> {
    let pairs = Pairs::asked_for(asked);
    let mut digits = HashMap::new();
    let mut existing = BTreeMap::new();
    // Images may share a folder, which is read once.
    let mut of_images: Vec<(PathBuf, usize)> = Vec::new();
    for number in 0..pairs.len() {
        let pair = pairs.get(number);
        let digits =
            digits.entry(pair.key.id()).or_insert_with(|| pair.key.digits(aliases).or_else(|| {
                let key = printable(pair.key.id());
                log::warn!("--skip-existing: the key \"{key}\" is no hexadecimal id, so its signatures are not found, and are asked for again; give its id");
                None
            }));
        let Some(digits) = digits else { continue };
        match names::name(&pairs, pair) {
            Name::Folder(folder) => of_images.push((folder, number)),
            Name::Stem(stem) => {
                let file = file_of(asked, pair.index, folder, &stem, digits);
                existing.extend(file.map(|file| (number, file)));
            }
        }
    }
    of_images.sort();
    for group in of_images.chunk_by(|(one, _), (other, _)| one == other) {
        let found = in_folder(folder, &group[0].0);
        for &(_, number) in group {
            let pair = pairs.get(number);
            let (Item::Image { reference, digest, .. }, Some(Some(digits))) =
                (pair.item, digits.get(pair.key.id()))
            else {
                continue;
            };
            let is_it = |found: &&Found| {
                let Identity { reference: name, digest: of } = &found.claim;
                (name.as_str(), of.as_str()) == (reference, digest) && found.signed.is_by(digits)
            };
            existing.extend(found.iter().find(is_it).map(|found| (number, found.file.clone())));
        }
    }
    existing
}

/// The signatures of images in a folder: `signature-1` and so on, up to the first that is missing.
fn in_folder(root: &Path, folder: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    for number in 1_u64.. {
        let file = folder.join(format!("signature-{number}"));
        let Some(read) = content(&root.join(&file), MAX_SIZE) else { break };
        let Some(signed) = read.and_then(|(bytes, _)| openpgp::read(&bytes)) else { continue };
        if let Some(claim) = signed.content.as_deref().and_then(stated) {
            found.push(Found { file, signed, claim });
        }
    }
    found
}

/// The file of a text or blob, if it is there and is a signature by that key: a signed text is the text that is asked for; a
/// detached signature says only how the digest begins of what it is of, and is not older than the file.
fn file_of(
    asked: &Asked,
    index: usize,
    folder: &Path,
    stem: &OsStr,
    digits: &str,
) -> Option<PathBuf> {
    let limit = match asked.operation.items() {
        Items::Texts { texts, .. } => MAX_SIZE + 2 * texts[index].size(),
        _ => MAX_SIZE,
    };
    let is_it = |file: &PathBuf| {
        let Some(Some((bytes, changed))) = content(&folder.join(file), limit) else { return false };
        let Some(signed) = openpgp::read(&bytes).filter(|signed| signed.is_by(digits)) else {
            return false;
        };
        match asked.operation.items() {
            Items::Texts { texts, .. } => texts[index].read().is_ok_and(|text| signed.is_of(&text)),
            Items::Blobs(blobs) => {
                signed.content.is_none()
                    && is_older(asked.files[index].as_deref(), changed)
                    && blobs[index].read().is_ok_and(|blob| openpgp::may_be_of(&bytes, &blob))
            }
            Items::Images(_) => false,
        }
    };
    let names = EXTENSIONS.map(|extension| {
        let mut name = stem.to_owned();
        name.push(extension);
        PathBuf::from(name)
    });
    names.into_iter().find(is_it)
}

/// Whether a regular file has not changed since then.
fn is_older(file: Option<&Path>, then: SystemTime) -> bool {
    let found = file.map(fs::metadata);
    let found = found.and_then(Result::ok).filter(|found| found.is_file());
    found.and_then(|found| found.modified().ok()).is_some_and(|changed| changed <= then)
}

/// The bytes of a file and when they changed; nothing of one that is too large, or cannot be read, of which a line warns. `None` if
/// there is no file.
#[expect(clippy::option_option, reason = "a missing file ends a row of them")]
fn content(path: &Path, limit: u64) -> Option<Option<(Vec<u8>, SystemTime)>> {
    let read = || {
        // A pipe is not waited for.
        let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::other("it is too large for a signature"));
        }
        Ok((bytes, found.modified()?))
    };
    match read() {
        Ok(read) => Some(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let path = printable_path(path);
            log::warn!("--skip-existing: {path}: {error}; it does not count as a signature");
            Some(None)
        }
    }
}
