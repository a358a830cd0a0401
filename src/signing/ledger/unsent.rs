//! The requests that are still to be sent.

/// The numbers of the requests that are still to be sent, in input order, with the first one after the last one.
pub(super) struct Unsent {
    /// For each request whether it is one of them.
    marks: Vec<bool>,
    /// With which request the order begins.
    start: usize,
    /// The first of them in that order; the number of all requests if there is none.
    first: usize,
}

impl Unsent {
    /// None of `count` requests.
    pub(super) fn new(count: usize) -> Self {
        Self { marks: vec![false; count], start: 0, first: count }
    }

    pub(super) fn first(&self) -> Option<usize> {
        (self.first < self.marks.len()).then_some(self.first)
    }

    pub(super) fn insert(&mut self, number: usize) {
        self.marks[number] = true;
        if self.first().is_none_or(|first| self.place(number) < self.place(first)) {
            self.first = number;
        }
    }

    pub(super) fn remove(&mut self, number: usize) {
        self.marks[number] = false;
        if number == self.first {
            let (count, start) = (self.marks.len(), self.start);
            let (after, rest) = if number < start { (start, 0) } else { (count, start) };
            let next = (number..after).chain(0..rest).find(|&next| self.marks[next]);
            self.first = next.unwrap_or(count);
        }
    }

    pub(super) fn clear(&mut self) {
        self.marks.fill(false);
        self.first = self.marks.len();
    }

    /// Takes all out, and lets the order begin with `start`.
    pub(super) fn begin_with(&mut self, start: usize) {
        self.clear();
        self.start = start;
    }

    /// The place of a request in the order.
    fn place(&self, number: usize) -> usize {
        if number < self.start { number + self.marks.len() } else { number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_known_whatever_comes_and_goes() {
        let mut unsent = Unsent::new(5);
        assert_eq!(unsent.first(), None);
        [3, 1, 4].into_iter().for_each(|number| unsent.insert(number));
        for (removed, first) in [(2, Some(1)), (3, Some(1)), (1, Some(4)), (1, Some(4)), (4, None)]
        {
            unsent.remove(removed);
            assert_eq!(unsent.first(), first);
        }
        unsent.insert(2);
        unsent.insert(0);
        assert_eq!(unsent.first(), Some(0));
        unsent.clear();
        assert_eq!(unsent.first(), None);
        Unsent::new(0).clear();
    }

    #[test]
    fn the_order_may_begin_in_the_middle() {
        let mut unsent = Unsent::new(5);
        unsent.begin_with(3);
        [1, 0, 4, 2, 3].into_iter().for_each(|number| unsent.insert(number));
        for expected in [3, 4, 0, 1] {
            assert_eq!(unsent.first(), Some(expected));
            unsent.remove(expected);
        }
        unsent.insert(4);
        assert_eq!(unsent.first(), Some(4));
        unsent.remove(4);
        assert_eq!(unsent.first(), Some(2));
        unsent.remove(2);
        assert_eq!(unsent.first(), None);
    }
}
