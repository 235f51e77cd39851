//! As much HTTP as fetching a page needs, over any `embedded-nal` stack.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};

/// The server must say something at least this often.
const PATIENCE: Duration = Duration::from_secs(10);

/// `http://HOST[:PORT]/PATH`
#[derive(Clone, Debug, PartialEq)]
pub struct Url {
    pub host: String,
    pub port: u16,
    pub path: String,
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text
            .strip_prefix("http://")
            .ok_or("a URL begins with http://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
        let port = port.parse().map_err(|_| format!("{port} is no port"))?;
        if host.is_empty() {
            return Err("the URL names no host".into());
        }
        Ok(Url {
            host: host.into(),
            port,
            path: format!("/{path}"),
        })
    }
}

/// Fetches a page and returns its body. While it waits for the server, it calls `pause`.
pub fn get<N, E>(network: &mut N, url: &Url, pause: impl FnMut()) -> Result<Vec<u8>>
where
    N: TcpClientStack<Error = E> + Dns<Error = E>,
    E: std::error::Error + TcpError + Send + Sync + 'static,
{
    let Url { host, port, path } = url;
    let address = nb::block!(network.get_host_by_name(host, AddrType::IPv4))
        .with_context(|| format!("cannot resolve \"{host}\""))?;
    let remote = SocketAddr::new(address, *port);
    let mut socket = network.socket()?;
    nb::block!(network.connect(&mut socket, remote))
        .with_context(|| format!("cannot connect to {remote}"))?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    nb::block!(network.send(&mut socket, request.as_bytes())).context("cannot send the request")?;
    let response = read_to_end(network, &mut socket, pause).context("cannot receive the page")?;
    network.close(socket)?;
    body(&response)
}

fn read_to_end<N, E>(
    network: &mut N,
    socket: &mut N::TcpSocket,
    mut pause: impl FnMut(),
) -> Result<Vec<u8>>
where
    N: TcpClientStack<Error = E>,
    E: std::error::Error + TcpError + Send + Sync + 'static,
{
    let (mut response, mut buffer, mut heard) = (Vec::new(), [0; 2048], Instant::now());
    loop {
        match network.receive(socket, &mut buffer) {
            Ok(n) => {
                response.extend_from_slice(&buffer[..n]);
                heard = Instant::now();
            }
            Err(nb::Error::WouldBlock) if heard.elapsed() < PATIENCE => {
                pause();
            }
            Err(nb::Error::WouldBlock) => bail!("the server fell silent"),
            Err(nb::Error::Other(error)) if error.kind() == TcpErrorKind::PipeClosed => {
                return Ok(response);
            }
            Err(nb::Error::Other(error)) => return Err(error.into()),
        }
    }
}

/// Checks the response and returns its body.
fn body(response: &[u8]) -> Result<Vec<u8>> {
    let end = response
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .context("the answer is not HTTP")?;
    let (head, body) = (
        String::from_utf8_lossy(&response[..end]),
        &response[end + 4..],
    );
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    ensure!(
        status.split(' ').nth(1) == Some("200"),
        "the server says: {status}"
    );
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok());
    if let Some(length) = length {
        ensure!(
            body.len() == length,
            "{} bytes of {length} arrived",
            body.len()
        );
    }
    Ok(body.to_vec())
}
