//! Text from outside, made safe to print.

/// Makes a peer's text safe to print: invisible characters with an effect are escaped, at most 1,000 characters are kept.
pub(crate) fn printable(text: &str) -> String {
    const LIMIT: usize = 1000;
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LIMIT {
            out.push('…');
            break;
        }
        if acts_unseen(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Controls, line separators, and characters that change the direction of text or have no width (Unicode's Bidi_Control
/// and similar).
fn acts_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_invisible_characters_with_an_effect_are_escaped() {
        for c in [
            '\0', '\n', '\u{1b}', '\u{7f}', '\u{9b}', '\u{61c}', '\u{200b}', '\u{200f}',
            '\u{2028}', '\u{202e}', '\u{2066}', '\u{feff}',
        ] {
            let shown = printable(&format!("a{c}b"));
            assert!(
                !shown.contains(c) && shown.starts_with("a\\") && shown.ends_with('b'),
                "{shown}"
            );
        }
        let kept = "naïve 日本 עברית 🔑 \\";
        assert_eq!(printable(kept), kept);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(printable(&"é".repeat(1000)), "é".repeat(1000));
        assert_eq!(printable(&"é".repeat(1001)), "é".repeat(1000) + "…");
    }
}
