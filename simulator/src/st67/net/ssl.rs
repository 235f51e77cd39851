//! What a link needs to know for TLS: the files, the name, the protocols and the shared key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use crate::File;
use crate::network::Connection;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Reply, Step, Task};
use crate::st67::net::link::LINKS;
use crate::st67::net::start::Opening;
use crate::st67::{St67, World};
use crate::tls::{Client, Session};

/// Longest name of a file.
const FILE: usize = 31;
/// The settings of one link.
#[derive(Clone, Debug, Default)]
pub(in crate::st67) struct Ssl {
    files: SslFiles,
    name: Option<Vec<u8>>,
    protocols: Vec<Vec<u8>>,
    key: Vec<u8>,
    hint: Vec<u8>,
}

/// `AT+CIPSSLCCONF`, which is kept in flash.
#[derive(Clone, Debug, Default)]
pub(in crate::st67) struct SslFiles {
    mode: i64,
    certificate: Vec<u8>,
    key: Vec<u8>,
    issuer: Vec<u8>,
}

/// The settings of all links.
pub(in crate::st67) type SslLinks = [Ssl; LINKS];

impl Ssl {
    /// After a reset, of what was set only the files are left.
    pub fn restored(files: &SslFiles) -> Self {
        Ssl {
            files: files.clone(),
            ..Ssl::default()
        }
    }
}

impl SslFiles {
    pub fn new(
        presents: bool,
        verifies: bool,
        certificate: Vec<u8>,
        key: Vec<u8>,
        issuer: Vec<u8>,
    ) -> Self {
        SslFiles {
            mode: i64::from(presents) | i64::from(verifies) << 1,
            certificate,
            key,
            issuer,
        }
    }

    fn presents_certificate(&self) -> bool {
        self.mode & 1 != 0
    }

