//! The events that wait for `poll`, in the memory lent.
//!
//! ```text
//! | handed out | head, bytes | head, bytes | free |
//!              start                       end
//! ```
//!
//! Most are the lines that the module printed. A message, an event with counted payload, is one
//! item too if it fits the memory as a whole. One that does not is kept in pieces, each of which
//! fills the memory and is handed out before the next is taken in: while `poll` is called the rest
//! waits in the transport. While another call needs the link nothing can wait, and what does not
//! fit is lost, and told.
//!
//! Messages of an MQTT session wait in a queue of their own, for whoever receives them, each in one form
//! whatever the module prints: how long its topic is with what surrounds it, how long its payload, the topic
//! as `"topic",`, the payload.

use crate::engine::protocol::End;
use crate::value::bytes::{copy, move_down};

/// What `poll` hands out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'q> {
    /// A line, or a message as far as it is here.
    Line(&'q [u8]),
    /// More of the message before, and how much is still to come.
    More { data: &'q [u8], rest: usize },
    /// What was still to come is lost.
    Cut,
}

/// What a session receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A message: how long its topic is and so much of its payload as stands behind it, and how much of
    /// that is still to come.
    Message {
        topic: usize,
        payload: usize,
        rest: usize,
    },
    /// So much more of its payload, and how much is still to come.
    More { payload: usize, rest: usize },
    /// What was still to come is lost.
    Cut,
}

/// What kind of item it is: the low bits of its head.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    More,
    Cut,
}

/// The message that is arriving.
#[derive(Clone, Copy)]
enum Message {
    None,
    /// `rest` bytes are still to come. Its last item, the last of all, begins at `at`, unless that
    /// is handed out already.
    Kept {
        at: Option<usize>,
        rest: usize,
    },
    /// There was no room for it.
    Dropped,
}

pub(crate) struct Queue<'b> {
    bytes: &'b mut [u8],
    start: usize,
    end: usize,
    lost: u16,
    message: Message,
}

/// Each item is preceded by its length and kind. While a message is arriving, the place of one
/// more head is kept free, to tell that it was cut.
const HEAD: usize = 4;

impl<'b> Queue<'b> {
    pub(crate) const fn new(bytes: &'b mut [u8]) -> Self {
        Queue {
            bytes,
            start: 0,
            end: 0,
            lost: 0,
            message: Message::None,
        }
    }

    /// Appends a line; one that does not fit is counted as lost.
    pub(crate) fn push(&mut self, line: &[u8]) {
        if self.append(Kind::Line, line).is_none() {
            self.lose();
        }
    }

    /// Begins a message: its header, behind which come `text` and `data` bytes, the text in one
    /// piece with the header. Returns `false` if it `may_wait` for room and must.
    pub(crate) fn begin(
        &mut self,
        header: &[u8],
        text: usize,
        data: usize,
        may_wait: bool,
    ) -> bool {
        let room = self.room().saturating_sub(HEAD);
        let rest = text.saturating_add(data);
        let is_first = self.start == self.end;
        let fits = header.len().saturating_add(rest) <= room;
        if !fits && may_wait && !is_first {
            return false;
        }
        let fits_in_pieces = may_wait && header.len().saturating_add(text) < room;
        let at = match fits || fits_in_pieces {
            true => self.append(Kind::Line, header),
            false => None,
        };
        self.message = match at {
            Some(_) => Message::Kept { at, rest },
            None => {
                self.lose();
                Message::Dropped
            }
        };
        true
    }

    /// Appends a message of a session that is here as a whole: `"topic",` and its payload, which have these
    /// lengths.
    pub(crate) fn push_message(
        &mut self,
        (text, payload): (usize, usize),
        bytes: impl Iterator<Item = u8>,
    ) {
        let head = message_head(text, payload);
        self.begin(&head, text, payload, false);
        for byte in bytes {
            self.extend(&[byte], false);
        }
        self.end_message(End::Whole);
    }

    /// Whether a message is arriving.
    pub(crate) fn is_taking(&self) -> bool {
        !matches!(self.message, Message::None)
    }

