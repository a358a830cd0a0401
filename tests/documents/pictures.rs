//! Pictures are drawn from texts beside them: `docs/x.svg` from `docs/x.txt`.
//!
//! `WRITE_PICTURES=1 cargo test --test documents pictures` draws them again.
//!
//! A text begins with the kind of the picture and its title, after a colon. Empty lines and lines that begin with `#` are
//! ignored.
//!
//! - `sequence` shows messages between parties in the order of time. Its second line names the parties, with `|` between
//!   them. `A > B: TEXT` is a message, `A: TEXT` a note.
//! - `layers` shows boxes on top of each other. A line is a row; boxes in it have `|` between them. A box is `NAME: TEXT`.

use std::{env, fmt::Write, fs};

use crate::files;

const WIDTH: usize = 840;
const BOX: &str = "#ddf4ff";
const NOTE: &str = "#fff8c5";
const BOLD: &str = r#" font-weight="bold""#;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The parts of a picture, from top to bottom.
struct Picture {
    svg: String,
    height: usize,
}

impl Picture {
    /// Writes `text` with its middle at `x`.
    fn text(&mut self, (x, y): (usize, usize), attributes: &str, text: &str) {
        let text = escaped(text);
        writeln!(self.svg, r#"<text x="{x}" y="{y}"{attributes}>{text}</text>"#).unwrap();
    }

    fn rectangle(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), color: &str) {
        writeln!(
            self.svg,
            r##"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{color}" stroke="#57606a"/>"##
        )
        .unwrap();
    }

    fn arrow(&mut self, from: usize, to: usize, y: usize) {
        let neck = if from < to { to - 8 } else { to + 8 };
        let (above, below) = (y - 4, y + 4);
        writeln!(
            self.svg,
            r##"<path d="M{from} {y}H{neck}" stroke="#1f2328"/><path d="M{neck} {above}L{to} {y}L{neck} {below}z"/>"##
        )
        .unwrap();
    }

    fn sequence<'a>(&mut self, mut lines: impl Iterator<Item = &'a str>) {
        let parties: Vec<_> = lines.next().expect("parties").split('|').map(str::trim).collect();
        let distance = WIDTH / parties.len();
        let place = |name: &str| {
            let number = parties.iter().position(|party| *party == name);
            distance / 2 + distance * number.unwrap_or_else(|| panic!("no party {name:?}"))
        };
        let top = self.height;
        self.height += 46;
        let mut rows = Self { svg: String::new(), height: self.height };
        for line in lines {
            let (who, text) = line.split_once(": ").expect("`A > B: TEXT` or `A: TEXT`");
            rows.height += 34;
            if let Some((from, to)) = who.split_once(" > ") {
                let (from, to) = (place(from), place(to));
                rows.text((from.midpoint(to), rows.height - 14), "", text);
                rows.arrow(from, to, rows.height - 8);
            } else {
                let width = 30 + text.chars().count() * 7;
                let left = place(who).saturating_sub(width / 2).clamp(8, WIDTH - width - 8);
                rows.rectangle((left, rows.height - 27), (width, 24), NOTE);
                rows.text((left + width / 2, rows.height - 10), "", text);
            }
        }
        // The lines of the parties lie below what is written on them.
        for party in &parties {
            let x = place(party);
            self.rectangle((x - 90, top), (180, 30), BOX);
            self.text((x, top + 20), BOLD, party);
            let (start, end) = (top + 30, rows.height + 6);
            writeln!(
                self.svg,
                r##"<path d="M{x} {start}V{end}" stroke="#9198a1" stroke-dasharray="4 3"/>"##
            )
            .unwrap();
        }
        self.svg += &rows.svg;
        self.height = rows.height + 14;
    }

    fn layers<'a>(&mut self, lines: impl Iterator<Item = &'a str>) {
        const GAP: usize = 10;
        for line in lines {
            let boxes: Vec<_> = line.split('|').map(str::trim).collect();
            let width = (WIDTH - GAP * (boxes.len() + 1)) / boxes.len();
            for (number, text) in boxes.iter().enumerate() {
                let (name, text) = text.split_once(": ").expect("`NAME: TEXT`");
                let left = GAP + number * (width + GAP);
                self.rectangle((left, self.height), (width, 46), BOX);
                self.text((left + width / 2, self.height + 19), BOLD, name);
                self.text((left + width / 2, self.height + 37), "", text);
            }
            self.height += 46 + GAP;
        }
    }
}

fn draw(source: &str) -> String {
    let mut lines =
        source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (kind, title) = lines.next().and_then(|line| line.split_once(": ")).expect("`KIND: TITLE`");
    let mut picture = Picture { svg: String::new(), height: 12 };
    match kind {
        "sequence" => picture.sequence(lines),
        "layers" => picture.layers(lines),
        _ => panic!("{kind:?} is not a kind of picture"),
    }
    let Picture { svg, height } = picture;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">
<title>{}</title>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
<g font-family="Helvetica, Arial, sans-serif" font-size="13" text-anchor="middle" fill="#1f2328">
{svg}</g>
</svg>
"##,
        escaped(title)
    )
}

#[test]
fn every_picture_is_that_of_its_text() {
    let sources = files("docs", "txt");
    assert!(!sources.is_empty());
    for source in sources {
        let goal = source.with_extension("svg");
        let drawn = draw(&fs::read_to_string(&source).unwrap());
        if env::var_os("WRITE_PICTURES").is_some() {
            fs::write(&goal, drawn).unwrap();
        } else {
            let kept = fs::read_to_string(&goal).unwrap_or_default();
            assert!(
                kept == drawn,
                "{} is not the picture of its text: WRITE_PICTURES=1 draws it",
                goal.display()
            );
        }
    }
}
