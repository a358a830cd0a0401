//! Checks what a run would meet, before it.

use super::Signer;
use crate::{
    connector::Route,
    error::{Error, printable},
    preflight::{self, Broker, Report, Step, Task},
    transport::{Sockets, TlsContext},
};

impl Signer {
    /// Connects to each broker in turn, in the way of a run, and returns what was found. No message is sent, and none is
    /// received: a reply that waits stays where it is.
    ///
    /// With a `task` both links are attached to its addresses, as a run does it. One broker's failure does not stop the
    /// rest; `each` gets each broker as soon as it is checked. It blocks for at most `connect_timeout` for each broker,
    /// and `close_timeout` for each connection; `deadline` limits all.
    ///
    /// # Errors
    /// [`Error::Argument`], [`Error::Config`] or [`Error::MissingArgument`] if no address can be formed for the task.
    /// What the check itself finds is in the report.
    ///
    /// # Examples
    /// ```
    /// use amqp_messenger::{Settings, Signer, SignerType, preflight::Task, signing::TaskId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let sandbox = amqp_sandbox::Sandbox::start(amqp_sandbox::Options::new(folder.path()))?;
    /// # let path = sandbox.config_file();
    /// let signer = Signer::new(Settings::load(path.as_ref(), SignerType::Single)?, None)?;
    /// let task = Task { task_id: TaskId::new("1234")?, repo: None };
    /// let report = signer.check(Some(&task), |broker| {
    ///     for step in &broker.steps {
    ///         println!("{} {} {}", broker.url, step.kind, step.state);
    ///     }
    /// })?;
    /// report.result?; // a run that began now would connect
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(
        &self,
        task: Option<&Task>,
        mut each: impl FnMut(&Broker),
    ) -> Result<Report, Error> {
        let route = self.route_of(task)?;
        if let Some(id) = &route.client_id {
            log::warn!(
                "mqtt_client_id is \"{}\": the broker ends a run that uses it now, and drops the replies that it keeps for one that goes on later, since it knows each client id only once",
                printable(id)
            );
        }
        let network = Sockets::new(self.tls.as_ref(), self.stop.clone(), self.settings.deadline);
        let password = self.password.as_ref().map(|password| password.as_str());
        let has_links = task.is_some();
        let mut brokers = Vec::new();
        let keep = |broker| {
            each(&broker);
            brokers.push(broker);
        };
        let result =
            preflight::of_brokers(&network, &self.settings, &route, has_links, password, keep);
        Ok(Report { local: self.files(), brokers, result })
    }

    /// The steps before anything connects.
    pub(crate) fn files(&self) -> Vec<Step> {
        let authorities = self.tls.as_ref().map(TlsContext::authorities).unwrap_or_default();
        let certificate = self.certificate.as_ref();
        preflight::of_files(&self.settings, &self.creator, certificate, authorities)
    }

    /// Which OpenPGP certificates belong to these keys, a step each; without a key, which there are. Nothing if nothing is
    /// verified.
    ///
    /// # Errors
    /// That of a run with these keys.
    #[cfg(feature = "cli")]
    pub(crate) fn verification(&self, keys: &[crate::signing::Key]) -> Result<Vec<Step>, Error> {
        use preflight::{Kind, Learned, State};

        let Some(keyring) = &self.keyring else { return Ok(Vec::new()) };
        let step = |key: Option<&str>, certificates| {
            let learned = Learned::Verification { key: key.map(str::to_owned), certificates };
            Step::new(Kind::Verification, None, Some(learned))
        };
        if keys.is_empty() {
            return Ok(vec![step(None, keyring.shown())]);
        }
        let of_key = |key| {
            let found = super::verification::of_key(keyring, key, &self.settings)?;
            if found.is_empty() {
                let step = Step::new(Kind::Verification, None, None);
                let problem = Some(super::verification::missing(key));
                return Ok(Step { state: State::Warning, problem, ..step });
            }
            let shown = found.iter().map(|certificate| certificate.shown()).collect();
            let step = step(Some(key.id()), shown);
            Ok(match super::verification::useless(&found) {
                None => step,
                problem => Step { state: State::Warning, problem, ..step },
            })
        };
        keys.iter().map(of_key).collect()
    }

    /// The addresses of the task, or none, and the client id.
    fn route_of(&self, task: Option<&Task>) -> Result<Route, Error> {
        let fields = [
            ("task_id", task.map(|task| task.task_id.to_string())),
            ("requester", self.requester.clone()),
            ("repo", task.and_then(|task| task.repo.clone())),
        ];
        match task {
            Some(_) => self.route(&fields),
            None => Ok(Route { client_id: self.client_id(&fields)?, ..Route::default() }),
        }
    }
}
