//! What does not stop a run, and needs attention.

use std::time::Duration;

use crate::{
    facts::Link,
    transport::{Certificate, Tls},
};

/// A certificate whose end is near, or would come within a run of this length.
pub(super) fn of_certificate(
    whose: &str,
    certificate: &Certificate,
    longest: Duration,
) -> Option<String> {
    let Certificate { until, seconds_left, .. } = certificate;
    let within_run = u64::try_from(*seconds_left).is_ok_and(|left| left < longest.as_secs());
    if within_run {
        let longest = longest.as_secs();
        return Some(format!(
            "{whose} certificate expires on {until}, within a run, which may take {longest} s; renew it"
        ));
    }
    let days = certificate.days_left();
    let ends_soon = *seconds_left >= 0 && certificate.ends_soon();
    ends_soon
        .then(|| format!("{whose} certificate expires on {until}, {days} days from now; renew it"))
}

pub(super) fn of_tls(tls: &Tls, longest: Duration) -> Option<String> {
    let of_broker = |certificate| of_certificate("the broker's", certificate, longest);
    tls.broker.as_ref().and_then(of_broker).or_else(|| tls.doubt.clone())
}

pub(super) fn of_sender(sender: &Link) -> Option<String> {
    (sender.credit == 0).then(|| {
        "the broker grants no credit, so that requests would wait; its memory, its disk or the address may be full"
            .into()
    })
}
