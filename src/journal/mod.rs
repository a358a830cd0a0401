//! State files: what a run must not forget, on disk before the broker learns of it.
//!
//! A journal is a file that is only appended to, one JSON line an event:
//!
//! | event | what it holds | when it is on disk |
//! |---|---|---|
//! | `operation` | what decides the requests, each part by name | before anything is sent |
//! | `request` | a request's number, id and time; all of them follow the first line | before anything is sent |
//! | `outcome` | how the broker disposed of a request | with the next reply |
//! | `reply` | a reply as it came | before the broker learns that it came |
//! | `silence` | a window ended without a reply: what has come of answers in parts is final | with the next reply |
//! | `resumed` | another run goes on | before it sends anything |
//!
//! Every line ends with a check of itself and of all lines before it, so damage anywhere is found. A run that is killed
//! leaves at most a part of a line at the end, which the next run drops.

mod file;
mod line;
mod lock;
mod parts;
mod read;
mod recorder;
mod replay;

use std::path::Path;

use crate::{error::Error, signing::Stamp};
use file::StateFile;
use line::Chain;
pub(crate) use parts::Part;
#[cfg(feature = "cli")]
pub(crate) use read::recorded;
pub(crate) use recorder::Recorder;

/// An open state file. No other process uses it until it is dropped.
pub(crate) struct Journal {
    file: StateFile,
    chain: Chain,
    /// Lines that wait to be written.
    unwritten: String,
    /// The ids and times of the requests that are in the file, in order.
    stamps: Vec<Stamp>,
    /// Where the lines begin that follow those of the requests.
    events: u64,
    is_replayed: bool,
}

impl Journal {
    /// Opens the state file of an operation, or makes a new one.
    ///
    /// # Errors
    /// [`Error::StateFile`] if it is no regular file, is damaged, or belongs to another operation;
    /// [`Error::StateInUse`]; [`Error::LocalFile`] if it cannot be read or written.
    pub(crate) fn open(path: &Path, parts: &[Part]) -> Result<Self, Error> {
        let file = StateFile::open(path)?;
        let found = read::beginning(&file, parts)?;
        // A file of another kind stays as it is.
        file.close_to_others()?;
        let mut journal = Self {
            chain: found.chain,
            unwritten: String::new(),
            stamps: found.stamps,
            events: found.events,
            is_replayed: false,
            file,
        };
        if found.end == 0 {
            journal.add(line::operation(parts));
            journal.file.sync_folder()?;
        }
        journal.file.cut(found.end)?;
        Ok(journal)
    }

    /// The ids and times that requests have in the file, in order. They are fewer than the requests if the run ended while
    /// it wrote them; nothing was sent then.
    pub(crate) fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// Notes the ids and times of further requests, and forgets the others. [`Journal::secure`] writes them.
    pub(crate) fn begin(&mut self, drawn: &[Stamp]) {
        let known = std::mem::take(&mut self.stamps).len();
        for (index, stamp) in drawn.iter().enumerate() {
            self.add(line::request(known + index, stamp));
        }
    }

    /// Makes sure that everything is on disk.
    ///
    /// # Errors
    /// [`Error::LocalFile`], and the same again after the first failure.
    pub(crate) fn secure(&mut self) -> Result<(), Error> {
        self.write();
        self.file.sync()
    }

    /// Writes what is unwritten: from then on the end of the process cannot lose it. [`Journal::secure`] returns a failure.
    fn write(&mut self) {
        self.file.append(self.unwritten.as_bytes());
        self.unwritten.clear();
    }

    fn add(&mut self, event: serde_json::Value) {
        self.unwritten.push_str(&self.chain.seal(&event));
    }
}

#[cfg(test)]
mod tests;
