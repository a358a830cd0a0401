//! Memory in which a text is printed over the text that is read.

/// The room between what is printed and what is still to be read, at first.
const ROOM: usize = 64;

/// Bytes of which the first ones are printed, and the last ones still to be read: a large reply is in memory once.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// The end of what is printed, without the run.
    out: usize,
    /// Where the run begins: what was read last and is printed as it is. It is moved as a whole.
    run: usize,
    /// The beginning of what is still to be read.
    at: usize,
    /// How far this has moved up from its place in the text.
    moved: usize,
}

impl Buffer {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, out: 0, run: 0, at: 0, moved: 0 }
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    pub(super) fn next(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The place in the text of what is read next.
    pub(super) fn place(&self) -> usize {
        self.at - self.moved
    }

    /// The number of bytes that are printed.
    pub(super) fn printed(&self) -> usize {
        self.out + (self.at - self.run)
    }

    pub(super) fn into_printed(mut self) -> Vec<u8> {
        self.put_instead(0, b"");
        self.bytes.truncate(self.out);
        self.bytes
    }

    /// Prints the next bytes as they are.
    pub(super) fn copy(&mut self, length: usize) {
        self.at += length;
    }

    /// Prints something, at most [`ROOM`] bytes, in place of the next bytes.
    pub(super) fn put_instead(&mut self, length: usize, text: &[u8]) {
        let printed = self.printed();
        if self.out < self.run {
            self.bytes.copy_within(self.run..self.at, self.out);
        }
        self.out = printed;
        self.at += length;
        if self.at - self.out < text.len() {
            self.make_room();
        }
        self.bytes[self.out..self.out + text.len()].copy_from_slice(text);
        self.out += text.len();
        self.run = self.at;
    }

    /// Moves up what is to be read: each time as far as all times before, or it would be quadratic.
    fn make_room(&mut self) {
        let (end, more) = (self.bytes.len(), self.moved.max(ROOM));
        // Thousands of texts are kept: none of them has twice the memory that it needs.
        self.bytes.reserve_exact(more);
        self.bytes.resize(end + more, 0);
        self.bytes.copy_within(self.at..end, self.at + more);
        self.at += more;
        self.moved += more;
    }
}
