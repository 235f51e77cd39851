//! The wire outside of this process: a TCP port and a pseudo-terminal.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use embedded_io::{ReadReady as _, Write as _};

use crate::server::Spoken;
use crate::{PortError, SPI_FRAME_MAX, ThreadPort};

/// How often a thread looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Serves one client after the other on a thread of its own.
pub(crate) fn serve_tcp(port: ThreadPort, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    thread::spawn(move || accept(&listener, port, serve_client));
    Ok(address)
}

type Serve = fn(TcpStream, &ThreadPort) -> io::Result<()>;

fn accept(listener: &TcpListener, mut port: ThreadPort, serve: Serve) {
    while port.read_ready().is_ok() {
        match listener.accept() {
            // What goes wrong with one client is no reason to refuse the next.
            Ok((stream, _)) => drop(serve(stream, &port)),
            Err(_) => thread::sleep(LOOK),
        }
    }
}

fn serve_client(stream: TcpStream, port: &ThreadPort) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    let gone = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            carry_to_module(&stream, port.clone());
            gone.store(true, Ordering::Relaxed);
        });
        let ended = carry_to_host(port.clone(), &stream, &gone);
        let _ = stream.shutdown(Shutdown::Both);
        ended
    })
}

/// Serves the frames of an SPI to one client after the other on a thread of its own.
pub(crate) fn serve_spi(port: ThreadPort, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    thread::spawn(move || accept(&listener, port, serve_frames));
    Ok(address)
}

fn serve_frames(stream: TcpStream, port: &ThreadPort) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    let gone = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // However it ends, it has ended.
            let _ = carry_frames_to_module(&stream, port.clone());
            gone.store(true, Ordering::Relaxed);
        });
        let ended = carry_frames_to_host(port.clone(), &stream, &gone);
        let _ = stream.shutdown(Shutdown::Both);
        ended
    })
}

fn carry_frames_to_module(mut from: impl Read, mut port: ThreadPort) -> io::Result<()> {
    loop {
        let mut length = [0; 2];
        from.read_exact(&mut length)?;
        let mut frame = vec![0; u16::from_le_bytes(length).into()];
        from.read_exact(&mut frame)?;
        if port.write(&frame).is_err() {
            return Ok(());
        }
    }
}

fn carry_frames_to_host(
    mut port: ThreadPort,
    mut to: impl Write,
    gone: &AtomicBool,
) -> io::Result<()> {
    let mut restarts = 0;
    while !gone.load(Ordering::Relaxed) {
        match port.frame_for(LOOK, &mut restarts) {
            Ok(Spoken::Frame(frame)) => {
                for part in frame.chunks(SPI_FRAME_MAX) {
                    let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
                    to.write_all(&[&length.to_le_bytes(), part].concat())?;
                }
            }
            Ok(Spoken::Stopped) => to.write_all(&u16::MAX.to_le_bytes())?,
            Ok(Spoken::Nothing) => {}
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Serves a new pseudo-terminal on two threads of their own.
#[cfg(unix)]
pub(crate) fn serve_pty(port: ThreadPort) -> io::Result<std::path::PathBuf> {
    use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
    use std::fs::File;

    let pair = nix::pty::openpty(None, None)?;
    let path = nix::unistd::ttyname(&pair.slave)?;
    let mut settings = tcgetattr(&pair.slave)?;
    cfmakeraw(&mut settings);
    tcsetattr(&pair.slave, SetArg::TCSANOW, &settings)?;

    let from_host = File::from(pair.master);
    let to_host = from_host.try_clone()?;
    let device = pair.slave;
    let writer = port.clone();
    thread::spawn(move || carry_to_module(from_host, writer));
    thread::spawn(move || {
        // While this end of the device is open, clients may come and go.
        let _device = device;
        let _ = carry_to_host(port, to_host, &AtomicBool::new(false));
    });
    Ok(path)
}

/// Until either side is gone.
fn carry_to_module(mut from: impl Read, mut port: ThreadPort) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || port.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

/// Until either side is gone.
fn carry_to_host(mut port: ThreadPort, mut to: impl Write, gone: &AtomicBool) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while !gone.load(Ordering::Relaxed) {
        match port.read_for(LOOK, &mut buffer) {
            Ok(count) => to.write_all(&buffer[..count])?,
            // The client cannot be told, and finds out by what is missing.
            Err(PortError::Overrun) => {}
            Err(PortError::Unplugged) => return Ok(()),
        }
    }
    Ok(())
}
