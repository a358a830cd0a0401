//! The plot of docs/performance.svg: time over the number of requests, both logarithmic.

use std::fmt::Write;

use crate::samples::{Samples, quantile};

const WIDTH: f64 = 840.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 700.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 400.0;

/// Powers of ten: of requests, and of seconds.
const COUNTS: std::ops::RangeInclusive<i32> = 0..=5;
const SECONDS: std::ops::RangeInclusive<i32> = -3..=3;

/// Each line: the program, the label at its end, its colour.
const LINES: [(&str, &str, &str); 3] = [
    ("pubtools-sign", "pubtools-sign", "#cf222e"),
    ("amqp-messenger", "amqp-messenger", "#0969da"),
    ("limit", "Proton and TLS", "#57606a"),
];

fn x(count: f64) -> f64 {
    place(count, *COUNTS.start(), *COUNTS.end(), LEFT, RIGHT)
}

fn y(seconds: f64) -> f64 {
    place(seconds, *SECONDS.start(), *SECONDS.end(), BOTTOM, TOP)
}

fn place(value: f64, first: i32, last: i32, from: f64, to: f64) -> f64 {
    from + (value.log10() - f64::from(first)) / f64::from(last - first) * (to - from)
}

/// Medians: number of requests, seconds.
fn points(samples: &Samples, program: &str) -> Vec<(f64, f64)> {
    let counts = [1, 10, 100, 1000, 3000, 10_000, 100_000];
    let median = |count: u32| {
        // More images than a command line holds are in a list.
        let work = ["images", "list"].map(|kind| format!("{kind} {count}"));
        let wall = work.iter().find_map(|work| quantile(&samples.of(work, program, "wall s"), 0.5));
        Some((f64::from(count), wall?))
    };
    counts.into_iter().filter_map(median).collect()
}

/// The picture.
pub(crate) fn plot(samples: &Samples) -> String {
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">
<title>Time of a run over the number of its requests: pubtools-sign, amqp-messenger, and the limit</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>
<g font-family="Helvetica, Arial, sans-serif" font-size="13" text-anchor="middle" fill="#1f2328">
"##
    );
    draw(&mut svg, samples).unwrap_or_default();
    svg += "</g>\n</svg>\n";
    svg
}

fn draw(svg: &mut String, samples: &Samples) -> std::fmt::Result {
    for power in COUNTS {
        let (x, label) = (x(10f64.powi(power)), grouped(10u32.pow(power as u32)));
        writeln!(svg, r##"<path d="M{x:.1} {TOP}V{BOTTOM}" stroke="#d0d7de"/>"##)?;
        writeln!(svg, r#"<text x="{x:.1}" y="{}">{label}</text>"#, BOTTOM + 20.0)?;
    }
    for power in SECONDS {
        let y = y(10f64.powi(power));
        let label = match power {
            ..0 => format!("{} ms", 10u32.pow((power + 3) as u32)),
            _ => format!("{} s", grouped(10u32.pow(power as u32))),
        };
        writeln!(svg, r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#d0d7de"/>"##)?;
        writeln!(
            svg,
            r#"<text x="{}" y="{:.1}" text-anchor="end">{label}</text>"#,
            LEFT - 8.0,
            y + 4.0
        )?;
    }
    let middle = (LEFT + RIGHT) / 2.0;
    writeln!(svg, r#"<text x="{middle}" y="{}">requests in a run</text>"#, BOTTOM + 44.0)?;
    // Labels are below each other, also if lines end at almost the same place.
    let mut lowest = TOP;
    for (program, label, colour) in LINES {
        let points: Vec<_> =
            points(samples, program).into_iter().map(|(count, wall)| (x(count), y(wall))).collect();
        let Some((last_x, last_y)) = points.last() else { continue };
        lowest = (last_y + 4.0).max(lowest + 16.0);
        let path: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        writeln!(
            svg,
            r#"<path d="M{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            path.join("L")
        )?;
        for (x, y) in &points {
            writeln!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"/>"#)?;
        }
        writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="start" fill="{colour}">{label}</text>"#,
            last_x + 10.0,
            lowest
        )?;
    }
    Ok(())
}

/// 10,000
fn grouped(number: u32) -> String {
    match number {
        1000.. => format!("{},{:03}", number / 1000, number % 1000),
        _ => number.to_string(),
    }
}
