//! What is signed: the arguments of a program.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// The commands of pubtools-sign have their own names; their arguments are those of the client.
const KEY: [&str; 4] = ["--signing-key", "55A34A82", "--task-id", "1"];

/// A command of a program with the arguments that all have in common.
fn command(config: &Path) -> Vec<String> {
    let config = ["--config-file".to_owned(), config.display().to_string()];
    config.into_iter().chain(KEY.map(str::to_owned)).collect()
}

/// The arguments with which a program signs `count` images, each in a request of its own.
pub(crate) fn images(count: usize, config: &Path) -> Vec<String> {
    let mut all = command(config);
    for number in 0..count {
        all.extend(["--digest".to_owned(), digest(number)]);
        all.extend(["--reference".to_owned(), reference(number)]);
    }
    all
}

/// The same in batches.
pub(crate) fn batch(count: usize, config: &Path) -> Vec<String> {
    let batch = ["--signer-type", "batch", "--signing-key-name", "release"].map(str::to_owned);
    images(count, config).into_iter().chain(batch).collect()
}

/// The same from a list in a folder, with a line of JSON each.
pub(crate) fn list(count: usize, config: &Path, folder: &Path) -> io::Result<Vec<String>> {
    let mut list = String::new();
    for number in 0..count {
        writeln!(list, "{}\t{}", reference(number), digest(number)).map_err(io::Error::other)?;
    }
    let file = folder.join(format!("{count}.tsv"));
    fs::write(&file, list)?;
    let from = ["--format", "ndjson", "--from", &file.display().to_string()].map(str::to_owned);
    Ok(command(config).into_iter().chain(from).collect())
}

/// The arguments with which a text of that size is signed.
pub(crate) fn text(size: usize, config: &Path, folder: &Path) -> io::Result<Vec<String>> {
    let file = file_of(size, folder)?;
    let input = [large(), format!("@{}", file.display())];
    Ok(command(config).into_iter().chain(input).collect())
}

/// The arguments with which a file of that size is signed.
pub(crate) fn file(size: usize, config: &Path, folder: &Path) -> io::Result<Vec<String>> {
    let file = file_of(size, folder)?;
    let input = [large(), format!("--blob-file={}", file.display())];
    Ok(command(config).into_iter().chain(input).collect())
}

/// A reply of 50 MB is longer than what is accepted by default.
fn large() -> String {
    "--set=max_message_size=256 MiB".to_owned()
}

/// A file of lines.
fn file_of(size: usize, folder: &Path) -> io::Result<PathBuf> {
    let mut lines = String::with_capacity(size + 80);
    let mut number = 0;
    while lines.len() < size {
        writeln!(lines, "{number:063}").map_err(io::Error::other)?;
        number += 1;
    }
    let path = folder.join(format!("{size}.txt"));
    fs::write(&path, &lines[..size])?;
    Ok(path)
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

/// In 500 repositories; a request of a batch has images of one.
fn reference(number: usize) -> String {
    format!("registry.example.com/product/component-{}:1.{}", number % 500, number / 500)
}
