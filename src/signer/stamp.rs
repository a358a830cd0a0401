//! What makes a request unique: its id and its time.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    random::Uuids,
    signing::{RequestId, Stamp},
};

/// New ids for the requests of an operation, which are all made now.
pub(super) struct Stamps {
    ids: Uuids,
    created: Arc<str>,
}

impl Stamps {
    pub(super) fn new() -> Self {
        Self { ids: Uuids::default(), created: created(SystemTime::now()).into() }
    }

    pub(super) fn draw(&mut self) -> Stamp {
        let request_id = RequestId::of_uuid(self.ids.draw());
        Stamp { request_id, created: Arc::clone(&self.created) }
    }
}

/// Formats a time in the form that the signing servers expect, as Python's `datetime.isoformat` does: microseconds, but no fraction if there are none.
fn created(now: SystemTime) -> String {
    let micros = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64;
    let now = UNIX_EPOCH + Duration::from_micros(micros);
    if micros.is_multiple_of(1_000_000) {
        humantime::format_rfc3339_seconds(now).to_string()
    } else {
        humantime::format_rfc3339_micros(now).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_is_written_as_python_does() {
        let at = |micros| created(UNIX_EPOCH + Duration::from_micros(micros));
        assert_eq!(at(1_700_000_000_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(at(1_700_000_000_000_010), "2023-11-14T22:13:20.000010Z");
    }
}
