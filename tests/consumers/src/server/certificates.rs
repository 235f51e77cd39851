use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{installed, output};

/// An authority that nobody else trusts, and what it has certified.
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// An authority, and a server's certificate for this name.
    ///
    /// `None` if there is no program to make them.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let program = installed("openssl", "openssl")?;
        let certificates = Certificates {
            folder: TempDir::new().expect("a temporary folder"),
        };
        let make = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.current_dir(&certificates.folder).args(arguments);
            output(&mut command);
        };
        let new = "req -x509 -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256";
        let new: Vec<&str> = new.split(' ').collect();
        let authority = "-subj /CN=authority -keyout ca.key -out ca.pem";
        make(&[&new[..], &authority.split(' ').collect::<Vec<_>>()].concat());
        let server = format!(
            "-subj /CN={name} -addext subjectAltName=DNS:{name} \
             -addext basicConstraints=critical,CA:FALSE \
             -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem"
        );
        make(&[&new[..], &server.split(' ').collect::<Vec<_>>()].concat());
        make(&["x509", "-in", "ca.pem", "-outform", "der", "-out", "ca.der"]);
        Some(certificates)
    }

    /// The authority's own certificate, in DER.
    #[must_use]
    pub fn authority(&self) -> Vec<u8> {
        fs::read(self.path("ca.der")).expect("what was made")
    }

    pub(super) fn server(&self) -> PathBuf {
        self.path("server.pem")
    }

    pub(super) fn server_key(&self) -> PathBuf {
        self.path("server.key")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
