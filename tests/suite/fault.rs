//! One fault of the sandbox at every position, for each operation, as JSON and raw, and the expected results.

use std::{collections::HashMap, thread, time::Duration};

use amqp_sandbox::{Record, Rule};

use crate::{
    harness::{LONG, Protocol, set_credit},
    three::{Operation, operations},
};

/// Reported when a connection is lost.
pub const AGAIN: &str = "connecting again";

/// The retry limits of a run that is to end with something missing. (On a busy machine, with as many runs side by side, an
/// answer can take longer than a second.)
pub const ONE_WINDOW: &[(&str, &str)] =
    &[("timeout", "3"), ("retries", "1"), ("send_retries", "1")];

/// A fault, and the expected results.
#[derive(Clone, Copy)]
pub struct Fault<'a> {
    /// The protocol of the runs.
    pub protocol: Protocol,
    /// The sandbox's rules, with blanks between them; `#` stands for the position.
    pub rules: &'a str,
    /// How many requests without an outcome the sandbox lets be on their way.
    pub credit: u16,
    /// Keys of the configuration.
    pub set: &'a [(&'a str, &'a str)],
    /// The exit status. If it is not 0, the item at the position is missing, or all of them.
    pub status: i32,
    /// A text that is reported.
    pub says: &'a str,
    /// How many connections the client makes.
    pub connections: usize,
    /// Whether the broker's record is as expected, for the position.
    pub seen: fn(&Record, usize) -> bool,
}

/// No fault.
pub const NONE: Fault = Fault {
    protocol: Protocol::Amqp,
    rules: "",
    credit: 100,
    set: &[],
    status: 0,
    says: "",
    connections: 1,
    seen: |_, _| true,
};

/// The timeout of runs whose fault sets none. Such a run must not wait for silence: with this timeout, it would take
/// longer than [`AT_MOST`].
const TIMEOUT: &str = "120";
/// The limit of a run.
const AT_MOST: Duration = Duration::from_secs(100);

/// No fault, over this protocol.
pub fn over(protocol: Protocol) -> Fault<'static> {
    Fault { protocol, ..NONE }
}

impl Fault<'_> {
    /// Runs three items by every operation, with the fault at each of them.
    #[track_caller]
    pub fn at_every_position(self) {
        self.at(1..=3);
    }

    /// Runs three items by every operation once.
    #[track_caller]
    pub fn everywhere(self) {
        self.at(0..=0);
    }

    /// Runs three items by every operation, with the fault at these positions; 0: at none of them.
    #[track_caller]
    pub fn at(self, positions: std::ops::RangeInclusive<usize>) {
        // Side by side: most of them wait most of the time.
        let failed: usize = thread::scope(|scope| {
            let runs = positions
                .flat_map(|position| operations().map(move |operation| (position, operation)));
            let runs = runs
                .map(|(position, operation)| scope.spawn(move || self.run(position, operation)));
            let runs: Vec<_> = runs.collect();
            runs.into_iter().map(|run| usize::from(run.join().is_err())).sum()
        });
        assert_eq!(failed, 0, "runs with {} failed", self.rules);
    }

    fn run(self, position: usize, operation: Operation) {
        let name = format!("{} at {position}, {operation:?}, {:?}", self.rules, self.protocol);
        let rules = self.rules.replace('#', &position.to_string());
        let rules: Vec<Rule> = rules.split_whitespace().map(|rule| rule.parse().unwrap()).collect();
        let bench = self.protocol.bench_with(|options| {
            options.behaviours = rules;
            set_credit(options, self.credit);
        });
        let config = bench.config().set("timeout", TIMEOUT);
        let config = self.set.iter().fold(config, |config, (key, value)| config.set(key, value));
        let ended = operation.run(&bench, &config);
        assert_eq!(ended.status, self.status, "{name}: {}", ended.stderr);
        assert!(
            ended.reported().contains(self.says),
            "{name}: {:?} is not reported in {}",
            self.says,
            ended.stderr
        );
        assert!(ended.took < AT_MOST, "{name} took {:?}: {}", ended.took, ended.stderr);
        let missing = |index: usize| self.status != 0 && (position == 0 || index + 1 == position);
        assert_eq!(
            operation.signed(&bench, &ended),
            [0, 1, 2].map(|index| !missing(index)),
            "{name}"
        );
        let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
        assert_eq!(record.connections.len(), self.connections, "{name}: {}", ended.stderr);
        assert!((self.seen)(&record, position), "{name}: {}\n{record:#?}", ended.stderr);
        asked_again_only_for_want_of_an_answer(&record, &name);
    }
}

/// A request that is answered or accepted is not sent again; no request is sent more than twice.
#[track_caller]
pub fn asked_again_only_for_want_of_an_answer(record: &Record, name: &str) {
    let mut last: HashMap<&str, usize> = HashMap::new();
    for request in &record.requests {
        last.insert(request.request_id.as_deref().unwrap(), request.connection);
    }
    let times = record.arrivals();
    assert!(times.iter().all(|count| *count <= 2), "{name}: {times:?}");
    for delivery in record.accepted() {
        let id = delivery.request_id.as_deref().unwrap();
        // A foreign reply answers no request of the run.
        let asked = last.get(id).copied().unwrap_or_default();
        assert!(asked <= delivery.connection, "{name}: {id} was answered, and sent again");
    }
}
