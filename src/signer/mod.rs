//! Signs an operation, with the settings of a signer.

mod announce;
mod check;
mod plan;
mod prepare;
mod run;
mod stamp;
mod state;
#[cfg(feature = "verify")]
mod verification;

use zeroize::Zeroizing;

use crate::{
    client,
    config::Settings,
    connector::{Connector, Route},
    error::{Argument, Error},
    failover::Failover,
    secret,
    signing::{Ledger, Observer, TraceContext},
    stop::{Interrupt, Stop},
    transport::{self, Certificate, Identity, Network, Sockets, TlsContext},
};
pub use run::Run;
#[cfg(test)]
pub(crate) use state::on_record;

/// Signs through the brokers of a configuration.
///
/// [`Signer::new`] reads and checks certificates and secrets; nothing connects before [`Signer::sign`].
///
/// Runs at the same time, on any thread, process or host, need task ids of their own: over AMQP those that listen to one
/// address take each other's replies.
pub struct Signer {
    settings: Settings,
    requester: Option<String>,
    creator: String,
    certificate: Option<Certificate>,
    tls: Option<TlsContext>,
    password: Option<Zeroizing<String>>,
    trace: Option<TraceContext>,
    stop: Stop,
    /// The certificates by which signed values are verified.
    #[cfg(feature = "verify")]
    keyring: Option<crate::verify::Keyring>,
}

impl Signer {
    /// Reads and checks the files that the settings name.
    ///
    /// `requester` is the name of the requester; if it is missing or empty, that is the certificate's common name, or
    /// else its user id.
    ///
    /// # Errors
    /// [`Error::Config`] if the value of a key for a file names none, and may be what belongs into the file, or if the
    /// configuration of OpenSSL leaves it without random numbers or TLS, with the path of that;
    /// [`Error::Certificate`] if a certificate, key, passphrase or password file cannot be used, or
    /// the certificate has expired or is not valid yet, or if a file of `verify_keys` has no OpenPGP certificates; [`Error::MissingArgument`] if there is no name.
    pub fn new(settings: Settings, requester: Option<&str>) -> Result<Self, Error> {
        for line in settings.sources.lines() {
            log::info!("{line}");
        }
        for doubt in settings.doubts() {
            log::warn!("{doubt}");
        }
        settings.check_files()?;
        #[cfg(feature = "verify")]
        let keyring = verification::keyring(&settings)?;
        #[cfg(not(feature = "verify"))]
        if settings.verify != crate::config::Verify::Off && !settings.verify_keys.is_empty() {
            let problem =
                "this library was built without the feature \"verify\"; add it, or set verify: off";
            return Err(settings.sources.fail("verify_keys", problem));
        }
        let needs_tls = settings.brokers.iter().any(|broker| broker.tls);
        transport::check_openssl()?;
        let passphrase = settings.passphrase_file.as_deref();
        let identity = settings
            .certificate
            .as_deref()
            .map(|path| Identity::load(path, settings.key.as_deref(), passphrase))
            .transpose()
            .map_err(transport::or_openssl)?;
        let creator = match requester.filter(|name| !name.is_empty()) {
            Some(requester) => requester.to_owned(),
            None => creator(&settings, identity.as_ref()).map_err(|reason| {
                Error::MissingArgument { argument: Argument::Requester, reason: Box::new(reason) }
            })?,
        };
        if settings.tls_verify != crate::config::TlsVerify::Full {
            log::warn!(
                "tls_verify is not \"full\": any host that answers at the broker's address is trusted"
            );
        }
        let context = || {
            let Settings { ca, tls_verify, tls_alpn, .. } = &settings;
            TlsContext::new(ca.as_deref(), identity.as_ref(), *tls_verify, tls_alpn)
        };
        let tls = needs_tls.then(context).transpose().map_err(transport::or_openssl)?;
        let password = settings
            .password_file
            .as_deref()
            .map(|path| secret::read(path, "password"))
            .transpose()?;
        let requester = requester.map(str::to_owned);
        let certificate = identity.as_ref().map(Identity::facts);
        let (trace, stop) = (None, Stop::default());
        Ok(Self {
            requester,
            creator,
            certificate,
            tls,
            password,
            trace,
            stop,
            settings,
            #[cfg(feature = "verify")]
            keyring,
        })
    }

