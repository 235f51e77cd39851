//! The page.

use embedded_io::{Error, Write};

/// What the page says above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Nothing was tried yet.
    Welcome,
    /// The form was no network.
    NoNetwork,
    /// The network is being joined, and the page asks again for how it went.
    Joining,
    /// As before, but the access point goes away meanwhile.
    Leaving,
    /// It could not be joined.
    NotJoined,
    /// It was joined.
    Joined,
}

const HEAD: &str = "<!DOCTYPE html><title>Set-up</title>\
<meta name=viewport content=\"width=device-width\">";

const FORM: &str = "<form method=post action=/>\
<p><label>Network <input name=ssid maxlength=32 required></label>\
<p><label>Password <input name=password type=password maxlength=64></label>\
<p><button>Join</button></form>";

/// Asks again in some seconds.
const AGAIN: &str = "<meta http-equiv=refresh content=\"5;url=/\">";

impl Note {
    fn text(self) -> &'static str {
        match self {
            Note::Welcome => "Which network is this device to join?",
            Note::NoNetwork => "That was no network. Which one is it?",
            Note::Joining => "Joining. A moment, please.",
            Note::Leaving => {
                "Joining. This access point goes away meanwhile; if it comes back, it did not work."
            }
            Note::NotJoined => "That did not work. Is the password right?",
            Note::Joined => "It worked: the device has joined the network.",
        }
    }

    /// Writes the page.
    pub(crate) fn write<E: Error>(self, into: &mut dyn Write<Error = E>) -> Result<(), E> {
        let is_over = matches!(self, Note::Joined | Note::Joining | Note::Leaving);
        let again = if self == Note::Joining { AGAIN } else { "" };
        let form = if is_over { "" } else { FORM };
        for part in [HEAD, again, "<p>", self.text(), form] {
            into.write_all(part.as_bytes())?;
        }
        Ok(())
    }
}
