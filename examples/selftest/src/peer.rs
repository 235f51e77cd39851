//! The program on a computer of the network that the module talks to.
//!
//! It does what whoever connects asks for, and sends datagrams back: run it in a network of your own, and
//! only while you test.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use crate::wire::{self, Hash};

/// Who says nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much is read or sent at a time.
const PIECE: usize = 4096;
/// The longest line that tells what to do.
const LINE: u64 = 64;

/// What the peer tells of what it does.
pub type Tell = fn(&str);

/// A peer that runs until the process ends.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its port, of TCP and UDP.
    pub port: u16,
}

impl Peer {
    /// Starts it, at a port of these addresses; 0 chooses a port.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(at: Ipv4Addr, port: u16, tell: Tell) -> io::Result<Peer> {
        let listener = TcpListener::bind((at, port))?;
        let port = listener.local_addr()?.port();
        let datagrams = UdpSocket::bind((at, port))?;
        thread::spawn(move || send_back(&datagrams));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || {
                    let who = client.peer_addr();
                    if let (Err(error), Ok(who)) = (serve(client, tell), who) {
                        tell(&format!("{who}: {error}"));
                    }
                });
            }
        });
        Ok(Peer { port })
    }
}

/// Sends each datagram back to where it came from.
fn send_back(socket: &UdpSocket) {
    let mut datagram = [0; 2048];
    loop {
        if let Ok((n, from)) = socket.recv_from(&mut datagram) {
            // One that is lost is sent again by who misses it.
            let _ = socket.send_to(&datagram[..n], from);
        }
    }
}

fn serve(client: TcpStream, tell: Tell) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    client.set_nodelay(true)?;
    let who = client.peer_addr()?;
    let mut line = String::new();
    let mut from = BufReader::new(client.try_clone()?);
    from.by_ref().take(LINE).read_line(&mut line)?;
    let Some((what, number)) = line.trim_end().split_once(' ') else {
        // Who only connects asks for nothing.
        return Ok(());
    };
    tell(&format!("{who}: {what} {number}"));
    let number: u32 = number.parse().map_err(io::Error::other)?;
    match what {
        wire::ECHO => echo(from, client),
        wire::COUNT => count(from, client, number),
        wire::SOURCE => source(from, client, number),
        wire::CLOSE => (&client).write_all(wire::BYE),
        wire::CALL => call(from, client, SocketAddr::new(who.ip(), number as u16)),
        _ => Err(io::Error::other("asks for something unknown")),
    }
}

fn echo(mut from: BufReader<TcpStream>, mut to: TcpStream) -> io::Result<()> {
    let mut piece = [0; PIECE];
    loop {
        match from.read(&mut piece)? {
            0 => return Ok(()),
            n => to.write_all(&piece[..n])?,
        }
    }
}

fn count(mut from: BufReader<TcpStream>, mut to: TcpStream, length: u32) -> io::Result<()> {
    let (mut hash, mut piece, mut rest) = (Hash::default(), [0; PIECE], length as usize);
    while rest > 0 {
        let most = rest.min(PIECE);
        match from.read(&mut piece[..most])? {
            0 => return Err(io::Error::other(format!("{rest} bytes are missing"))),
            n => {
                hash.take(&piece[..n]);
                rest -= n;
            }
        }
    }
    to.write_all(&hash.digits())?;
    to.write_all(b"\r\n")?;
    until_the_end(from)
}

fn source(from: BufReader<TcpStream>, mut to: TcpStream, length: u32) -> io::Result<()> {
    let mut bytes = vec![0; length as usize];
    wire::fill(0, &mut bytes);
    to.write_all(&bytes)?;
    until_the_end(from)
}

/// Connects to who asks, and wants back what it sends.
fn call(from: BufReader<TcpStream>, mut to: TcpStream, who: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&who, PATIENCE / 6)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut sent, mut back) = ([0; wire::CALL_BYTES], [0; wire::CALL_BYTES]);
    wire::fill(0, &mut sent);
    stream.write_all(&sent)?;
    stream.read_exact(&mut back)?;
    if sent != back {
        return Err(io::Error::other("other bytes came back than were sent"));
    }
    to.write_all(wire::CALLED)?;
    until_the_end(from)
}

/// Whoever asked closes first, so that nothing is lost on its way to it.
fn until_the_end(mut from: BufReader<TcpStream>) -> io::Result<()> {
    io::copy(&mut from, &mut io::sink())?;
    Ok(())
}