    /// Takes payload of the message, all of it unless it `may_wait` for room. Returns how much.
    pub(crate) fn extend(&mut self, payload: &[u8], may_wait: bool) -> usize {
        let Message::Kept { at, rest } = self.message else {
            return payload.len();
        };
        let room = match at {
            Some(_) => self.room(),
            None => self.room().saturating_sub(HEAD),
        };
        let here = payload.get(..room).unwrap_or(payload);
        if !here.is_empty() {
            let at = match at {
                Some(_) => self.lengthen(here),
                None => self.append(Kind::More, here),
            };
            let rest = rest.saturating_sub(here.len());
            self.message = Message::Kept { at, rest };
        }
        if here.len() < payload.len() && !may_wait {
            self.give_up();
            return payload.len();
        }
        here.len()
    }

    /// The message has ended.
    pub(crate) fn end_message(&mut self, end: End) {
        match (end, self.first_piece()) {
            (End::Whole, _) => {}
            (End::Short, Some(_)) => self.cut(),
            _ => self.give_up(),
        }
        self.message = Message::None;
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end && self.lost == 0
    }

    /// Whether something waits, and so many bytes more would not fit.
    pub(crate) fn is_full(&self, bytes: usize) -> bool {
        self.start < self.end && self.room() < bytes
    }

    /// Counts an event that could not be kept.
    #[inline(never)]
    pub(crate) fn lose(&mut self) {
        self.lost = self.lost.saturating_add(1);
    }

    /// How many were lost since this was asked last.
    pub(crate) fn take_lost(&mut self) -> Option<u16> {
        match core::mem::take(&mut self.lost) {
            0 => None,
            n => Some(n),
        }
    }

    /// Forgets everything, and what is still to come of a message that is arriving.
    pub(crate) fn clear(&mut self) {
        (self.start, self.end, self.lost) = (0, 0, 0);
        if self.is_taking() {
            self.message = Message::Dropped;
        }
    }

    /// Loses the oldest item; `false` if there is none.
    pub(crate) fn make_room(&mut self) -> bool {
        let is_there = self.pop().is_some();
        if is_there {
            self.lose();
        }
        is_there
    }

    /// Whether there is something to receive.
    pub(crate) fn is_ready(&self) -> bool {
        self.lost > 0 || self.front().is_some()
    }

    /// What the oldest item is, and how long, unless it is a message that is still growing and has room to.
    fn front(&self) -> Option<(Kind, usize)> {
        if let Message::Kept { at, rest } = self.message {
            if at == Some(self.start) && (rest == 0 || self.room() > 0) {
                return None;
            }
        }
        let head = self
            .bytes
            .get(self.start..self.end)?
            .first_chunk::<HEAD>()?;
        Some(unpack(*head))
    }

