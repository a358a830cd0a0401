//! The nearest known word, for "did you mean".

/// Finds the known word that a misspelt one most likely means, if any is near enough.
///
/// A word that begins with the misspelt one counts as very near, whatever its length: an abbreviation
/// finds its full name before any other word.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // No known word is as long, and the comparison takes long.
    if word.len() > 100 {
        return None;
    }
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let distance = |known: &str| {
        let abbreviated = word.len() > 2 && known.starts_with(word);
        if abbreviated { 1 } else { strsim::osa_distance(word, known) }
    };
    let near = known.into_iter().map(|known| (distance(known), known));
    near.filter(|(distance, _)| *distance <= limit).min().map(|(_, known)| known)
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
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
