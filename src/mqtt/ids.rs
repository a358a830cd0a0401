//! The packet identifiers in use: one supply for all packets that need one (MQTT 5.0, 2.2.1).

/// The numbers from 1 to 65,535, each of which is in use or not.
#[derive(Default)]
pub(super) struct Ids {
    /// A bit for each number, as far as one was ever in use.
    used: Vec<u64>,
    last: u16,
}

impl Ids {
    /// Takes the next number that is not in use; `None` if all are.
    pub(super) fn take(&mut self) -> Option<u16> {
        let mut numbers = (self.last..=u16::MAX).skip(1).chain(1..=self.last);
        let free = numbers.find(|&number| !self.is_used(number))?;
        let (place, bit) = place(free);
        if place >= self.used.len() {
            self.used.resize(place + 1, 0);
        }
        self.used[place] |= bit;
        self.last = free;
        Some(free)
    }

    /// Gives a number back.
    pub(super) fn release(&mut self, number: u16) {
        let (place, bit) = place(number);
        if let Some(bits) = self.used.get_mut(place) {
            *bits &= !bit;
        }
    }

    fn is_used(&self, number: u16) -> bool {
        let (place, bit) = place(number);
        self.used.get(place).is_some_and(|bits| bits & bit != 0)
    }
}

fn place(number: u16) -> (usize, u64) {
    (usize::from(number / 64), 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_use_once_and_never_0() {
        let mut ids = Ids::default();
        for expected in 1..=u16::MAX {
            assert_eq!(ids.take(), Some(expected));
        }
        assert_eq!(ids.take(), None);
        for number in [u16::MAX, 7, 64] {
            ids.release(number);
        }
        assert_eq!([(); 4].map(|()| ids.take()), [Some(7), Some(64), Some(u16::MAX), None]);
    }
}
