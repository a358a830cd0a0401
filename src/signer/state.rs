//! Runs with a state file: what an earlier run has received is not asked for again.

use std::{
    fmt::Write,
    path::Path,
    time::{Duration, SystemTime},
};

use openssl::sha::Sha256;

use super::{Run, Signer, stamp::Stamps};
#[cfg(feature = "cli")]
use crate::journal;
#[cfg(feature = "mqtt")]
use crate::random;
use crate::{
    connector::Route,
    error::Error,
    journal::{Journal, Part, Recorder},
    signing::{Items, Key, Ledger, Observer, Operation, Request, RequestId, Stamp},
};

/// The part of a state file that says what was not asked for because it existed.
const EXISTING: &str = "existing";

impl Signer {
    /// Does the same as [`Signer::prepare`], with a file that remembers the requests and their replies: a run that ends
    /// early, whatever ends it, goes on when the same operation is prepared with the same file.
    ///
    /// The file is made if it is missing, and locked as long as the [`Run`] exists. It is on disk before anything is sent,
    /// and again before the broker learns of replies. In the next run
    ///
    /// - what is signed is not asked for again, and is in the [`Run`] as before,
    /// - what is not signed keeps its request id, so that a late reply to an earlier run counts, and is sent again,
    /// - what the broker accepted less than `timeout × retries` ago is waited for in the first cycle, and sent again in the
    ///   next one; over MQTT it is sent again at once if the broker has not kept the session,
    /// - what was refused is asked for again.
    ///
    /// If everything is signed, [`Signer::sign`] connects to nothing. Timeouts, brokers and certificates may be others in
    /// each run.
    ///
    /// ```
    /// # use amqp_messenger::{Operation, Settings, Signer, SignerType, signing::{Blob, Items, Key, TaskId}};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let sandbox = amqp_sandbox::Sandbox::start(amqp_sandbox::Options::new(folder.path()))?;
    /// # let settings = Settings::load(sandbox.config_file().as_ref(), SignerType::Single)?;
    /// # let signer = Signer::new(settings, None)?;
    /// # let blobs = Items::Blobs(vec![Blob::new("release 1.0")?]);
    /// # let operation = Operation::new(TaskId::new("1234")?, vec![Key::new("55A34A82")?], blobs)?;
    /// # let file = folder.path().join("release.state");
    /// for _ in 0..2 {
    ///     let mut run = signer.prepare_with_state(&operation, &file)?;
    ///     signer.sign(&mut run)?; // the second time, everything is signed already
    ///     assert!(run.signed_values().all(|value| !value.is_empty()));
    /// }
    /// # assert_eq!(sandbox.record().requests.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Signer::prepare`]; [`Error::StateFile`] if the file is damaged, belongs to another operation or is no regular
    /// file; [`Error::StateInUse`] if another process, or another [`Run`], has it; [`Error::LocalFile`] if it cannot be read
    /// or written. From [`Signer::sign`], the last also means that nothing more was accepted from the broker.
    pub fn prepare_with_state(
        &self,
        operation: &Operation,
        file: impl AsRef<Path>,
    ) -> Result<Run, Error> {
        self.prepare_rest(operation, operation, &[], file.as_ref())
    }

    /// Does the same for the rest of an operation, of which some signatures exist elsewhere. Their numbers are recorded.
    ///
    /// # Errors
    /// As [`Signer::prepare_with_state`].
    pub(crate) fn prepare_rest(
        &self,
        whole: &Operation,
        operation: &Operation,
        existing: &[usize],
        file: &Path,
    ) -> Result<Run, Error> {
        let mut route = self.operation_route(operation)?;
        let mut parts = self.parts(whole, &route)?;
        parts.push(Part::new(EXISTING, Some(existing).filter(|existing| !existing.is_empty())));
        let mut journal = Journal::open(file, &parts)?;
        let mut known = journal.stamps().iter().cloned();
        let (mut stamps, mut drawn) = (Stamps::new(), Vec::new());
        let mut next = || {
            known.next().unwrap_or_else(|| {
                drawn.push(stamps.draw());
                drawn[drawn.len() - 1].clone()
            })
        };
        let ledger = self.ledger(operation, &mut next)?;
        (route.is_recorded, route.goes_on) = (true, !journal.stamps().is_empty());
        route.client_id = route.client_id.or_else(|| client_id(&ledger));
        self.warn(operation);
        journal.begin(&drawn);
        Ok(Run { route, ledger, journal: Some(journal) })
    }

