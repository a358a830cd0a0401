//! Host names beyond ASCII, as DNS and TLS have them.

/// A label in ASCII (RFC 3492): `bücher` is `xn--bcher-kva`.
pub(super) fn label(text: &str) -> String {
    let mut out = String::from("xn--");
    out.extend(text.chars().filter(char::is_ascii));
    let basic = out.len() as u32 - 4;
    if basic > 0 {
        out.push('-');
    }
    let (mut next, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72, basic);
    let count = text.chars().count() as u32;
    while handled < count {
        let code = |c: char| u32::from(c);
        let least = text.chars().map(code).filter(|c| *c >= next).min().unwrap_or(next);
        delta = delta.wrapping_add((least - next).wrapping_mul(handled + 1));
        next = least;
        for c in text.chars().map(code) {
            if c < next {
                delta = delta.wrapping_add(1);
            }
            if c == next {
                push(&mut out, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.wrapping_add(1);
        next += 1;
    }
    out
}

/// Writes a number as digits of a variable base.
fn push(out: &mut String, mut number: u32, bias: u32) {
    let mut place = 36_u32;
    loop {
        let threshold = place.saturating_sub(bias).clamp(1, 26);
        if number < threshold {
            return out.push(digit(number));
        }
        out.push(digit(threshold + (number - threshold) % (36 - threshold)));
        number = (number - threshold) / (36 - threshold);
        place += 36;
    }
}

fn digit(number: u32) -> char {
    char::from_digit((number + 10) % 36, 36).unwrap_or_default()
}

fn adapted(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut places = 0;
    while delta > 455 {
        delta /= 35;
        places += 36;
    }
    places + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The samples of RFC 3492, section 7.1, and of everyday names.
    #[test]
    fn labels_are_written_as_the_standard_says() {
        for (text, expected) in [
            ("bücher", "xn--bcher-kva"),
            ("münchen", "xn--mnchen-3ya"),
            ("ü", "xn--tda"),
            ("straße", "xn--strae-oqa"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
            ("パフィーdeルンバ", "xn--de-jg4avhby1noc0d"),
        ] {
            assert_eq!(label(text), expected);
        }
    }
}