    /// Checks an operation's arguments before the files that the settings name are read.
    ///
    /// # Errors
    /// [`Error::Argument`], as [`Signer::prepare`].
    #[cfg(feature = "cli")]
    pub(crate) fn check_arguments(
        settings: &Settings,
        operation: &crate::signing::Operation,
        requester: Option<&str>,
    ) -> Result<(), Error> {
        // The certificate's name is not known yet, and is no argument.
        let creator = requester.filter(|name| !name.is_empty()).unwrap_or("creator");
        let fields = operation.fields(requester);
        let address = |key, template| settings.rendered(key, template, creator, &fields);
        for checked in [
            address("topic_send_to", &settings.send_to).map(drop),
            address("topic_listen_to", &settings.listen_to).map(drop),
            settings
                .mqtt_client_id
                .as_ref()
                .map_or(Ok(()), |template| address("mqtt_client_id", template).map(drop)),
            operation.check(&settings.key_aliases, settings.chunk_size),
            operation.fits(settings.max_message_size),
        ] {
            if let Err(error @ Error::Argument { .. }) = checked {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Makes the requests of operations that are prepared later belong to a trace.
    pub fn set_trace(&mut self, trace: TraceContext) {
        self.trace = Some(trace);
    }

    /// Makes the signed values of operations that are prepared later be verified by these certificates, instead of those of
    /// the setting `verify_keys`. The setting `verify` applies.
    #[cfg(feature = "verify")]
    pub fn set_keyring(&mut self, keyring: crate::Keyring) {
        let is_on = self.settings.verify != crate::config::Verify::Off;
        self.keyring = is_on.then_some(keyring);
    }

    /// Makes the waits of later runs end when `interrupt` is raised.
    pub fn set_interrupt(&mut self, interrupt: Interrupt) {
        self.stop.interrupt = Some(interrupt);
    }

    /// Makes `stop` end later runs, whose deadline counts from before they are called.
    #[cfg(feature = "cli")]
    pub(crate) fn set_stop(&mut self, stop: Stop) {
        self.stop = stop;
    }

    /// Connects, sends the open requests and waits for their replies.
    ///
    /// If nothing is open, it connects to nothing. Without a reply it blocks for at most `timeout × retries ×
    /// send_retries`, plus connecting and sending, which have their own limits; each expected reply adds at most
    /// `timeout`; `deadline` limits all. Whatever the result, `run` holds what was received: `Ok` means that the run
    /// was completed, not that all is signed.
    ///
    /// # Errors
    /// [`Error::Unreachable`] if no broker could be reached, [`Error::Refused`] if one refuses the
    /// addresses, [`Error::Deadline`], [`Error::Interrupted`].
    pub fn sign(&self, run: &mut Run) -> Result<(), Error> {
        self.sign_observed(run, &())
    }

    /// Does the same as [`Signer::sign`], and lets an observer see what happens.
    ///
    /// # Errors
    /// As [`Signer::sign`]; an error of [`Observer::secure`] ends the run, too.
    pub fn sign_observed(&self, run: &mut Run, observer: &dyn Observer) -> Result<(), Error> {
        match run.journal.take() {
            None => self.sign_open(&run.route, &mut run.ledger, observer),
            Some(mut journal) => {
                let result = self.sign_on_record(run, &mut journal, observer);
                run.journal = Some(journal);
                // The run may be signed again.
                run.route.goes_on = true;
                result
            }
        }
    }

    fn sign_open(
        &self,
        route: &Route,
        ledger: &mut Ledger,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        observer.secure()?;
        if ledger.open() == 0 {
            return Ok(());
        }
        self.announce(route, ledger);
        let total = self.settings.deadline;
        let network = Sockets::new(self.tls.as_ref(), self.stop.clone(), total);
        let password = self.password.as_ref().map(|password| password.as_str());
        sign_on(&network, &self.settings, route, password, ledger, observer)
    }
}

/// A run on any network: connects, sends the open requests, receives the replies, and closes the connection.
pub(crate) fn sign_on<N: Network>(
    network: &N,
    settings: &Settings,
    route: &Route,
    password: Option<&str>,
    ledger: &mut Ledger,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let connector = Connector { network, settings, route, password };
    let mut broker = Failover::new(settings, connector, network.random());
    // An earlier run may have sent some of the requests.
    if observer.secures() || ledger.awaits_any() {
        broker.expect_replies();
    }
    let plan = plan::of(settings);
    let result = broker.connect().and_then(|()| {
        if broker.has_missed_replies() {
            ledger.expect_no_replies();
        }
        client::sign(&mut broker, ledger, observer, &plan)
    });
    // After an error the state file may lack replies that the ledger has.
    broker.close(route.is_recorded && (ledger.open() > 0 || result.is_err()));
    result
}

/// The certificate's name.
fn creator(settings: &Settings, identity: Option<&Identity>) -> Result<String, Error> {
    match (identity, &settings.certificate) {
        (Some(identity), Some(path)) => identity.creator().ok_or_else(|| Error::Certificate {
            path: path.clone(),
            problem: "the certificate's subject has neither a common name nor a user id".into(),
        }),
        _ => {
            let problem = "there is no certificate to take the requester's name from";
            Err(settings.sources.fail("messaging_cert_key", problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation of the crate promises this.
    #[test]
    fn a_signer_may_be_shared_and_a_run_moved() {
        fn shared<T: Send + Sync>() {}
        fn moved<T: Send>() {}
        shared::<Signer>();
        shared::<Interrupt>();
        moved::<Run>();
    }
}
