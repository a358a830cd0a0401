//! docs/performance.md, and three figures on the front page: what is between the markers is written from results.csv, and a test holds it.

use std::{error::Error, fs, path::Path};

use crate::{plot, samples::Samples, table};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const RESULTS: &str = "benches/results.csv";
const PLOT: &str = "docs/performance.svg";
const PAGE: &str = "docs/performance.md";
const FRONT: &str = "README.md";
const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end of what was measured -->\n";

/// A text with this between its markers.
fn filled(text: &str, name: &str, with: &str) -> Result<String, String> {
    let parts =
        text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or(format!("{name} has no markers"))?;
    Ok(format!("{before}{BEGIN}{with}{END}{after}"))
}

/// The page with the machine and the table of these samples.
fn page(text: &str, samples: &Samples) -> Result<String, String> {
    let (table, _) = table::table(samples);
    let machine = samples.machine.join("; ");
    filled(text, PAGE, &format!("Measured with: {machine}.\n\n{table}"))
}

/// The front page with three figures of these samples.
fn front(text: &str, samples: &Samples) -> Result<String, String> {
    let [one, many, batch] =
        table::times_faster(samples).ok_or("pubtools-sign was not measured beside the client")?;
    let with = format!(
        "One signature takes 1/{one} of the time that `pubtools-sign` needs, 10,000 take 1/{many}, a batch of 10,000 takes 1/{batch}, side by\n\
         side on one machine: [docs/performance.md](docs/performance.md).\n"
    );
    filled(text, FRONT, &with)
}

/// What is kept of the last run.
pub(crate) fn results() -> Result<Samples, Box<dyn Error>> {
    let text = fs::read_to_string(Path::new(ROOT).join(RESULTS))?;
    Ok(Samples::from_csv(&text).ok_or(format!("{RESULTS} is damaged"))?)
}

/// Writes the samples, the plot and the page.
pub(crate) fn write(samples: &Samples) -> Result<(), Box<dyn Error>> {
    let root = Path::new(ROOT);
    fs::write(root.join(RESULTS), samples.to_csv())?;
    fs::write(root.join(PLOT), plot::plot(samples))?;
    let text = fs::read_to_string(root.join(PAGE))?;
    fs::write(root.join(PAGE), page(&text, samples)?)?;
    let text = fs::read_to_string(root.join(FRONT))?;
    fs::write(root.join(FRONT), front(&text, samples)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> String {
        fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
    }

    #[test]
    fn pages_and_plot_are_those_of_the_results() {
        let samples = results().unwrap();
        assert_eq!(Ok(read(PAGE)), page(&read(PAGE), &samples), "run make bench-page");
        assert_eq!(Ok(read(FRONT)), front(&read(FRONT), &samples), "run make bench-page");
        assert_eq!(read(PLOT), plot::plot(&samples), "run make bench-page");
    }
}
