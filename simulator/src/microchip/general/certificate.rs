//! Certificates: those of the secure element that `AT+READCERT` tells, and those that
//! `AT+LOADCERT` loads.

use crate::microchip::engine::binary::Binary;
use crate::microchip::engine::{Job, Reply};
use crate::microchip::parameter::{Parameter, Parameters};
use crate::microchip::status::Status;
use crate::microchip::text::printable;
use crate::microchip::{Microchip, World};
use crate::tls::certificates;

/// The certificate of the simulated device, that of who has signed it, and that of the issuer of
/// both.
const DEVICE: &str = include_str!("certificates/device.pem");
const SIGNER: &str = include_str!("certificates/signer.pem");
const ROOT: &str = include_str!("certificates/root.pem");
/// Length of the longest certificate.
const LONGEST: i64 = 1500;

impl Microchip {
    /// `AT+READCERT=<type>`
    pub(in crate::microchip) fn read_certificate(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let unknown = self.variant.unknown_certificate;
        let Parameter::Integer(kind) = parameters.get(0)? else {
            return Err(unknown);
        };
        let certificate = match kind {
            1 => DEVICE.as_bytes().to_vec(),
            2 => ROOT.as_bytes().to_vec(),
            3 => self.last_loaded().ok_or(Status::GENERAL_ERROR)?,
            4 if self.variant.reads_signer => SIGNER.as_bytes().to_vec(),
            _ => return Err(unknown),
        };
        let (space, length) = (self.variant.certificate_space, certificate.len());
        let certificate = printable(&certificate);
        self.say(&format!("+READCERT:{kind},{space}{length},{certificate}"));
        Ok(Reply::Ok)
    }

    /// The last certificate that was loaded, in DER.
    fn last_loaded(&self) -> Option<Vec<u8>> {
        let found = certificates(self.tls.last_loaded.as_ref()?).ok()?;
        found.first().map(|first| first.to_vec())
    }

    /// `AT+LOADCERT=<length>,<name>`
    pub(in crate::microchip) fn load(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let length = parameters.integer(0)?;
        let name = parameters.text(1)?.to_vec();
        if !(1..=LONGEST).contains(&length) {
            return Err(Status::INVALID_PARAMETER);
        }
        let length = usize::try_from(length).unwrap_or(0);
        Ok(Reply::Binary(Binary::certificate(name, length)))
    }

    /// All of the certificate has come, or `+++` behind a part of it.
    pub(in crate::microchip) fn finish_loading(
        &mut self,
        name: Vec<u8>,
        data: Vec<u8>,
        escaped: bool,
    ) {
        let failed = u8::from(!self.load_certificate(name, data));
        if self.variant.loads_without_status && !escaped {
            let row = format!("+LOADCERT:{failed}\r\n");
            let prompt = self.prompt();
            self.print(&[row.as_bytes(), prompt.as_bytes()]);
            self.engine.job = Job::Idle;
            return;
        }
        if escaped {
            self.say_bytes(self.variant.binary_lead.as_bytes());
        }
        self.finish(Status::OK);
        self.tell(&format!("+LOADCERT:{failed}"));
    }

    /// Keeps what has been loaded; says whether it is a certificate.
    fn load_certificate(&mut self, name: Vec<u8>, data: Vec<u8>) -> bool {
        let good = certificates(&data).is_ok();
        if good {
            self.tls.last_loaded = Some(data.clone());
            self.tls.loaded.insert(name, data);
        }
        good
    }
}
