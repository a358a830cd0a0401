//! What is counted of a run, and the words for it.

use std::time::{Duration, Instant};

use crate::signing::{Entry, Notice, State};

/// What has happened so far.
pub(super) struct Counts {
    /// How far each request got.
    stages: Vec<Stage>,
    /// How many got at least so far, by the number of the stage.
    reached: [usize; 4],
    /// The cycle, and how many there are at most.
    cycle: Option<(u32, u32)>,
    /// The window, and how many there are at most.
    window: Option<(u32, u32)>,
    timeout: Duration,
    /// When the window ends if nothing comes. What comes in parts may prolong it without a notice.
    until: Instant,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Stage {
    NotSent,
    Sent,
    Accepted,
    Answered,
}

impl Counts {
    fn new(requests: usize, now: Instant) -> Self {
        Self {
            stages: vec![Stage::NotSent; requests],
            reached: [requests, 0, 0, 0],
            cycle: None,
            window: None,
            timeout: Duration::ZERO,
            until: now,
        }
    }

    /// What is known of a run before it begins: a state file may have answers.
    pub(super) fn of(entries: &[Entry], now: Instant) -> Self {
        let mut counts = Self::new(entries.len(), now);
        for (index, entry) in entries.iter().enumerate() {
            counts.reach(index, entry);
        }
        counts
    }

    pub(super) fn answered(&self) -> usize {
        self.reached[Stage::Answered as usize]
    }

    pub(super) fn notice(&mut self, notice: Notice<'_>, now: Instant) {
        match notice {
            Notice::Cycle { number, of, .. } => {
                (self.cycle, self.window) = (Some((number, of)), None);
            }
            Notice::Window { number, of, timeout, .. } => {
                (self.window, self.timeout) = (Some((number, of)), timeout);
                self.until = now + timeout;
            }
            Notice::Sent(noted) | Notice::Outcome(noted) => self.reach(noted.index, noted.entry),
            Notice::Reply(noted, _) => {
                self.reach(noted.index, noted.entry);
                self.until = now + self.timeout;
            }
        }
    }

    fn reach(&mut self, index: usize, entry: &Entry) {
        let stage = match entry.state() {
            State::Sent => Stage::Sent,
            State::Accepted => Stage::Accepted,
            State::Answered(_) | State::ReplyTooLarge(_) => Stage::Answered,
            _ => return,
        };
        self.reach_stage(index, stage);
    }

    /// Counts a request for each stage that it had not reached before.
    fn reach_stage(&mut self, index: usize, stage: Stage) {
        let before = &mut self.stages[index];
        if stage > *before {
            for reached in &mut self.reached[*before as usize + 1..=stage as usize] {
                *reached += 1;
            }
            *before = stage;
        }
    }

    /// The longest words that fit into this many columns.
    pub(super) fn words(&self, now: Instant, columns: usize) -> String {
        let [all, sent, accepted, answered] = self.reached.map(grouped);
        let Some((cycle, cycles)) = self.cycle else { return "connecting".into() };
        let (long, short, least) = match self.window {
            None => ("sending".to_owned(), "sending".to_owned(), "sending".to_owned()),
            Some((window, windows)) => {
                // A clock that shows 0 has run out.
                let left = self.until.saturating_duration_since(now) + Duration::from_millis(999);
                let left = left.as_secs();
                (
                    format!("window {window} of {windows}, {left} s left"),
                    format!("window {window}/{windows} {left} s"),
                    format!("{left} s"),
                )
            }
        };
        let counts = format!("sent {sent}, accepted {accepted}, answered {answered}");
        let choices = [
            format!("{counts} of {all}; cycle {cycle} of {cycles}, {long}"),
            format!("{counts}/{all}; cycle {cycle}/{cycles} {short}"),
            format!("answered {answered}/{all}; cycle {cycle}/{cycles} {short}"),
            format!("{answered}/{all} cycle {cycle}/{cycles} {short}"),
            format!("{answered}/{all} {least}"),
        ];
        let fitting = choices.into_iter().find(|words| words.len() <= columns);
        fitting.unwrap_or_else(|| answered.chars().take(columns).collect())
    }
}

/// `1,204`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1204, "1,204"), (10_000, "10,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_request_counts_once_for_each_stage_whatever_the_order() {
        let mut counts = Counts::new(3, Instant::now());
        for (index, stage) in [
            (0, Stage::Sent),
            (1, Stage::Answered),
            (1, Stage::Accepted),
            (0, Stage::Sent),
            (0, Stage::Accepted),
        ] {
            counts.reach_stage(index, stage);
        }
        assert_eq!(counts.reached, [3, 2, 2, 1]);
    }

    #[test]
    fn words_fit_and_say_as_much_as_there_is_room_for() {
        let now = Instant::now();
        let mut counts = Counts::new(10_000, now);
        assert_eq!(counts.words(now, 80), "connecting");
        counts.notice(Notice::Cycle { number: 1, of: 2, open: 10_000 }, now);
        counts.reached = [10_000, 10_000, 10_000, 8_130];
        let cycle = "sent 10,000, accepted 10,000, answered 8,130";
        assert_eq!(counts.words(now, 80), format!("{cycle} of 10,000; cycle 1 of 2, sending"));
        let timeout = Duration::from_secs(60);
        counts.notice(Notice::Window { number: 1, of: 3, open: 1_870, timeout }, now);
        let now = now + Duration::from_millis(17_500);
        for (columns, words) in [
            (usize::MAX, format!("{cycle} of 10,000; cycle 1 of 2, window 1 of 3, 43 s left")),
            (79, format!("{cycle}/10,000; cycle 1/2 window 1/3 43 s")),
            (60, "answered 8,130/10,000; cycle 1/2 window 1/3 43 s".into()),
            (39, "8,130/10,000 cycle 1/2 window 1/3 43 s".into()),
            (20, "8,130/10,000 43 s".into()),
            (10, "8,130".into()),
        ] {
            assert_eq!(counts.words(now, columns), words);
            assert!(words.len() <= columns);
        }
        assert!(counts.words(now + timeout, 20).ends_with(" 0 s"));
    }
}
