//! The page that asks for a network.

use embedded_io::{Error, Write};

use super::server::Asked;

const HEAD: &str = "<!DOCTYPE html><title>Wi-Fi</title>\
<meta name=viewport content=\"width=device-width\"><p>";

const WELCOME: &str = "Which network is this device to join?";
const NO_NETWORK: &str = "That was no network. Which one is it?";
const TOLD: &str = "Thank you. This access point goes away now, and the device joins the network.";

/// What follows a page that asks: the field of a password may stay empty.
const FORM: &str = "<form method=post action=/>\
<p><label>Network <input name=ssid maxlength=32 required></label>\
<p><label>Password <input name=password type=password maxlength=64></label>\
<p><button>Join</button></form>";

/// Writes it.
pub(super) fn write<E: Error>(asked: &Asked, into: &mut dyn Write<Error = E>) -> Result<(), E> {
    let (text, form) = match asked {
        Asked::Page => (WELCOME, FORM),
        Asked::NoNetwork => (NO_NETWORK, FORM),
        Asked::Network(_) => (TOLD, ""),
    };
    for part in [HEAD, text, form] {
        into.write_all(part.as_bytes())?;
    }
    Ok(())
}
