//! Runs with a script by hand, for tests of one promise each.

use std::time::Duration;

use super::{
    killed::Kill,
    oracle,
    plan::{Arrival, ConnectionPlan, Treatment},
    run::{Ended, Kind, Scenario, SettingsPlan, play},
    world::Script,
};
use crate::status::Status;

/// A run whose brokers are good, as far as nothing else is said.
pub(super) struct Bench {
    scenario: Scenario,
    script: ByHand,
}

struct ByHand {
    connection: Box<dyn FnMut(usize, usize) -> ConnectionPlan>,
    request: Box<dyn FnMut(&Arrival) -> Treatment>,
}

impl Script for ByHand {
    fn connection(&mut self, broker: usize, number: usize) -> ConnectionPlan {
        (self.connection)(broker, number)
    }

    fn request(&mut self, arrival: &Arrival) -> Treatment {
        (self.request)(arrival)
    }
}

impl Bench {
    /// Three containers, one broker.
    pub(super) fn new() -> Self {
        let good = || ByHand {
            connection: Box::new(|_, _| ConnectionPlan::default()),
            request: Box::new(|_| Treatment::default()),
        };
        let scenario = Scenario {
            settings: SettingsPlan::default(),
            kind: Kind::Container,
            items: 3,
            blob: 0,
            cluster: false,
            random: 1,
            interrupt: None,
            jumps: vec![],
            kills: None,
            script: Box::new(good()),
            prints: std::env::var_os("SIMULATION_PRINT").is_some(),
        };
        Self { scenario, script: good() }
    }

    pub(super) fn items(mut self, items: usize) -> Self {
        self.scenario.items = items;
        self
    }

    pub(super) fn kind(mut self, kind: Kind) -> Self {
        self.scenario.kind = kind;
        self
    }

    /// Blobs of this many bytes.
    pub(super) fn blobs(mut self, size: usize) -> Self {
        (self.scenario.kind, self.scenario.blob) = (Kind::Blob, size);
        self
    }

    /// Timeout in seconds, windows of a cycle, cycles.
    pub(super) fn patience(self, timeout: u64, retries: u64, send_retries: u64) -> Self {
        self.set(|settings| {
            (settings.timeout, settings.retries, settings.send_retries) =
                (timeout, retries, send_retries);
        })
    }

    pub(super) fn set(mut self, change: impl FnOnce(&mut SettingsPlan)) -> Self {
        change(&mut self.scenario.settings);
        self
    }

    pub(super) fn brokers(self, count: usize) -> Self {
        self.set(|settings| settings.brokers = count)
    }

    /// One queue of replies for all brokers.
    pub(super) fn cluster(mut self) -> Self {
        self.scenario.cluster = true;
        self
    }

    pub(super) fn interrupt(mut self, at: Duration) -> Self {
        self.scenario.interrupt = Some(at);
        self
    }

    /// The process is suspended then, for this long.
    pub(super) fn jump(mut self, at: Duration, length: Duration) -> Self {
        self.scenario.jumps.push((at, length));
        self
    }

    /// The run has a state file, and its process is killed then; another one goes on.
    pub(super) fn kill(mut self, kill: Kill) -> Self {
        self.scenario.kills.get_or_insert_default().push(kill);
        self
    }

    /// What becomes of connections, by the broker's number and the connection's among those to it.
    pub(super) fn connections(
        mut self,
        plan: impl FnMut(usize, usize) -> ConnectionPlan + 'static,
    ) -> Self {
        self.script.connection = Box::new(plan);
        self
    }

    pub(super) fn requests(mut self, plan: impl FnMut(&Arrival) -> Treatment + 'static) -> Self {
        self.script.request = Box::new(plan);
        self
    }

    /// Runs it, and fails unless the run ends with this status and keeps every promise.
    #[track_caller]
    pub(super) fn expect(self, status: u8) -> Ended {
        let ended = play(Scenario { script: Box::new(self.script), ..self.scenario });
        let found = Status::of_run(&ended.result, ended.ledger.entries()).code();
        assert_eq!(found, status, "{:?}", ended.result);
        let broken = oracle::judge(&ended);
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        ended
    }
}

impl Ended {
    /// How often each request came to a broker.
    pub(super) fn times_sent(&self) -> Vec<usize> {
        let count = |number| {
            self.witness.sendings.iter().filter(|sending| sending.request == number).count()
        };
        (0..self.ledger.entries().len()).map(count).collect()
    }

    /// Which requests are answered.
    pub(super) fn answered(&self) -> Vec<bool> {
        self.ledger.entries().iter().map(|entry| entry.reply().is_some()).collect()
    }

    /// How many connections were asked for.
    pub(super) fn connections(&self) -> usize {
        self.witness.connections.len()
    }

    /// The error's words.
    pub(super) fn words(&self) -> String {
        self.result.as_ref().err().map(ToString::to_string).unwrap_or_default()
    }

    /// Fails unless the run took this long: at least, and no more than a second beyond it.
    #[track_caller]
    pub(super) fn took(&self, seconds: u64) {
        let (least, most) = (Duration::from_secs(seconds), Duration::from_secs(seconds + 1));
        assert!((least..=most).contains(&self.took), "{:?}", self.took);
    }
}
