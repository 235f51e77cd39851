//! A service behind TLS.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use crate::network::{Action, Peer, Service};
use crate::tls::{certificates, private_key};

/// What a server needs for TLS. Certificates and keys are in PEM or DER.
#[derive(Clone)]
pub struct TlsServer {
    certificates: Vec<u8>,
    key: Vec<u8>,
    client_issuer: Option<Vec<u8>>,
    protocols: Vec<Vec<u8>>,
}

/// A certificate or a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the {0}")]
pub struct BadCertificate(&'static str);

impl TlsServer {
    /// A server with these certificates, its own first, and the key of that.
    pub fn new(certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        TlsServer {
            certificates: certificates.into(),
            key: key.into(),
            client_issuer: None,
            protocols: Vec::new(),
        }
    }

    /// The same server, which lets in only clients with a certificate from this issuer.
    #[must_use]
    pub fn ask_client(mut self, issuer: impl Into<Vec<u8>>) -> Self {
        self.client_issuer = Some(issuer.into());
        self
    }

    /// The same server, which speaks these protocols (ALPN).
    #[must_use]
    pub fn protocols(mut self, protocols: &[&str]) -> Self {
        let names = protocols.iter();
        self.protocols = names.map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// What the server needs for connections on any network.
    ///
    /// # Errors
    ///
    /// A certificate or a key cannot be used.
    pub fn config(&self) -> Result<Arc<ServerConfig>, BadCertificate> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|_| BadCertificate("protocol versions"))?;
        let builder = match &self.client_issuer {
            None => builder.with_no_client_auth(),
            Some(issuer) => {
                let bad = || BadCertificate("issuer of clients");
                let mut issuers = RootCertStore::empty();
                for certificate in certificates(issuer).map_err(|_| bad())? {
                    issuers.add(certificate).map_err(|_| bad())?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(issuers), provider)
                        .build()
                        .map_err(|_| bad())?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let own = certificates(&self.certificates).map_err(|_| BadCertificate("certificate"))?;
        let key = private_key(&self.key).map_err(|_| BadCertificate("key"))?;
        let config = builder.with_single_cert(own, key);
        let mut config = config.map_err(|_| BadCertificate("certificate with this key"))?;
        config.alpn_protocols.clone_from(&self.protocols);
        Ok(Arc::new(config))
    }

    /// Puts a service behind TLS.
    ///
    /// # Errors
    ///
    /// A certificate or a key cannot be used.
    pub fn serve(&self, service: Box<dyn Service>) -> Result<Box<dyn Service>, BadCertificate> {
        let tls = ServerConnection::new(self.config()?);
        let mut tls = tls.map_err(|_| BadCertificate("certificate"))?;
        tls.set_buffer_limit(None);
        Ok(Box::new(Tls {
            tls,
            service,
            open: false,
            last: Duration::ZERO,
        }))
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer")
            .field("protocols", &self.protocols)
            .finish_non_exhaustive()
    }
}

struct Tls {
    tls: ServerConnection,
    service: Box<dyn Service>,
    /// The handshake is over, and the service knows.
    open: bool,
    /// When the last records leave. What follows leaves not before them: records have an order.
    last: Duration,
}

impl Tls {
    /// Lets the service act, and does in TLS what it wants to be done.
    fn act(&mut self, peer: &mut Peer, act: impl FnOnce(&mut dyn Service, &mut Peer)) {
        let mut inner = Peer::new(peer.now());
        act(&mut *self.service, &mut inner);
        for (at, action) in inner.into_actions() {
            match action {
                Action::Send(data) => {
                    // There is no limit to what it buffers.
                    let _ = self.tls.writer().write_all(&data);
                    self.flush(at, peer);
                }
                Action::Close => {
                    self.tls.send_close_notify();
                    self.flush(at, peer);
                    peer.close_after(self.last - peer.now());
                }
                Action::Reset => peer.reset_after(at - peer.now()),
            }
        }
    }

    /// Sends the records that there are, at that time at the earliest.
    fn flush(&mut self, at: Duration, peer: &mut Peer) {
        self.last = self.last.max(at);
        let mut records = Vec::new();
        while self.tls.wants_write() && self.tls.write_tls(&mut records).is_ok() {}
        if !records.is_empty() {
            peer.send_after(self.last - peer.now(), &records);
        }
    }

    /// What has arrived within TLS.
    fn read(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        // The end of what is there is told as an error.
        let _ = self.tls.reader().read_to_end(&mut all);
        all
    }
}

impl Service for Tls {
    fn received(&mut self, now: Duration, mut data: &[u8], peer: &mut Peer) {
        while !data.is_empty() {
            let read = self.tls.read_tls(&mut data).is_ok();
            if !read || self.tls.process_new_packets().is_err() {
                self.flush(now, peer);
                peer.close_after(self.last - now);
                return;
            }
            self.flush(now, peer);
            if !self.open && !self.tls.is_handshaking() {
                self.open = true;
                self.act(peer, |service, peer| service.connected(peer));
            }
            let arrived = self.read();
            if !arrived.is_empty() {
                self.act(peer, |service, peer| service.received(now, &arrived, peer));
            }
        }
    }

    fn has_something_to_say(&self) -> bool {
        self.open && self.service.has_something_to_say()
    }

    fn speak(&mut self, peer: &mut Peer) {
        self.act(peer, |service, peer| service.speak(peer));
    }

    fn closed(&mut self) {
        self.service.closed();
    }
}
