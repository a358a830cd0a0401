//! The nearest known word, for "did you mean".

/// Finds the known word that a misspelt one most likely stands for, if any is near enough.
///
/// A word that begins with the misspelt one counts as very near, whatever its length, so that an
/// abbreviation finds its full name before any other word.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let far = |known: &str| {
        let abbreviated = word.len() > 2 && known.starts_with(word);
        if abbreviated { 1 } else { distance(word, known) }
    };
    known
        .iter()
        .map(|known| (far(known), *known))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, known)| known)
}

/// Counts the letters to insert, delete, replace or swap with a neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    rows.extend((1..=a.len()).map(|i| [vec![i], vec![0; b.len()]].concat()));
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_word() {
        let known = [
            "timeout",
            "retries",
            "send_retries",
            "service",
            "messaging_cert_key",
            "messaging_ca_cert",
        ];
        for (word, expected) in [
            ("timeot", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("time_out", Some("timeout")),
            ("retrys", Some("retries")),
            ("send-retries", Some("send_retries")),
            ("messaging_cert", Some("messaging_cert_key")),
            ("messaging_cacert", Some("messaging_ca_cert")),
            ("Timeout", Some("timeout")),
            ("bogus", None),
            ("", None),
            ("s", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }
}
