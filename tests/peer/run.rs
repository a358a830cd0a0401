//! What a run did, and how two runs are compared.

use amqp_sandbox::{Record, record::RequestRecord};

use crate::{
    harness::Ended,
    normal::{self, Ids},
};

/// What a program did, and what the sandbox saw of it.
pub struct Run {
    pub ended: Ended,
    pub record: Record,
}

impl Run {
    /// Fails the test unless the run succeeded.
    #[track_caller]
    pub fn signed(self) -> Self {
        assert!(!self.record.requests.is_empty(), "nothing was sent:\n{}", self.ended.stderr);
        Self { ended: self.ended.expect(0), ..self }
    }

    /// Fails the test unless the run wrote only to standard error.
    #[track_caller]
    pub fn does_nothing(self, status: i32) {
        let ended = self.ended.expect(status);
        assert_eq!(ended.stdout, "");
        assert!(
            self.record.requests.is_empty() && self.record.links.is_empty(),
            "{}",
            ended.stderr
        );
    }

    /// Fails the test unless the other run did the same as this one, which is a run of pubtools-sign.
    #[track_caller]
    pub fn equals(&self, ours: &Self) {
        self.compare(ours, "connections", |run| normal::connections(&run.record));
        self.compare(ours, "links", |run| normal::links(&run.record));
        self.sends_the_same_requests(ours);
        self.compare(ours, "outcomes of replies", |run| normal::outcomes(&run.record));
        self.prints_the_same(ours);
    }

    #[track_caller]
    pub fn sends_the_same_requests(&self, ours: &Self) {
        self.compare(ours, "requests", |run| normal::requests(&run.record));
        assert_eq!(
            (self.durable(), ours.durable()),
            (0, ours.record.requests.len()),
            "amqp-messenger's requests are durable"
        );
    }

    #[track_caller]
    pub fn prints_the_same(&self, ours: &Self) {
        self.compare(ours, "standard output", Self::printed);
        self.compare(ours, "exit status", |run| run.ended.status.to_string());
    }

    /// How many requests are durable.
    pub fn durable(&self) -> usize {
        let headers = self.record.requests.iter().filter_map(RequestRecord::header);
        headers.filter(|header| header.durable).count()
    }

    pub fn printed(&self) -> String {
        normal::printed(&self.ended.stdout, &Ids::of(&self.record))
    }

    #[track_caller]
    fn compare(&self, ours: &Self, what: &str, of: impl Fn(&Self) -> String) {
        let (theirs, these) = (of(self), of(ours));
        if theirs != these {
            let at = theirs.bytes().zip(these.bytes()).take_while(|(a, b)| a == b).count();
            panic!(
                "{what} differ at {at}.\npubtools-sign:\n{theirs}\n\namqp-messenger:\n{these}\n\nlog of pubtools-sign:\n{}\nlog of amqp-messenger:\n{}",
                self.ended.stderr, ours.ended.stderr
            );
        }
    }
}