    fn verifies_server(&self) -> bool {
        self.mode & 2 != 0
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A connection is open, and TLS begins.
#[derive(Debug)]
struct Handshake {
    opening: Opening,
    session: Box<Session>,
}

impl Task for Handshake {
    fn next(&self) -> Option<Duration> {
        // A time that has passed and does not count would be asked for again and again.
        self.opening.shake_limit
    }

    fn may_end_early(&self) -> bool {
        true
    }

    fn connection(&self) -> Option<Connection> {
        Some(self.opening.connection)
    }

    fn step(self: Box<Self>, module: &mut St67, world: &mut World) -> Step {
        let Handshake { opening, session } = *self;
        module.await_tls(opening, session, world)
    }
}

impl St67 {
    fn ssl(&mut self, id: usize) -> &mut Ssl {
        &mut self.settings.ssl[id.min(LINKS - 1)]
    }

    /// Prints a row for the link that the query names, or for all of them.
    fn say_ssl(
        &mut self,
        name: &str,
        arguments: &Arguments,
        row: impl Fn(&Ssl) -> String,
    ) -> Result<Reply, Code> {
        let ids = if !self.settings.multiple {
            0..1
        } else if self.variant.net.queries_all_links && arguments.len() == 0 {
            0..LINKS
        } else {
            let (id, _) = self.link_argument(arguments)?;
            id..id + 1
        };
        for id in ids {
            let row = row(self.ssl(id));
            let line = if self.settings.multiple {
                let comma = if row.is_empty() { "" } else { "," };
                format!("{name}:{id}{comma}{row}")
            } else {
                format!("{name}:{row}")
            };
            self.say(&line);
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIPSSLCCONF?` and `AT+CIPSSLCCONF=<id>?`
    pub(in crate::st67) fn ssl_files(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let inverted = self.variant.net.inverts_ssl_mode;
        self.say_ssl("+CIPSSLCCONF", arguments, |ssl| {
            let SslFiles {
                mode,
                certificate,
                key,
                issuer,
            } = &ssl.files;
            let mode = if inverted {
                (mode & 1) << 1 | mode >> 1
            } else {
                *mode
            };
            let (certificate, key, issuer) = (text(certificate), text(key), text(issuer));
            format!("{mode},\"{certificate}\",\"{key}\",\"{issuer}\"")
        })
    }

    /// `AT+CIPSSLCCONF=[<id>,]<auth_mode>[,"<cert_name>"][,"<key_name>"][,"<ca_name>"]`
    pub(in crate::st67) fn set_ssl_files(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 4)?;
        let mode = arguments.need_number(first, 0..=3)?;
        let name = |index: usize| -> Result<Option<Vec<u8>>, Code> {
            Ok(arguments.text(first + index, FILE)?.map(<[u8]>::to_vec))
        };
        let (certificate, key, issuer) = (name(1)?, name(2)?, name(3)?);
        let missing = mode & 1 != 0 && (certificate.is_none() || key.is_none())
            || mode & 2 != 0 && issuer.is_none();
        if missing && self.variant.net.needs_ssl_files {
            return Err(Code::NOT_ALLOWED);
        }
        let mut files = SslFiles {
            mode,
            certificate: certificate.unwrap_or_default(),
            key: key.unwrap_or_default(),
            issuer: issuer.unwrap_or_default(),
        };
        if self.variant.net.needs_ssl_files {
            if !files.presents_certificate() {
                files.certificate.clear();
                files.key.clear();
            }
            if !files.verifies_server() {
                files.issuer.clear();
            }
        }
        if self.settings.store {
            self.flash.kept.ssl[id.min(LINKS - 1)] = files.clone();
        }
        self.ssl(id).files = files;
        Ok(Reply::Ok)
    }

    /// `AT+CIPSSLCSNI?` and `AT+CIPSSLCSNI=<id>?`
    pub(in crate::st67) fn ssl_name(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let quoted = self.variant.net.quotes_ssl_name;
        self.say_ssl("+CIPSSLCSNI", arguments, |ssl| {
            let name = ssl.name.as_deref().map(text);
            if quoted {
                format!("\"{}\"", name.unwrap_or_default())
            } else {
                name.unwrap_or_else(|| "(null)".to_owned())
            }
        })
    }

    /// `AT+CIPSSLCSNI=[<id>,]<"sni">`
    pub(in crate::st67) fn set_ssl_name(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 1..=first + 1)?;
        let name = arguments.need_text(first, self.variant.net.longest_ssl_name)?;
        self.ssl(id).name = Some(name.to_vec()).filter(|name| !name.is_empty());
        Ok(Reply::Ok)
    }

    /// `AT+CIPSSLCALPN?` and `AT+CIPSSLCALPN=<id>?`
    pub(in crate::st67) fn ssl_protocols(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let comma = self.variant.net.comma_before_protocols && !self.settings.multiple;
        self.say_ssl("+CIPSSLCALPN", arguments, |ssl| {
            let names = ssl.protocols.iter();
            let names: Vec<String> = names.map(|name| format!("\"{}\"", text(name))).collect();
            let comma = if comma && !names.is_empty() { "," } else { "" };
            comma.to_owned() + &names.join(",")
        })
    }

    /// `AT+CIPSSLCALPN=[<id>,]<counts>[,<"alpn">]...`
    pub(in crate::st67) fn set_ssl_protocols(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let (id, first) = self.link_argument(arguments)?;
        let count = arguments.need_number(first, 0..=self.variant.net.most_ssl_protocols)?;
        let count = usize::try_from(count).unwrap_or(0);
        arguments.expect(first + 1 + count..=first + 1 + count)?;
        let names = (0..count).map(|index| arguments.need_text(first + 1 + index, 254));
        let names: Result<Vec<&[u8]>, Code> = names.collect();
        self.ssl(id).protocols = names?.into_iter().map(<[u8]>::to_vec).collect();
        Ok(Reply::Ok)
    }

    /// `AT+CIPSSLCPSK?` and `AT+CIPSSLCPSK=<id>?`
    pub(in crate::st67) fn ssl_key(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_ssl("+CIPSSLCPSK", arguments, |ssl| {
            // It is a text, which ends with a zero.
            let key = ssl.key.split(|byte| *byte == 0).next();
            format!(
                "\"{}\",\"{}\"",
                text(key.unwrap_or_default()),
                text(&ssl.hint)
            )
        })
    }

    /// `AT+CIPSSLCPSK=[<id>,]<"psk">,<"hint">`
    pub(in crate::st67) fn set_ssl_key(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let longest = self.variant.net.longest_ssl_key;
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 2..=first + 2)?;
        let key = arguments.need_text(first, longest)?;
        let hint = arguments.need_text(first + 1, longest)?;
        let ssl = self.ssl(id);
        (ssl.key, ssl.hint) = (key.to_vec(), hint.to_vec());
        Ok(Reply::Ok)
    }

    /// `AT+CIPSSLCPSKHEX?` and `AT+CIPSSLCPSKHEX=<id>?`
    pub(in crate::st67) fn ssl_key_hex(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.say_ssl("+CIPSSLCPSKHEX", arguments, |ssl| {
            let digits: String = ssl.key.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\"{digits}\",\"{}\"", text(&ssl.hint))
        })
    }

    /// `AT+CIPSSLCPSKHEX=[<id>,]<"psk">,<"hint">`
    pub(in crate::st67) fn set_ssl_key_hex(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let longest = self.variant.net.longest_ssl_key;
        let (id, first) = self.link_argument(arguments)?;
        arguments.expect(first + 2..=first + 2)?;
        let digits = arguments.need_text(first, 2 * longest)?;
        let hint = arguments.need_text(first + 1, longest)?;
        let key = digits.chunks_exact(2).map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            u8::from_str_radix(pair, 16).map_err(|_| Code::INVALID)
        });
        let key: Result<Vec<u8>, Code> = key.collect();
        let hint = hint.to_vec();
        let ssl = self.ssl(id);
        (ssl.key, ssl.hint) = (key?, hint);
        Ok(Reply::Ok)
    }

    /// Begins TLS on a connection that has just been opened.
    pub(in crate::st67) fn begin_tls(
        &mut self,
        id: usize,
        remote: SocketAddr,
        now: Duration,
    ) -> Result<Session, Code> {
        let ssl = &self.settings.ssl[id.min(LINKS - 1)];
        let client = self.tls_client(&ssl.files, ssl.name.as_deref(), &ssl.protocols, now)?;
        client.begin(remote.ip()).map_err(|_| Code::FAILED)
    }

    /// How TLS begins with these files.
    pub(in crate::st67) fn tls_client(
        &self,
        files: &SslFiles,
        name: Option<&[u8]>,
        protocols: &[Vec<u8>],
        now: Duration,
    ) -> Result<Client, Code> {
        let stored = &self.files;
        let (certificate, key) = (find(stored, &files.certificate), find(stored, &files.key));
        let issuer = find(stored, &files.issuer);
        let lost = files.presents_certificate() && (certificate.is_none() || key.is_none())
            || files.verifies_server() && issuer.is_none();
        if lost && !self.variant.net.forgives_missing_files {
            return Err(Code::FAILED);
        }
        Ok(Client {
            issuer: issuer.filter(|_| files.verifies_server()),
            identity: certificate
                .zip(key)
                .filter(|_| files.presents_certificate()),
            name: name.map(text),
            verifies_name: true,
            protocols: protocols.to_vec(),
            time: self.sntp.known(now),
        })
    }

    /// The connection below is open.
    pub(in crate::st67) fn start_tls(&mut self, opening: Opening, world: &mut World) -> Step {
        match self.begin_tls(opening.id, opening.remote, world.now) {
            Ok(session) => {
                let session = Box::new(session);
                Step::Next(Handshake { opening, session }.into())
            }
            Err(code) => {
                world.network.close(world.now, opening.connection);
                self.finish(Err(code))
            }
        }
    }

    fn await_tls(
        &mut self,
        opening: Opening,
        mut session: Box<Session>,
        world: &mut World,
    ) -> Step {
        let connection = opening.connection;
        let outcome = session.shake(world.now, connection, world.network);
        let late = opening.shake_limit.is_some_and(|at| at <= world.now);
        match outcome {
            Poll::Ready(Ok(())) if self.has_network() => {
                self.open_link(&opening, Some(session));
                self.finish(Ok(()))
            }
            Poll::Pending if self.has_network() && !late => {
                Step::Wait(Handshake { opening, session }.into())
            }
            outcome => {
                world.network.close(world.now, connection);
                let late = outcome.is_pending() && self.has_network();
                self.finish(Err(if late { Code::TIMEOUT } else { Code::FAILED }))
            }
        }
    }
}

fn find(files: &BTreeMap<String, File>, name: &[u8]) -> Option<Vec<u8>> {
    let name = std::str::from_utf8(name).ok()?;
    files.get(name).map(|file| file.0.clone())
}
