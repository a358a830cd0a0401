//! The requests by their ids.

use super::{super::id::RequestId, entry::Entry};

/// A table of the requests, each at the place that the bits of its id say, or at the next free one.
///
/// These bits were drawn by this program, so the requests lie evenly in it, and need no hash. Strangers choose only what is
/// looked up: whatever that is, a free place is near.
pub(super) struct Ids {
    /// The number of a request, plus 1; 0 is free. At least half of them are.
    places: Vec<u32>,
}

impl Ids {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let size = (2 * entries.len() + 1).next_power_of_two();
        let mut ids = Self { places: vec![0; size] };
        for (number, entry) in entries.iter().enumerate() {
            let free = ids.along(&entry.request.id).find(|place| ids.places[*place] == 0);
            ids.places[free.expect("half of the places are free")] = number as u32 + 1;
        }
        ids
    }

    /// The number of the request with this id.
    pub(super) fn find(&self, entries: &[Entry], text: &str) -> Option<usize> {
        let sought = RequestId::of_text(text);
        let numbers = self.along(&sought).map(|place| self.places[place] as usize);
        let mut numbers = numbers.take_while(|number| *number > 0).map(|number| number - 1);
        numbers.find(|number| entries[*number].request.id == sought)
    }

    /// The places for an id, in the order in which they are tried.
    fn along(&self, id: &RequestId) -> impl Iterator<Item = usize> + use<> {
        let (first, size) = (id.bits() as usize, self.places.len());
        (0..size).map(move |step| first.wrapping_add(step) % size)
    }
}

#[cfg(test)]
mod tests {
    use crate::signing::{Image, Items, Ledger, RequestId, Stamp, samples};

    #[test]
    fn every_id_is_found_and_no_other() {
        let uuid = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
        // All of these want the same place.
        let near = |number: usize| format!("{number:08x}-0000-4000-8000-000000000000");
        let text = |number: usize| format!("id-{number}-");
        for (count, id) in [(1, &uuid as &dyn Fn(_) -> _), (300, &uuid), (300, &near), (300, &text)]
        {
            let image = |number| Image::lenient("sha256:0", format!("host/repo:{number}")).unwrap();
            let items = Items::Images((0..count).map(image).collect());
            let operation = samples::operation(items);
            let mut numbers = 0..;
            let mut stamp = || Stamp {
                request_id: RequestId::of_text(id(numbers.next().unwrap())),
                created: "now".into(),
            };
            let ledger =
                Ledger::new(&operation, &samples::CONTEXT, &mut stamp, "request_id").unwrap();
            let find = |text: &str| ledger.ids.find(ledger.entries(), text);
            for number in 0..count {
                assert_eq!(find(&id(number)), Some(number));
                assert_eq!(find(&format!("{}0", id(number))), None);
            }
            for other in [&*id(count), "", "00000000-0000-4000-8000-00000000000"] {
                assert_eq!(find(other), None, "{other}");
            }
        }
    }
}
