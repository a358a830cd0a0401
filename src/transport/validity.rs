//! When a certificate is valid, and when its end is near.

use openssl::{
    asn1::{Asn1Time, Asn1TimeRef},
    error::ErrorStack,
    x509::X509Ref,
};

/// How many days before a certificate expires every run begins to warn.
pub(super) const WARNING_DAYS: i32 = 14;

/// What the dates of a certificate say now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Validity {
    Good,
    /// This many whole days are left.
    Ending(i32),
    Expired,
    NotYet,
}

/// Compares a certificate's dates with the clock.
pub(super) fn of(certificate: &X509Ref) -> Result<Validity, ErrorStack> {
    let now = Asn1Time::days_from_now(0)?;
    Ok(between(certificate.not_before(), certificate.not_after(), &now))
}

fn between(from: &Asn1TimeRef, until: &Asn1TimeRef, now: &Asn1TimeRef) -> Validity {
    if until < now {
        return Validity::Expired;
    }
    if from > now {
        return Validity::NotYet;
    }
    match now.diff(until) {
        Ok(left) if left.days < WARNING_DAYS => Validity::Ending(left.days),
        _ => Validity::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_left_are_whole_and_reported_below_fourteen() {
        const DAY: i64 = 24 * 60 * 60;
        for (from, until, expected) in [
            (-DAY, 0, Validity::Ending(0)),
            (-DAY, DAY - 1, Validity::Ending(0)),
            (-DAY, DAY, Validity::Ending(1)),
            (0, 13 * DAY, Validity::Ending(13)),
            (-DAY, 14 * DAY - 1, Validity::Ending(13)),
            (-DAY, 14 * DAY, Validity::Good),
            (-DAY, 15 * DAY, Validity::Good),
            (-DAY, -1, Validity::Expired),
            (1, DAY, Validity::NotYet),
        ] {
            let time = |offset| Asn1Time::from_unix(1_700_000_000 + offset).unwrap();
            let found = between(&time(from), &time(until), &time(0));
            assert_eq!(found, expected, "{from} to {until}");
        }
    }
}
