//! How the module is to open a TLS connection.

use core::fmt;

/// What the module needs to know to open a TLS connection; see [`Tls`](crate::Tls).
///
/// Certificates and keys lie in the module: they are named here, and loaded by
/// [`load_certificate`](crate::Module::load_certificate) or by the module's own tools. What is not named is
/// not used: without a [`ca`](TlsConfig::ca) the module does **not** check who the server is.
///
/// Firmware of both modules connects unchecked where the authority is not there. So the driver asks before
/// each connection, and refuses one whose authority is missing, with
/// [`Cause::NoAuthority`](crate::Cause::NoAuthority), before a byte goes to the peer.
///
/// A certificate is good from one day to another: a module that does not know the day takes it for one
/// that is not valid yet, or does not look. Name time servers and wait for the time before the first
/// connection: [`Module::wait_for_time`](crate::Module::wait_for_time) (reference of the ST67, note to
/// 5.1.1).
///
/// The Microchip module never compares the server's name with its certificate, and no driver can see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsConfig<'c> {
    /// The certificate authority that must have signed the server's certificate: a name of up to
    /// 31 bytes on the ST67 (wire notes 2), 64 on the Microchip module (wire notes 9).
    ///
    /// The ST67 is asked for its file. The Microchip module cannot be asked: there it must have been loaded
    /// by [`load_certificate`](crate::Module::load_certificate) since the module started. And with firmware
    /// 0.2.0 to 0.3.2 that does not help, since for connections it takes authorities of its own image alone
    /// (reference, note to 7.11.4): there only one that is [vouched for](TlsConfig::is_ca_vouched) is taken.
    pub ca: Option<&'c str>,
    /// The caller vouches that `ca` is in the module, and the driver does not ask. If it is not, whoever
    /// answers is taken for the server.
    pub is_ca_vouched: bool,
    /// The client's certificate, and its private key, for servers that ask for them: names as
    /// long as that of `ca`; that of the key up to 32 bytes on the Microchip module.
    pub certificate: Option<(&'c str, &'c str)>,
    /// The name that the server is asked for (SNI), and that its certificate must have; the
    /// Microchip firmware does not check that it has. Up to 64 bytes on the ST67 (reference
    /// 4.1.33), 32 on the Microchip module.
    pub server_name: Option<&'c str>,
    /// The protocols that are offered (ALPN), up to 5 of up to 15 bytes each. The ST67 only
    /// (reference 4.1.34).
    pub alpn: &'c [&'c str],
    /// A key that both sides know, instead of certificates. The ST67 only, where it stays with its
    /// link until the link gets another; firmware 2.0.75 keeps the key and does not use it.
    pub psk: Option<Psk<'c>>,
}

impl<'c> TlsConfig<'c> {
    /// A connection that is encrypted, to whoever answers.
    #[must_use]
    pub const fn new() -> Self {
        TlsConfig {
            ca: None,
            is_ca_vouched: false,
            certificate: None,
            server_name: None,
            alpn: &[],
            psk: None,
        }
    }

    /// The same with an [authority](TlsConfig::ca).
    #[must_use]
    pub const fn with_ca(mut self, ca: &'c str) -> Self {
        self.ca = Some(ca);
        self.is_ca_vouched = false;
        self
    }

    /// The same with an authority of which you know that it is in the module, as one that is built into its
    /// image: see [`is_ca_vouched`](TlsConfig::is_ca_vouched).
    #[must_use]
    pub const fn with_vouched_ca(mut self, ca: &'c str) -> Self {
        self.ca = Some(ca);
        self.is_ca_vouched = true;
        self
    }

    /// The same with a [certificate](TlsConfig::certificate) of the client's, and its private key.
    #[must_use]
    pub const fn with_certificate(mut self, certificate: &'c str, key: &'c str) -> Self {
        self.certificate = Some((certificate, key));
        self
    }

    /// The same with the [name](TlsConfig::server_name) of the server.
    #[must_use]
    pub const fn with_server_name(mut self, name: &'c str) -> Self {
        self.server_name = Some(name);
        self
    }

    /// The same with [protocols](TlsConfig::alpn) to choose from.
    #[must_use]
    pub const fn with_alpn(mut self, protocols: &'c [&'c str]) -> Self {
        self.alpn = protocols;
        self
    }

    /// The same with a [key](TlsConfig::psk) that both sides know.
    #[must_use]
    pub const fn with_psk(mut self, psk: Psk<'c>) -> Self {
        self.psk = Some(psk);
        self
    }
}

/// A pre-shared key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Psk<'c> {
    /// Which key it is: up to 31 bytes.
    pub identity: &'c str,
    /// The key: up to 31 bytes, none of them 0.
    pub key: &'c [u8],
}

impl fmt::Debug for Psk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Psk")
            .field("identity", &self.identity)
            .field("key", &"***")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_does_not_show() {
        let psk = Psk {
            identity: "sensor",
            key: b"hunter2",
        };
        let shown = std::format!("{psk:?}");
        assert!(shown.contains("sensor") && !shown.contains("hunter2") && !shown.contains("104"));
    }
}
