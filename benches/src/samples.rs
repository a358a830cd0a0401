//! What was measured, as it is kept in results.csv.

use std::fmt::Write;

/// One figure of one run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) work: String,
    pub(crate) program: String,
    pub(crate) run: usize,
    pub(crate) what: String,
    pub(crate) value: f64,
}

const HEAD: &str = "work,program,run,what,value";

/// All of it, and where it was measured.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Samples {
    /// The machine and the versions, a line each.
    pub(crate) machine: Vec<String>,
    pub(crate) all: Vec<Sample>,
}

impl Samples {
    pub(crate) fn put(&mut self, work: &str, program: &str, run: usize, what: &str, value: f64) {
        let (work, program, what) = (work.to_owned(), program.to_owned(), what.to_owned());
        // As precise as it is read again.
        let value = format!("{value:.7}").parse().unwrap_or(value);
        self.all.push(Sample { work, program, run, what, value });
    }

    /// The figures of all runs, in ascending order.
    pub(crate) fn of(&self, work: &str, program: &str, what: &str) -> Vec<f64> {
        let is = |it: &&Sample| (&*it.work, &*it.program, &*it.what) == (work, program, what);
        let mut values: Vec<_> = self.all.iter().filter(is).map(|it| it.value).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    pub(crate) fn to_csv(&self) -> String {
        let mut text: String = self.machine.iter().map(|line| format!("# {line}\n")).collect();
        text += HEAD;
        text.push('\n');
        for Sample { work, program, run, what, value } in &self.all {
            writeln!(text, "{work},{program},{run},{what},{value}").unwrap_or_default();
        }
        text
    }

    pub(crate) fn from_csv(text: &str) -> Option<Self> {
        let (mut machine, mut all) = (Vec::new(), Vec::new());
        for line in text.lines().filter(|line| *line != HEAD) {
            if let Some(line) = line.strip_prefix("# ") {
                machine.push(line.to_owned());
                continue;
            }
            let fields: Vec<_> = line.split(',').collect();
            let [work, program, run, what, value] = fields[..] else { return None };
            all.push(Sample {
                work: work.to_owned(),
                program: program.to_owned(),
                run: run.parse().ok()?,
                what: what.to_owned(),
                value: value.parse().ok()?,
            });
        }
        Some(Self { machine, all })
    }
}

/// The value below which that part of the sorted values lies.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let at = part * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut samples = Samples { machine: vec!["a, b".to_owned()], ..Samples::default() };
        samples.put("sign 1", "limit", 0, "wall", 1.0 / 3.0);
        samples.put("sign 1", "limit", 1, "wall", 0.25);
        assert_eq!(Samples::from_csv(&samples.to_csv()), Some(samples));
        assert_eq!(Samples::from_csv("a,b\n"), None);
    }

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
    }
}
