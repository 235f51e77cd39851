//! What a browser asks, byte by byte: however long its headers are, they take no memory.

use core::fmt;

/// What is looked at of a line of the head.
const LINE: usize = 32;
/// The longest form: every character of SSID and password may take three.
const BODY: usize = 3 * (32 + 64) + 32;

/// What a browser wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Other,
}

/// A request that is arriving.
pub(super) struct Request {
    /// It is in the first line.
    method: Option<Method>,
    is_in_body: bool,
    line: [u8; LINE],
    /// The length of the line, or of the body, so far.
    length: usize,
    /// The length of the body, as it is announced.
    announced: usize,
    body: [u8; BODY],
}

/// There may be a password in it.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

impl Default for Request {
    fn default() -> Self {
        Request {
            method: None,
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
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().any(|&byte| match self.is_in_body {
            true => self.take_body(byte),
            false => self.take_head(byte),
        })
    }

    pub(super) fn method(&self) -> Method {
        self.method.unwrap_or(Method::Other)
    }

    /// What the request has brought, if that is not too long.
    pub(super) fn posted(&self) -> Option<&[u8]> {
        self.body.get(..self.announced)
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
        if self.method.is_none() {
            // Empty lines before a request are none of it.
            self.method = method(line);
        } else if line.is_empty() {
            self.is_in_body = true;
        } else if let Some(length) = content_length(line) {
            self.announced = length;
        }
        self.length = 0;
        self.is_in_body && self.announced == 0
    }
}

/// What the first line of a request asks for; `None` if there is nothing in it.
fn method(line: &[u8]) -> Option<Method> {
    let name = line.split(|&byte| byte == b' ').next()?;
    match name {
        b"" => None,
        b"GET" => Some(Method::Get),
        b"HEAD" => Some(Method::Head),
        b"POST" => Some(Method::Post),
        _ => Some(Method::Other),
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
    use std::format;

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
                assert_eq!(taken(text, piece).unwrap().method(), Method::Get);
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
            assert_eq!(request.method(), Method::Post);
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

    #[test]
    fn other_methods_are_told_apart() {
        for (text, method) in [
            (&b"HEAD / HTTP/1.1\r\n\r\n"[..], Method::Head),
            (b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", Method::Get),
            (b"PUT / HTTP/1.1\r\n\r\n", Method::Other),
            (b"get / HTTP/1.1\r\n\r\n", Method::Other),
            (b"\x16\x03\x01\x02\0\x01\n\n", Method::Other),
        ] {
            assert_eq!(taken(text, 3).unwrap().method(), method);
        }
        assert!(taken(b"\r\n\r\n\r\n", 1).is_none());
    }
}
