//! The requests that are still to be sent.

/// The numbers of the requests that are still to be sent, in input order.
pub(super) struct Unsent {
    /// For each request whether it is one of them.
    marks: Vec<bool>,
    /// The first of them; the number of all requests if there is none.
    first: usize,
}

impl Unsent {
    /// None of `count` requests.
    pub(super) fn new(count: usize) -> Self {
        Self { marks: vec![false; count], first: count }
    }

    pub(super) fn first(&self) -> Option<usize> {
        (self.first < self.marks.len()).then_some(self.first)
    }

    pub(super) fn insert(&mut self, number: usize) {
        self.marks[number] = true;
        self.first = self.first.min(number);
    }

    pub(super) fn remove(&mut self, number: usize) {
        self.marks[number] = false;
        if number == self.first {
            let next = self.marks[number..].iter().position(|is_unsent| *is_unsent);
            self.first = next.map_or(self.marks.len(), |next| number + next);
        }
    }

    pub(super) fn clear(&mut self) {
        self.marks.fill(false);
        self.first = self.marks.len();
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
}
