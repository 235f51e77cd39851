use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Patience;

use super::{Certificates, Running, installed, write};

/// A web server with the files it is given. `/status` is its own page.
///
/// It tells with each answer, in the header `Request`, which one of its connection it is. After
/// an answer from below `/hasty/`, where the same files are, it soon closes the connection.
pub struct Nginx {
    server: Running,
    _folder: TempDir,
}

impl Nginx {
    /// `None` if it is not installed.
    pub fn start(
        files: impl IntoIterator<Item = (impl AsRef<Path>, impl AsRef<[u8]>)>,
    ) -> Option<Self> {
        Self::start_with("", "", files)
    }

    /// One that speaks TLS 1.3, and nothing else.
    ///
    /// `None` if it is not installed.
    pub fn start_secured(
        certificates: &Certificates,
        files: impl IntoIterator<Item = (impl AsRef<Path>, impl AsRef<[u8]>)>,
    ) -> Option<Self> {
        let settings = format!(
            "ssl_protocols TLSv1.3; ssl_certificate {}; ssl_certificate_key {};",
            certificates.server().display(),
            certificates.server_key().display(),
        );
        Self::start_with("ssl", &settings, files)
    }

    fn start_with(
        listen: &str,
        settings: &str,
        files: impl IntoIterator<Item = (impl AsRef<Path>, impl AsRef<[u8]>)>,
    ) -> Option<Self> {
        let program = installed("nginx", "nginx-light")?;
        let folder = TempDir::new().expect("a temporary folder");
        for (name, content) in files {
            write(folder.path(), name, content);
        }
        let server = Running::on_free_port(|port| {
            command(&program, &folder, &format!("{port} {listen}"), settings)
        });
        Some(Nginx {
            server,
            _folder: folder,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Waits until it has closed all idle connections.
    pub fn wait_until_none_is_idle(&self) {
        let patience = Patience::new();
        while !self.status().contains("Waiting: 0") {
            patience.wait("nginx closes idle connections");
        }
    }

    fn status(&self) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("nginx listens");
        let mut answer = String::new();
        stream
            .write_all(b"GET /status HTTP/1.0\r\n\r\n")
            .and_then(|()| stream.read_to_string(&mut answer))
            .expect("nginx answers");
        answer
    }
}

fn command(program: &PathBuf, folder: &TempDir, listen: &str, settings: &str) -> Command {
    let root = folder.path().display();
    let settings = format!(
        "daemon off;
        master_process off;
        pid {root}/pid;
        error_log stderr crit;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {root}/body;
            proxy_temp_path {root}/proxy;
            fastcgi_temp_path {root}/fastcgi;
            uwsgi_temp_path {root}/uwsgi;
            scgi_temp_path {root}/scgi;
            server {{
                listen 127.0.0.1:{listen};
                {settings}
                root {root};
                add_header Request $connection_requests;
                location /hasty/ {{ alias {root}/; keepalive_timeout 1ms; }}
                location = /status {{ stub_status; }}
            }}
        }}"
    );
    let settings = write(folder.path(), "nginx.conf", settings);
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).arg("-c").arg(settings);
    // Else it complains about the folder it was built for.
    command.args(["-e", "stderr"]);
    command
}
