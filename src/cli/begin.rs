//! The beginning of each command that uses a configuration.

use std::io;

use super::{
    alarm::Alarm, config_file, logging, options::Options, signals, status_before_sending, streams,
    topic::Topic,
};
use crate::{
    Error, Interrupt, Settings, Signer,
    config::Overrides,
    deadline::Deadline,
    error::printable_path,
    stop::{Pulse, Stop},
    transport,
};

/// What ends a command from outside, from its beginning on.
pub(super) struct Limits {
    /// While files are read.
    pub(super) alarm: Option<Alarm>,
    total: Option<Deadline>,
}

/// Reads the configuration, and starts the log and the clock.
pub(super) fn begin(
    topic: &Topic,
    options: &Options,
    overrides: Overrides,
) -> (Result<Settings, Error>, Limits) {
    let named = options.config_file.as_ref().map(|path| path.0.as_ref());
    let settings = config_file::read(named, options.signer_type, overrides);
    let (log_level, deadline) = (settings.as_ref())
        .map_or((None, None), |settings| (settings.log_level, settings.deadline));
    logging::start(options.quiet, options.log_level, log_level);
    let total = transport::begin(deadline);
    let passed = |after| status_before_sending(topic.style, &Error::Deadline { after });
    let alarm = deadline.and_then(|after| Alarm::set(&topic.tool, after, passed(after)));
    (settings, Limits { alarm, total })
}

impl Limits {
    /// Reads the files that the settings name; after that, a signal ends only what waits. `pulse` is called while it
    /// waits.
    pub(super) fn signer(
        self,
        settings: Settings,
        requester: Option<&str>,
        pulse: Option<Pulse>,
    ) -> Result<Signer, Error> {
        if let Some(alarm) = &self.alarm {
            alarm.reading(&match settings.blocking_file() {
                Some((key, path)) => format!("{} of {key}", printable_path(path)),
                None => "a file of the configuration".into(),
            });
        }
        let mut signer = Signer::new(settings, requester)?;
        drop(self.alarm);
        let interrupt = Interrupt::new().map_err(refused("make an interrupt"))?;
        signals::install(&interrupt).map_err(refused("handle signals"))?;
        let stop = Stop { interrupt: Some(interrupt), total: self.total, pulse };
        streams::watch(stop.clone());
        signer.set_stop(stop);
        Ok(signer)
    }
}

/// The error of an operation that the system refuses.
fn refused(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { what, source }
}
