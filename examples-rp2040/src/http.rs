//! What goes to a web server before a page, and what comes in front of it.

use embedded_nal::{TcpClientStack, nb};

use crate::{Error, Wifi};

/// Asks for a page through a socket that is connected.
pub fn request(
    wifi: &mut Wifi,
    socket: &mut <Wifi<'_> as TcpClientStack>::TcpSocket,
    host: &str,
    path: &str,
) -> Result<(), Error> {
    let lines = ["GET ", path, " HTTP/1.0\r\nHost: ", host, "\r\n\r\n"];
    for part in lines {
        nb::block!(wifi.send(socket, part.as_bytes()))?;
    }
    Ok(())
}

/// The head of an answer, which ends with an empty line.
#[derive(Default)]
pub struct Head {
    last: [u8; 4],
}

impl Head {
    /// What of these bytes stands behind it.
    pub fn skip<'r>(&mut self, received: &'r [u8]) -> &'r [u8] {
        let mut rest = received;
        while let ([byte, behind @ ..], false) = (rest, self.last == *b"\r\n\r\n") {
            self.last.rotate_left(1);
            self.last[3] = *byte;
            rest = behind;
        }
        rest
    }
}
