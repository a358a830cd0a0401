//! Runs with a state file whose process is killed, and goes on as another process.

use std::{
    cell::{Cell, RefCell},
    fs::{self, OpenOptions},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use tempfile::TempDir;

use super::world::World;
use crate::{
    error::Error,
    journal::{Journal, Part},
    signer::on_record,
    signing::{Ledger, Notice, Observer, Stamp, Verdict},
};

/// When a process is killed, and what of its file is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    /// After this many steps: uses of the network, and writes to the file. It may end earlier by itself.
    pub(crate) steps: u32,
    /// How long it takes until the next process begins.
    pub(crate) pause: Duration,
    /// The machine fails with it: this many hundredths are left of what was not synced.
    pub(crate) left: Option<u64>,
}

/// What a process leaves behind.
#[derive(Debug)]
pub(crate) struct Life {
    /// The connections that were made until its end.
    pub(crate) connections: usize,
    /// The requests that it reported as signed, in order.
    pub(crate) signed: Vec<usize>,
    /// Whether everything that it wrote is left.
    pub(crate) is_whole: bool,
}

/// How a killed process unwinds.
pub(super) struct Killed;

/// Signs with a state file, in one process after the other until one ends by itself. `requests` makes the requests;
/// `sign` is as in [`on_record`]; it also gets whether an earlier process has begun.
pub(super) fn play(
    kills: Vec<Kill>,
    world: &RefCell<World>,
    ttl: Duration,
    requests: impl Fn(&mut dyn FnMut(usize) -> Stamp) -> Ledger,
    sign: impl Fn(bool, &mut Ledger, &dyn Observer) -> Result<(), Error>,
) -> (Ledger, Result<(), Error>, Vec<Life>) {
    let folder = folder();
    let path = folder.path().join("state");
    let (mut kills, mut lives, synced) = (kills.into_iter(), vec![], Cell::new(0));
    loop {
        let kill = kills.next();
        world.borrow_mut().kill_after(kill.map(|kill| kill.steps));
        let signed = RefCell::default();
        let witness = Witness { world, path: &path, synced: &synced, signed: &signed };
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let (mut ledger, mut journal, goes_on) = open(&path, &requests);
            let sign =
                |ledger: &mut Ledger, observer: &dyn Observer| sign(goes_on, ledger, observer);
            // Any time will do.
            let clock = || UNIX_EPOCH + Duration::from_secs(1 << 30) + world.borrow().now();
            let result = on_record(&mut ledger, &mut journal, &witness, &clock, ttl, sign);
            (ledger, result)
        }));
        world.borrow_mut().kill_after(None);
        let connections = world.borrow().peers.len();
        let is_whole = kill.is_none_or(|kill| kill.left.is_none());
        lives.push(Life { connections, signed: signed.take(), is_whole });
        match (ended, kill) {
            (Ok((ledger, result)), _) => return (ledger, result, lives),
            (Err(panic), Some(kill)) if panic.is::<Killed>() => {
                if let Some(left) = kill.left {
                    synced.set(cut(&path, synced.get(), left));
                }
                let life = &lives[lives.len() - 1];
                let mut world = world.borrow_mut();
                let kind = what_was_killed(life.signed.len(), world.shared.ids.len());
                world.shared.witness.saw(kind);
                if !life.is_whole {
                    world.shared.witness.saw("killed: the machine fails, too");
                }
                world.killed(kill.pause);
            }
            (Err(panic), _) => resume_unwind(panic),
        }
    }
}

fn what_was_killed(signed: usize, requests: usize) -> &'static str {
    match signed {
        0 => "killed: nothing is signed",
        signed if signed < requests => "killed: some is signed",
        _ => "killed: all is signed",
    }
}

/// A folder whose files are in memory, so that syncing them takes no time.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a folder")
}

fn open(
    path: &Path,
    requests: &impl Fn(&mut dyn FnMut(usize) -> Stamp) -> Ledger,
) -> (Ledger, Journal, bool) {
    let mut journal = Journal::open(path, &[Part::new("task_id", "7")]).expect("a good state file");
    let (known, mut drawn) = (journal.stamps().to_vec(), vec![]);
    let ledger = requests(&mut |number| {
        known.get(number).cloned().unwrap_or_else(|| {
            drawn.push(super::operations::stamp(number));
            super::operations::stamp(number)
        })
    });
    journal.begin(&drawn);
    (ledger, journal, !known.is_empty())
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// Drops some of what is behind `synced`; returns where the file ends then.
fn cut(path: &Path, synced: u64, left: u64) -> u64 {
    let file = OpenOptions::new().write(true).open(path).expect("the state file");
    // It may be shorter: half a line at its end is dropped when it is opened.
    let unsynced = length(path).saturating_sub(synced);
    let end = length(path) - unsynced * (100 - left) / 100;
    file.set_len(end).expect("a shorter file");
    end
}

/// Sees what a process reports, and lets it be killed when it has written something.
struct Witness<'a> {
    world: &'a RefCell<World>,
    path: &'a Path,
    /// The length of the file when it was synced last.
    synced: &'a Cell<u64>,
    signed: &'a RefCell<Vec<usize>>,
}

impl Observer for Witness<'_> {
    fn notice(&self, notice: Notice<'_>) {
        if let Notice::Reply(noted, _) = notice
            && noted.entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed)
        {
            self.signed.borrow_mut().push(noted.index);
        }
        self.world.borrow_mut().tick();
    }

    fn secure(&self) -> Result<(), Error> {
        self.synced.set(length(self.path));
        self.world.borrow_mut().tick();
        Ok(())
    }

    fn secures(&self) -> bool {
        true
    }
}