    /// Puts the next piece of a message of a session where it is wanted: its topic, with so much of its
    /// payload behind it as fits, or more of that.
    ///
    /// # Errors
    /// So many bytes are needed.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> Result<Option<Piece>, usize> {
        let Some((kind, length)) = self.front() else {
            return Ok(None);
        };
        let from = self.start + HEAD;
        let data = self.bytes.get(from..from + length).unwrap_or(&[]);
        Ok(Some(match kind {
            Kind::Line => {
                let (topic, payload, announced) = parts(data);
                let needed = topic.len() + payload.len().min(1);
                if needed > into.len() {
                    return Err(needed);
                }
                let (topic, before) = (copy(topic, into), length - payload.len());
                let n = copy(payload, into.get_mut(topic..).unwrap_or(&mut []));
                self.take_part(length, before + n);
                Piece::Message {
                    topic,
                    payload: n,
                    // One that was not closed is not whole, though all of it seems to be there.
                    rest: (announced - n).max(self.is_cut().into()),
                }
            }
            Kind::More if into.is_empty() => return Err(1),
            Kind::More => {
                let n = copy(data, into);
                let to_come = self.take_part(length, n);
                Piece::More {
                    payload: n,
                    rest: (length - n + to_come).max(self.is_cut().into()),
                }
            }
            Kind::Cut => {
                self.take_part(length, length);
                Piece::Cut
            }
        }))
    }

    /// Takes so many of the bytes out that the oldest item has; those that are left are more of it. How much
    /// of it is still to come.
    fn take_part(&mut self, length: usize, n: usize) -> usize {
        let front = self.start;
        self.start += n;
        let left = match length - n {
            0 => {
                self.start += HEAD;
                None
            }
            left => {
                let waiting = self.bytes.get_mut(self.start..);
                if let Some(head) = waiting.and_then(<[u8]>::first_chunk_mut) {
                    *head = pack(Kind::More, left);
                }
                Some(self.start)
            }
        };
        match self.message {
            Message::Kept { at, rest } if at == Some(front) => {
                self.message = Message::Kept { at: left, rest };
                rest
            }
            _ => 0,
        }
    }

    /// Forgets the lines that begin like this; they are of no use any more.
    pub(crate) fn forget(&mut self, beginning: &[u8]) {
        if let Message::Kept { .. } = self.message {
            return;
        }
        let (mut from, mut to) = (self.start, self.start);
        while from < self.end {
            let head = self.bytes.get(from..).and_then(<[u8]>::first_chunk);
            let (kind, length) = head.map_or((Kind::Cut, 0), |head| unpack(*head));
            let next = from + HEAD + length;
            let item = self.bytes.get(from + HEAD..next).unwrap_or(&[]);
            if kind != Kind::Line || !item.starts_with(beginning) {
                move_down(self.bytes, from..next, to);
                to += next - from;
            }
            from = next;
        }
        self.end = to;
    }

    /// Takes the oldest item out, unless it is a message that is still growing.
    pub(crate) fn pop(&mut self) -> Option<Item<'_>> {
        let mut to_come = 0;
        if let Message::Kept { at, rest } = self.message {
            if at == Some(self.start) {
                if rest == 0 || self.room() > 0 {
                    return None;
                }
                to_come = rest;
                self.message = Message::Kept { at: None, rest };
            }
        }
        let waiting = self.bytes.get(self.start..self.end)?;
        let (head, rest) = waiting.split_first_chunk::<HEAD>()?;
        let (kind, length) = unpack(*head);
        self.start += HEAD + length;
        let data = rest.get(..length)?;
        Some(match kind {
            Kind::Line => Item::Line(data),
            Kind::More => Item::More {
                data,
                rest: to_come,
            },
            Kind::Cut => Item::Cut,
        })
    }

    /// Whether what was handed out last is cut, which is not handed out then.
    pub(crate) fn take_cut(&mut self) -> bool {
        let is_cut = self.is_cut();
        if is_cut {
            self.start += HEAD;
        }
        is_cut
    }

    /// Whether what was handed out last is cut, which is handed out next.
    fn is_cut(&self) -> bool {
        let waiting = self.bytes.get(self.start..self.end).unwrap_or(&[]);
        let head = waiting.first_chunk::<HEAD>();
        head.is_some_and(|head| unpack(*head).0 == Kind::Cut)
    }

    /// How many bytes an item that is there can grow by while a message is arriving.
    fn room(&self) -> usize {
        let used = HEAD + self.end - self.start;
        self.bytes.len().saturating_sub(used)
    }

    /// Appends an item and tells where it begins, if there is room for it.
    fn append(&mut self, kind: Kind, bytes: &[u8]) -> Option<usize> {
        self.compact(HEAD + bytes.len());
        let at = self.end;
        let place = self.bytes.get_mut(at..at + HEAD + bytes.len())?;
        let (head, place) = place.split_first_chunk_mut::<HEAD>()?;
        *head = pack(kind, bytes.len());
        copy(bytes, place);
        self.end += HEAD + bytes.len();
        Some(at)
    }

    /// Lengthens the item of the message and tells where it begins.
    fn lengthen(&mut self, bytes: &[u8]) -> Option<usize> {
        self.compact(bytes.len());
        let Message::Kept { at: Some(at), .. } = self.message else {
            return None;
        };
        let (item, free) = self.bytes.split_at_mut_checked(self.end)?;
        let head = item.get_mut(at..)?.first_chunk_mut::<HEAD>()?;
        let (kind, length) = unpack(*head);
        *head = pack(kind, length + bytes.len());
        copy(bytes, free.get_mut(..bytes.len())?);
        self.end += bytes.len();
        Some(at)
    }

    /// Moves what waits to the front if there are not so many bytes free behind it.
    fn compact(&mut self, needed: usize) {
        if self.end + needed <= self.bytes.len() {
            return;
        }
        move_down(self.bytes, self.start..self.end, 0);
        self.end -= self.start;
        if let Message::Kept { at: Some(at), .. } = &mut self.message {
            *at -= self.start;
        }
        self.start = 0;
    }

    /// What is here of the message cannot be used: one of which nothing was handed out is lost as a
    /// whole, another is cut.
    fn give_up(&mut self) {
        let Message::Kept { at, .. } = self.message else {
            return;
        };
        let is_first = self.first_piece().is_some();
        self.end = at.unwrap_or(self.end);
        self.message = Message::Dropped;
        match is_first {
            true => self.lose(),
            false => self.cut(),
        }
    }

    fn cut(&mut self) {
        self.append(Kind::Cut, &[]);
    }

    /// Where the message begins, if nothing of it was handed out.
    fn first_piece(&self) -> Option<usize> {
        let Message::Kept { at: Some(at), .. } = self.message else {
            return None;
        };
        let head = self.bytes.get(at..)?.first_chunk::<HEAD>()?;
        (unpack(*head).0 == Kind::Line).then_some(at)
    }
}

