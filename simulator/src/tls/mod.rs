//! TLS between a module and its peer.

mod session;
mod verifier;

pub(crate) use session::{Failed, Session};

use std::net::IpAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use verifier::Verifier;

/// How a module begins TLS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    /// Who must have issued the certificate of the server; if nobody, any will do.
    pub issuer: Option<Vec<u8>>,
    /// The certificate of the module, and its key.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The name that is sent to the server.
    pub name: Option<String>,
    /// The certificate must be for that name.
    pub verifies_name: bool,
    /// The protocols that the module offers.
    pub protocols: Vec<Vec<u8>>,
    /// Seconds since 1970, if the module knows them: otherwise it does not look from when to when a
    /// certificate is good.
    pub time: Option<u64>,
}

impl Client {
    /// Begins a handshake, unless what is configured cannot be used.
    pub fn begin(&self, remote: IpAddr) -> Result<Session, Failed> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let name = match &self.name {
            Some(name) => ServerName::try_from(name.clone()).map_err(|_| Failed)?,
            None => ServerName::from(remote),
        };
        let issuers = match &self.issuer {
            Some(issuer) => Some(certificates(issuer)?),
            None => None,
        };
        let verified = self.verifies_name && self.name.is_some();
        let verifier = Verifier::new(&provider, issuers, verified, self.time)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| Failed)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            Some((certificate, key)) => {
                let (certificates, key) = (certificates(certificate)?, private_key(key)?);
                let builder = builder.with_client_auth_cert(certificates, key);
                builder.map_err(|_| Failed)?
            }
            None => builder.with_no_client_auth(),
        };
        config.enable_sni = self.name.is_some();
        config.alpn_protocols.clone_from(&self.protocols);
        Session::new(config, name)
    }
}

/// Certificates in PEM or one in DER.
pub(crate) fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Failed> {
    if bytes.starts_with(&[0x30]) {
        return Ok(vec![CertificateDer::from(bytes.to_vec())]);
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or(Failed)
}

/// A key in PEM or DER.
pub(crate) fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, Failed> {
    if bytes.starts_with(&[0x30]) {
        return PrivateKeyDer::try_from(bytes.to_vec()).map_err(|_| Failed);
    }
    PrivateKeyDer::from_pem_slice(bytes).map_err(|_| Failed)
}
