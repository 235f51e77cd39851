//! What a browser asks, byte by byte: however long its headers are, they take no memory.

/// What is looked at of a line of the head.
const LINE: usize = 32;
/// The longest form: every character of SSID and password may take three.
const BODY: usize = 3 * (32 + 64) + 32;

/// A request that is arriving.
#[derive(Debug)]
pub struct Request {
    is_post: bool,
    is_first_line: bool,
    is_in_body: bool,
    line: [u8; LINE],
    /// The length of the line, or of the body, so far.
    length: usize,
    /// The length of the body, as it is announced.
    announced: usize,
    body: [u8; BODY],
}

impl Default for Request {
    fn default() -> Self {
        Request {
            is_post: false,
            is_first_line: true,
            is_in_body: false,
            line: [0; LINE],
            length: 0,
            announced: 0,
            body: [0; BODY],
        }
    }
}

impl Request {
    /// Takes what comes next; whether the request is complete.
    ///
    /// ```
    /// use atwifi_setup::request::Request;
    ///
    /// let mut request = Request::default();
    /// assert!(!request.take(b"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nssid"));
    /// assert!(request.take(b"=a"));
    /// assert_eq!(request.posted(), Some(&b"ssid=a"[..]));
    /// ```
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().any(|&byte| match self.is_in_body {
            true => self.take_body(byte),
            false => self.take_head(byte),
        })
    }

    /// What was posted, if something was that is not too long.
    pub fn posted(&self) -> Option<&[u8]> {
        let body = self.body.get(..self.announced)?;
        (self.is_post && self.is_in_body).then_some(body)
    }

    fn take_body(&mut self, byte: u8) -> bool {
        if let Some(place) = self.body.get_mut(self.length) {
            *place = byte;
        }
        self.length += 1;
        self.length >= self.announced
    }

    fn take_head(&mut self, byte: u8) -> bool {
        if byte != b'\n' {
            if let Some(place) = self.line.get_mut(self.length) {
                *place = byte;
            }
            self.length = self.length.saturating_add(1);
            return false;
        }
        let line = self.line.get(..self.length).unwrap_or(&self.line);
        let line = line.trim_ascii();
        if self.is_first_line {
            self.is_post = line.starts_with(b"POST ");
            self.is_first_line = false;
        } else if line.is_empty() {
            self.is_in_body = true;
        } else if let Some(length) = content_length(line) {
            self.announced = length;
        }
        self.length = 0;
        self.is_in_body && self.announced == 0
    }
}

/// The value of the header of this name.
fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = core::str::from_utf8(value.trim_ascii()).ok()?;
    name.eq_ignore_ascii_case(NAME)
        .then(|| value.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request at every fragmentation, and how much of it was needed.
    fn taken(bytes: &[u8], piece: usize) -> Option<Request> {
        let mut request = Request::default();
        let is_complete = bytes.chunks(piece).any(|piece| request.take(piece));
        is_complete.then_some(request)
    }

    #[test]
    fn a_page_is_asked_for() {
        let long = format!(
            "GET /hotspot HTTP/1.1\r\nUser-Agent: {}\r\n\r\n",
            "x".repeat(4000)
        );
        for text in [
            &b"GET / HTTP/1.0\r\n\r\n"[..],
            b"GET /\n\n",
            long.as_bytes(),
        ] {
            for piece in [1, 7, 10_000] {
                assert_eq!(taken(text, piece).unwrap().posted(), None);
                assert!(taken(&text[..text.len() - 1], piece).is_none());
            }
        }
    }

    #[test]
    fn a_form_is_posted() {
        let head = "POST /join HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:21\r\nAccept: */*\r\n\r\n";
        let text = format!("{head}ssid=a&password=bcdef");
        for piece in [1, 7, 10_000] {
            let request = taken(text.as_bytes(), piece).unwrap();
            assert_eq!(request.posted(), Some(&b"ssid=a&password=bcdef"[..]));
            assert!(taken(&text.as_bytes()[..text.len() - 1], piece).is_none());
        }
    }

    #[test]
    fn what_is_too_long_is_not_posted() {
        let body = "x".repeat(BODY + 1);
        let text = format!(
            "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(taken(text.as_bytes(), 100).unwrap().posted(), None);
        let text = b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n";
        assert_eq!(taken(text, 100).unwrap().posted(), Some(&b""[..]));
    }
}