fn pack(kind: Kind, length: usize) -> [u8; HEAD] {
    ((length as u32) << 2 | kind as u32).to_le_bytes()
}

fn unpack(head: [u8; HEAD]) -> (Kind, usize) {
    let head = u32::from_le_bytes(head);
    let kind = match head & 3 {
        0 => Kind::Line,
        1 => Kind::More,
        _ => Kind::Cut,
    };
    (kind, (head >> 2) as usize)
}

/// What stands before a message of a session: how long `"topic",` is, and its payload.
pub(crate) fn message_head(text: usize, payload: usize) -> [u8; HEAD] {
    let [[a, b], [c, d]] = [text, payload].map(|length| (length as u16).to_le_bytes());
    [a, b, c, d]
}

/// The topic of a message, so much of its payload as is here, and how much of that was announced.
fn parts(item: &[u8]) -> (&[u8], &[u8], usize) {
    let Some(([a, b, c, d], rest)) = item.split_first_chunk::<HEAD>() else {
        return (&[], &[], 0);
    };
    let [text, announced] =
        [[*a, *b], [*c, *d]].map(|bytes| usize::from(u16::from_le_bytes(bytes)));
    let (text, payload) = rest.split_at_checked(text).unwrap_or((rest, &[]));
    let topic = text.get(1..).and_then(|text| text.strip_suffix(b"\","));
    (topic.unwrap_or(&[]), payload, announced.max(payload.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut memory = [0; 20];
        let mut queue = Queue::new(&mut memory);
        for line in [&b"+A:1"[..], b"+B:2", b"+C:3"] {
            queue.push(line);
        }
        assert_eq!(queue.take_lost(), Some(1));
        assert_eq!(queue.pop(), Some(Item::Line(b"+A:1")));
        queue.push(b"+D:4");
        assert_eq!(queue.pop(), Some(Item::Line(b"+B:2")));
        assert_eq!(queue.pop(), Some(Item::Line(b"+D:4")));
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.take_lost(), None);
    }

    #[test]
    fn what_is_forgotten_leaves_the_rest_as_it_was() {
        let mut memory = [0; 48];
        let mut queue = Queue::new(&mut memory);
        for line in [&b"+B:1"[..], b"+A:2", b"+B:33", b"+B:4", b"+A:55"] {
            queue.push(line);
        }
        queue.forget(b"+B");
        queue.push(b"+B:6");
        for line in [&b"+A:2"[..], b"+A:55", b"+B:6"] {
            assert_eq!(queue.pop(), Some(Item::Line(line)));
        }
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.take_lost(), None);
    }

    #[test]
    fn a_message_that_fits_is_one_item() {
        let mut memory = [0; 24];
        let mut queue = Queue::new(&mut memory);
        queue.push(b"+A:1");
        assert_eq!(queue.pop(), Some(Item::Line(b"+A:1")));
        assert!(queue.begin(b"+M:", 2, 6, true));
        for byte in b"t,000111" {
            assert_eq!(queue.pop(), None);
            assert_eq!(queue.extend(&[*byte], true), 1);
        }
        assert_eq!(queue.pop(), None, "what closes it is still to come");
        queue.end_message(End::Whole);
        assert_eq!(queue.pop(), Some(Item::Line(b"+M:t,000111")));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_longer_message_comes_in_pieces_that_fill_the_memory() {
        let mut memory = [0; 24];
        let mut queue = Queue::new(&mut memory);
        let payload: Vec<u8> = (0..50).collect();
        queue.push(b"+A:1");
        assert!(!queue.begin(b"+M:", 2, 48, true), "after what waits");
        queue.pop();
        assert!(queue.begin(b"+M:", 2, 48, true));
        let (mut taken, mut got, mut rests) = (0, Vec::new(), Vec::new());
        while taken < payload.len() {
            taken += queue.extend(&payload[taken..], true);
            if taken == payload.len() {
                queue.end_message(End::Whole);
            }
            match queue.pop() {
                Some(Item::Line(line)) => got.extend_from_slice(line),
                Some(Item::More { data, rest }) => {
                    got.extend_from_slice(data);
                    rests.push(rest);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(got, [&b"+M:"[..], &payload].concat());
        assert_eq!(rests, [21, 5, 0]);
        assert_eq!(queue.pop(), None);
        assert_eq!(queue.take_lost(), None);
    }

    #[test]
    fn what_cannot_wait_is_lost_as_a_whole_or_cut() {
        let mut memory = [0; 24];
        let mut queue = Queue::new(&mut memory);
        assert!(queue.begin(b"+M:", 0, 50, false));
        assert_eq!(queue.extend(&[0; 50], false), 50);
        queue.end_message(End::Whole);
        assert_eq!(queue.take_lost(), Some(1));
        assert_eq!(queue.pop(), None);

        assert!(queue.begin(b"+M:", 0, 50, true));
        assert_eq!(queue.extend(&[0; 20], true), 13);
        assert_eq!(queue.extend(&[0; 37], false), 37);
        queue.end_message(End::Whole);
        assert_eq!(queue.take_lost(), Some(1));
        assert_eq!(queue.pop(), None);

        assert!(queue.begin(b"+M:", 0, 50, true));
        assert_eq!(queue.extend(&[b'x'; 20], true), 13);
        assert_eq!(queue.pop(), Some(Item::Line(b"+M:xxxxxxxxxxxxx")));
        assert_eq!(queue.extend(&[b'y'; 37], false), 37);
        queue.end_message(End::Whole);
        assert_eq!(queue.pop(), Some(Item::Cut));
        assert_eq!(queue.take_lost(), None);
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn what_comes_of_a_short_message_is_kept_and_of_a_spoilt_one_is_not() {
        let mut memory = [0; 24];
        let mut queue = Queue::new(&mut memory);
        for (end, items) in [
            (End::Short, &[Item::Line(b"+M:abc"), Item::Cut][..]),
            (End::Spoilt, &[]),
        ] {
            assert!(queue.begin(b"+M:", 0, 10, false));
            assert_eq!(queue.extend(b"abc", false), 3);
            queue.end_message(end);
            assert!(!queue.take_cut());
            for item in items {
                assert_eq!(queue.pop().as_ref(), Some(item));
            }
            assert_eq!(queue.pop(), None);
        }
        assert_eq!(queue.take_lost(), Some(1));
    }

    #[test]
    fn a_message_that_was_not_closed_is_not_received_as_whole() {
        let mut memory = [0; 32];
        let mut queue = Queue::new(&mut memory);
        assert!(queue.begin(b"\x04\0\x03\0\"t\",", 0, 3, false));
        assert_eq!(queue.extend(b"abc", false), 3);
        queue.end_message(End::Short);
        let mut into = [0; 8];
        let piece = Piece::Message {
            topic: 1,
            payload: 3,
            rest: 1,
        };
        assert_eq!(queue.receive(&mut into), Ok(Some(piece)));
        assert_eq!(&into[..4], b"tabc");
        assert_eq!(queue.receive(&mut into), Ok(Some(Piece::Cut)));
        assert_eq!(queue.receive(&mut into), Ok(None));
    }
}