    /// The numbers of the signatures that existed when a state file was made; `None` if it is not made yet.
    #[cfg(feature = "cli")]
    pub(crate) fn recorded_existing(file: &Path) -> Option<Vec<usize>> {
        let recorded = journal::recorded(file, EXISTING)?;
        Some(serde_json::from_value(recorded).unwrap_or_default())
    }

    /// What decides the requests and where their replies come to.
    fn parts(&self, operation: &Operation, route: &Route) -> Result<Vec<Part>, Error> {
        let settings = &self.settings;
        let (kind, count, repo) = match operation.items() {
            Items::Images(images) => ("images", images.len(), None),
            Items::Texts { texts, repo } => ("texts", texts.len(), repo.as_deref()),
            Items::Blobs(blobs) => ("blobs", blobs.len(), None),
        };
        let key = |key: &Key| {
            let id = settings.key_aliases.get(key.id()).map_or(key.id(), String::as_str);
            key.name().map_or(id.to_owned(), |name| format!("{id} ({name})"))
        };
        let keys: Vec<_> = operation.keys().iter().map(key).collect();
        Ok(vec![
            Part::new("task_id", operation.task_id().as_str()),
            Part::new("kind", kind),
            Part::new("count", count),
            Part::new("keys", keys),
            Part::new("repo", repo),
            Part::new("creator", self.creator.as_str()),
            Part::new("topic_send_to", route.send_to.as_str()),
            Part::new("topic_listen_to", route.listen_to.as_str()),
            Part::new("environment", settings.environment.as_str()),
            Part::new("service", settings.service.as_str()),
            Part::new("message_id_key", settings.message_id_key.as_str()),
            Part::new("task_id_attribute", settings.task_id_attribute.as_str()),
            Part::new("chunk_size", settings.chunk_size.map(usize::from)),
            Part::digest("items", self.digest(operation)?),
        ])
    }

    /// A digest of all bodies, without ids and times.
    fn digest(&self, operation: &Operation) -> Result<String, Error> {
        let mut blank = || Stamp { request_id: RequestId::of_text(""), created: "".into() };
        let (mut hash, mut body, mut result) = (Sha256::new(), Vec::new(), Ok(()));
        let mut each = |request: Request| {
            body.clear();
            if result.is_ok() {
                result = request.write_body(&mut body);
            }
            // A line break is in no body.
            body.push(b'\n');
            hash.update(&body);
        };
        let made = operation.requests(&self.context(), &mut blank, &mut each);
        made.map_err(|error| self.settings.located(error))?;
        result?;
        let mut text = "sha256:".to_owned();
        for byte in hash.finish() {
            // Writing to memory cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }

    /// Signs what is not signed in the journal, and records what happens.
    pub(super) fn sign_on_record(
        &self,
        run: &mut Run,
        journal: &mut Journal,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let Run { route, ledger, .. } = run;
        let ttl = self.settings.time_to_live();
        on_record(ledger, journal, observer, &SystemTime::now, ttl, |ledger, observer| {
            self.sign_open(route, ledger, observer)
        })
    }
}

/// The client id over MQTT of all runs with a state file: the next one gets what came after a process ended. It is made of
/// the first request's id, which the file has.
#[cfg(feature = "mqtt")]
fn client_id(ledger: &Ledger) -> Option<String> {
    let id = &ledger.entries().first()?.request().id;
    let hash = openssl::sha::sha256(id.to_string().as_bytes());
    let bits = hash.first_chunk().map(|bits| u128::from_be_bytes(*bits));
    bits.map(random::letters_of)
}

#[cfg(not(feature = "mqtt"))]
fn client_id(_: &Ledger) -> Option<String> {
    None
}

/// Enters what the journal holds into the ledger, signs the rest, and records what happens. `ttl` is as in
/// [`Journal::replay`].
pub(crate) fn on_record(
    ledger: &mut Ledger,
    journal: &mut Journal,
    observer: &dyn Observer,
    clock: &dyn Fn() -> SystemTime,
    ttl: Duration,
    sign: impl FnOnce(&mut Ledger, &dyn Observer) -> Result<(), Error>,
) -> Result<(), Error> {
    let parts = journal.replay(ledger, observer, clock(), ttl)?;
    let is_open = ledger.open() > 0;
    let recorder = Recorder::new(journal, clock);
    let result = sign(ledger, &vec![&recorder as &dyn Observer, observer]);
    if is_open && result.is_ok() {
        recorder.silence();
    }
    for part in parts {
        ledger.enter(part);
    }
    ledger.end_waits();
    result
}
