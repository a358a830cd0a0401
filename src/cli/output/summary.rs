//! A table for people: item, key, state and time.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    Run,
    error::{printable, printable_path},
    signing::{Notice, Observer},
    transport,
};

use super::{
    pairs::{Item, Pair, Pairs},
    standing::{self, Standing},
};

/// Notes when replies come, and writes the table at the end.
pub(super) struct Summary<'a> {
    pairs: Rc<Pairs<'a>>,
    began: Instant,
    /// For each request the time of the last reply to it.
    times: RefCell<Vec<Option<Duration>>>,
}

const HEAD: [&str; 4] = ["ITEM", "KEY", "STATE", "TIME"];

impl<'a> Summary<'a> {
    pub(super) fn new(pairs: Rc<Pairs<'a>>, run: &Run) -> Self {
        let times = RefCell::new(vec![None; run.entries().len()]);
        Self { pairs, began: transport::now(), times }
    }

    /// Writes the table, at most this wide if items can be cut.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        run: &Run,
        width: Option<usize>,
    ) -> io::Result<()> {
        let rows = self.rows(run);
        let columns = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([HEAD[column].len()]).max().unwrap_or(0)
        };
        let [mut item, key, state] = [0, 1, 2].map(columns);
        if let Some(width) = width {
            let others = key + state + columns(3) + 3 * GAP;
            item = item.min(width.saturating_sub(others).max(NARROWEST));
        }
        let head = HEAD.map(str::to_owned);
        for row in [&head].into_iter().chain(&rows) {
            let line = format!(
                "{:item$}  {:key$}  {:state$}  {}",
                cut(&row[0], item),
                row[1],
                row[2],
                row[3]
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// In the order of the input.
    fn rows(&self, run: &Run) -> Vec<[String; 4]> {
        let times = self.times.borrow();
        let mut rows = vec![<[String; 4]>::default(); self.pairs.len()];
        for &number in self.pairs.existing().keys() {
            rows[number] = row(self.pairs.get(number), Standing::Exists, String::new());
        }
        for (number, entry) in run.entries().iter().enumerate() {
            let values =
                if standing::is_signed(entry) { Vec::new() } else { entry.signed_values() };
            for (pair, value) in self.pairs.of_request(number) {
                let is_filled = values.get(value).is_none_or(|value| !value.is_empty());
                let time = times[number].map(|time| format!("{:.1} s", time.as_secs_f64()));
                let standing = Standing::of(entry, is_filled);
                rows[pair] = row(self.pairs.get(pair), standing, time.unwrap_or_default());
            }
        }
        rows
    }
}

impl Observer for Summary<'_> {
    fn notice(&self, notice: Notice<'_>) {
        if let Notice::Reply(noted, _) = notice {
            let time = transport::now().duration_since(self.began);
            self.times.borrow_mut()[noted.index] = Some(time);
        }
    }

    fn drops_replies(&self) -> bool {
        true
    }
}

fn row(pair: Pair<'_>, standing: Standing, time: String) -> [String; 4] {
    let key = pair.key.name().filter(|name| !name.is_empty());
    let key = printable(key.unwrap_or(pair.key.id()));
    [item(pair.item), key, standing.word().replace('_', " "), time]
}

const GAP: usize = 2;

/// Items are not cut further than this.
const NARROWEST: usize = 20;

/// This many digits of a digest distinguish images for people.
const DIGITS: usize = 12;

fn item(item: Item<'_>) -> String {
    match item {
        Item::Image { reference, .. } if reference.contains('@') => printable(reference),
        Item::Image { reference, digest, .. } => {
            let end = digest.find(':').map_or(0, |at| at + 1) + DIGITS;
            printable(&format!("{reference} {}", digest.get(..end).unwrap_or(digest)))
        }
        Item::File(path) => printable_path(path),
        Item::Text(text) => printable(text),
    }
}

/// The end of an item says more than its beginning.
fn cut(text: &str, width: usize) -> String {
    match text.chars().count().checked_sub(width) {
        None | Some(0) => text.to_owned(),
        Some(more) => format!("…{}", text.chars().skip(more + 1).collect::<String>()),
    }
}
