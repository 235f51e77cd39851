//! What a module makes of the certificate of a server.

use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::Failed;

/// Asks for as much as the module is configured to.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Who may have issued the certificate; none is anybody.
    issuers: Option<RootCertStore>,
    verifies_name: bool,
    time: Option<Duration>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub fn new(
        provider: &CryptoProvider,
        issuers: Option<Vec<CertificateDer<'static>>>,
        verifies_name: bool,
        seconds: Option<u64>,
    ) -> Result<Self, Failed> {
        let issuers = match issuers {
            Some(certificates) => {
                let mut store = RootCertStore::empty();
                for certificate in certificates {
                    store.add(certificate).map_err(|_| Failed)?;
                }
                Some(store)
            }
            None => None,
        };
        Ok(Verifier {
            issuers,
            verifies_name,
            time: seconds.map(Duration::from_secs),
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

/// Whether a certificate would be good at another time.
fn is_about_time(why: &CertificateError) -> bool {
    matches!(
        why,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let now = self.time.map_or(now, UnixTime::since_unix_epoch);
        if let Some(issuers) = &self.issuers {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.algorithms.all;
            let verified = verify_server_cert_signed_by_trust_anchor(
                &certificate,
                issuers,
                intermediates,
                now,
                algorithms,
            );
            match verified {
                Err(Error::InvalidCertificate(why))
                    if self.time.is_none() && is_about_time(&why) => {}
                verified => verified?,
            }
            if self.verifies_name {
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
