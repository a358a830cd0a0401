//! What is promised: the table of docs/performance.md, from the samples.

use std::fmt::Write;

use crate::samples::{Samples, quantile};

/// What is compared: work, program and figure.
type Of = (&'static str, &'static str, &'static str);

/// A row: (`plus` - `minus`) / `over` * `scale`.
struct Row {
    what: &'static str,
    plus: Of,
    minus: Option<Of>,
    over: Option<Of>,
    scale: f64,
    unit: &'static str,
    must: Must,
}

#[derive(Clone, Copy)]
enum Must {
    AtLeast(f64),
    AtMost(f64),
    /// What would be good, and is not promised.
    Better(f64),
}

const OURS: &str = "amqp-messenger";
const PEER: &str = "pubtools-sign";
const LIMIT: &str = "limit";
const STATIC: &str = "static";

const WALL: &str = "wall s";
const CPU: &str = "cpu s";
const PEAK: &str = "peak KiB";
const COUNT: &str = "instructions";
const SIZE: &str = "bytes";

impl Row {
    const fn one(what: &'static str, plus: Of, scale: f64, unit: &'static str, must: Must) -> Self {
        Self { what, plus, minus: None, over: None, scale, unit, must }
    }

    const fn ratio(what: &'static str, plus: Of, over: Of, must: Must) -> Self {
        Self { what, plus, minus: None, over: Some(over), scale: 1.0, unit: " ×", must }
    }

    const fn minus(mut self, minus: Of) -> Self {
        self.minus = Some(minus);
        self
    }

    /// The figure, and the half of all runs around it.
    fn figure(&self, samples: &Samples) -> Option<[f64; 3]> {
        let at = |of: Option<Of>, part, default| match of {
            Some((work, program, what)) => quantile(&samples.of(work, program, what), part),
            None => Some(default),
        };
        let mut figure = [0.0; 3];
        for (place, part) in figure.iter_mut().zip([0.25, 0.5, 0.75]) {
            let difference = at(Some(self.plus), part, 0.0)? - at(self.minus, 0.5, 0.0)?;
            *place = difference / at(self.over, 1.0 - part, 1.0)? * self.scale;
        }
        Some(figure)
    }

    fn is_reached(&self, figure: f64) -> bool {
        match self.must {
            AtLeast(least) => figure >= least,
            AtMost(most) | Better(most) => figure <= most,
        }
    }
}

const MIB: f64 = 1.0 / 1024.0;
/// In one round trip of 50 ms.
const TRIPS: f64 = 1.0 / 0.05;
/// In a file of 50 MB.
const SIZES: f64 = 1024.0 / 50e6;

use Must::{AtLeast, AtMost, Better};

const ROWS: [Row; 28] = [
    Row::ratio(
        "one container signature: time of pubtools-sign over that of the client",
        ("images 1", PEER, WALL),
        ("images 1", OURS, WALL),
        AtLeast(60.0),
    ),
    Row::ratio(
        "the same of the static program",
        ("images 1", PEER, WALL),
        ("images 1", STATIC, WALL),
        AtLeast(60.0),
    ),
    Row::one(
        "time of the client above that of the limit",
        ("images 1", OURS, WALL),
        1e3,
        " ms",
        Better(2.0),
    )
    .minus(("images 1", LIMIT, WALL)),
    Row::one("instructions of the client", ("images 1", OURS, COUNT), 1e-6, " M", AtMost(25.0)),
    Row::one("those of the static program", ("images 1", STATIC, COUNT), 1e-6, " M", AtMost(25.0)),
    Row::one("peak memory of the client", ("images 1", OURS, PEAK), MIB, " MiB", AtMost(6.0)),
    Row::one("that of the static program", ("images 1", STATIC, PEAK), MIB, " MiB", AtMost(6.0)),
    Row::one(
        "instructions of each further request",
        ("images 3000", OURS, COUNT),
        1e-3 / 2000.0,
        " k",
        AtMost(90.0),
    )
    .minus(("images 1000", OURS, COUNT)),
    Row::one("the same over mqtts", ("mqtts 3000", OURS, COUNT), 1e-3 / 2000.0, " k", AtMost(90.0))
        .minus(("mqtts 1000", OURS, COUNT)),
    Row::ratio(
        "10,000 images: time of pubtools-sign over that of the client",
        ("images 10000", PEER, WALL),
        ("images 10000", OURS, WALL),
        AtLeast(1000.0),
    ),
    Row::ratio(
        "10,000 images: time of the client over that of the limit",
        ("images 10000", OURS, WALL),
        ("images 10000", LIMIT, WALL),
        Better(3.0),
    ),
    Row::one("10,000 images: peak memory", ("images 10000", OURS, PEAK), MIB, " MiB", AtMost(40.0)),
    Row::ratio(
        "100,000 images of a list, a line of JSON each: time over that of 10,000",
        ("list 100000", OURS, WALL),
        ("list 10000", OURS, WALL),
        AtMost(10.5),
    ),
    Row::one("its peak memory", ("list 100000", OURS, PEAK), MIB, " MiB", AtMost(48.0)),
    Row::one(
        "that of the static program",
        ("list 100000", STATIC, PEAK),
        MIB,
        " MiB",
        AtMost(48.0),
    ),
    Row::one(
        "1,000 images at a round trip of 50 ms",
        ("far images 1000", OURS, WALL),
        TRIPS,
        " round trips",
        AtMost(8.0),
    ),
    Row::one(
        "one image at a round trip of 50 ms",
        ("far images 1", OURS, WALL),
        TRIPS,
        " round trips",
        AtMost(5.0),
    ),
    Row::ratio(
        "batch of 10,000 images: time of pubtools-sign over that of the client",
        ("batch 10000", PEER, WALL),
        ("batch 10000", OURS, WALL),
        AtLeast(100.0),
    ),
    Row::one(
        "clear-sign of a text of 50 MB: memory above that of a short text, over its size",
        ("text 50 MB", OURS, PEAK),
        SIZES,
        " ×",
        AtMost(2.5),
    )
    .minus(("text 1 kB", OURS, PEAK)),
    Row::one(
        "blob-sign of a file of 50 MB: the same",
        ("file 50 MB", OURS, PEAK),
        SIZES,
        " ×",
        AtMost(2.5),
    )
    .minus(("file 1 kB", OURS, PEAK)),
    Row::ratio(
        "10,000 images on a thread with a stack of 2 MiB: processor time over that of the main thread",
        ("thread 10000", OURS, CPU),
        ("main thread 10000", OURS, CPU),
        AtMost(1.05),
    ),
    Row::ratio(
        "10,000 images over mqtts: time over that over amqps",
        ("mqtts 10000", OURS, WALL),
        ("amqps 10000", OURS, WALL),
        AtMost(1.0),
    ),
    Row::ratio(
        "the same: processor time",
        ("mqtts 10000", OURS, CPU),
        ("amqps 10000", OURS, CPU),
        Better(1.0),
    ),
    Row::one(
        "30 s of waiting for a reply: processor time",
        ("wait 30 s", OURS, CPU),
        1e3,
        " ms",
        AtMost(5.0),
    )
    .minus(("images 1", OURS, CPU)),
    Row::one("size of the small program", ("size", OURS, SIZE), 1e-6, " MB", Better(1.9)),
    Row::one("size of the static program", ("size", STATIC, SIZE), 1e-6, " MB", AtMost(8.0)),
    Row::ratio(
        "10,000 images: processor time of the broker over the time",
        ("images 10000", OURS, "broker cpu s"),
        ("images 10000", OURS, WALL),
        AtMost(0.9),
    ),
    Row::ratio(
        "batch of 10,000 images: the same",
        ("batch 10000", OURS, "broker cpu s"),
        ("batch 10000", OURS, WALL),
        AtMost(0.9),
    ),
];

/// How often the time of the client fits into that of pubtools-sign: for one image, for 10,000, and for a batch of them.
/// Rounded down to two digits.
pub(crate) fn times_faster(samples: &Samples) -> Option<[String; 3]> {
    let mut all =
        ROWS.iter().filter(|row| row.plus.1 == PEER && row.over.is_some_and(|of| of.1 == OURS));
    let mut next = || {
        let [_, figure, _] = all.next()?.figure(samples)?;
        let unit = 10f64.powf(figure.log10().floor() - 1.0);
        let rounded = ((figure / unit).floor() * unit) as u64;
        Some(match rounded {
            1000.. => format!("{},{:03}", rounded / 1000, rounded % 1000),
            _ => rounded.to_string(),
        })
    };
    Some([next()?, next()?, next()?])
}

/// The table; whether everything in it is reached, and measured.
pub(crate) fn table(samples: &Samples) -> (String, bool) {
    let mut text =
        "| what | measured | half of the runs | must be | reached |\n|---|---|---|---|---|\n"
            .to_owned();
    let mut all = true;
    for row in &ROWS {
        let (sign, bound) = match row.must {
            AtLeast(least) => ("≥", least),
            AtMost(most) => ("≤", most),
            Better(most) => ("better ≤", most),
        };
        let is_promised = !matches!(row.must, Better(_));
        let (what, unit) = (row.what, row.unit);
        let (measured, spread, reached) = match row.figure(samples) {
            Some([low, figure, high]) => {
                let reached = row.is_reached(figure);
                all &= reached || !is_promised;
                let spread = format!("{} to {}", digits(low), digits(high));
                (
                    format!("{}{unit}", digits(figure)),
                    spread,
                    if reached { "yes" } else { "**no**" },
                )
            }
            None => {
                all &= !is_promised;
                ("not measured".to_owned(), String::new(), "")
            }
        };
        writeln!(text, "| {what} | {measured} | {spread} | {sign} {bound}{unit} | {reached} |")
            .unwrap_or_default();
    }
    (text, all)
}

/// Three significant digits.
fn digits(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_it_is_reached() {
        let mut samples = Samples::default();
        for (run, wall) in [0.004, 0.005, 0.006].into_iter().enumerate() {
            samples.put("images 1", OURS, run, WALL, wall);
            samples.put("images 1", PEER, run, WALL, 0.35);
        }
        let (table, all) = table(&samples);
        let first = table.lines().nth(2).unwrap();
        assert!(first.ends_with("| 70.0 × | 63.6 to 77.8 | ≥ 60 × | yes |"), "{first}");
        assert!(!all, "other rows are not measured");
    }
}
