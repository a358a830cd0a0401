//! The files of `--output-dir`.

use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use crate::{
    cli::output::{EXTENSIONS, Name, Pairs, name},
    error::printable_path,
};

use super::Candidates;

/// The files of each pair: all of an image, of which one must be by the key.
///
/// # Errors
/// If there is no such folder.
pub(super) fn read(folder: &Path, pairs: &Pairs<'_>) -> io::Result<Vec<Candidates>> {
    fs::read_dir(folder)?;
    let of_pair = |number| {
        let pair = pairs.get(number);
        let name = name(pairs, pair);
        let any = matches!(name, Name::Folder(_));
        let files: Vec<_> = match name {
            Name::Folder(of_image) => {
                let of_image = folder.join(of_image);
                let files = (1_u64..).map(|number| of_image.join(format!("signature-{number}")));
                files.take_while(|file| file.exists()).collect()
            }
            Name::Stem(stem) => {
                let file = |extension: &str| {
                    let mut name: OsString = stem.clone();
                    name.push(extension);
                    folder.join(name)
                };
                EXTENSIONS.map(file).into()
            }
        };
        let values = files.iter().filter_map(|file| value(file));
        Candidates { values: values.collect(), any }
    };
    Ok((0..pairs.len()).map(of_pair).collect())
}

fn value(file: &Path) -> Option<(String, Result<Vec<u8>, String>)> {
    let read = match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        read => read.map_err(|error| error.to_string()),
    };
    Some((printable_path(file), read))
}
