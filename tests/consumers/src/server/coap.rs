use std::fs;
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::installed;

/// The port that a CoAP client need not be told; told another one, it asks the server to check it,
/// which those for microcontrollers cannot.
pub const COAP_PORT: u16 = 5683;

/// A CoAP client that asks a server of this machine for a resource.
pub struct CoapClient {
    child: Child,
    folder: TempDir,
}

/// The file with the answer.
const ANSWER: &str = "answer";

impl CoapClient {
    /// `None` if it is not installed.
    #[must_use]
    pub fn get(path: &str) -> Option<Self> {
        let program = installed("coap-client-notls", "libcoap3-bin")?;
        let folder = TempDir::new().expect("a temporary folder");
        let child = Command::new(program)
            .current_dir(&folder)
            // Blocks that fit into the datagrams of any module.
            .args(["-b", "256", "-B", "30", "-o", ANSWER])
            .arg(format!("coap://{}/{path}", Ipv4Addr::LOCALHOST))
            .stdin(Stdio::null())
            .spawn()
            .expect("an installed program starts");
        Some(CoapClient { child, folder })
    }

    /// Whether it has its answer, or has given up.
    pub fn is_done(&mut self) -> bool {
        let ended = self.child.try_wait().expect("a child can be asked");
        ended.is_some()
    }

    /// What it was given.
    #[must_use]
    pub fn answer(self) -> Vec<u8> {
        fs::read(self.folder.path().join(ANSWER)).expect("an answer")
    }
}

impl Drop for CoapClient {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
