//! TLS in the module: a view of a stack whose connections are TLS connections.

use core::net::{IpAddr, SocketAddr};

use embedded_nal::{AddrType, Dns, TcpClientStack};

use super::Shared;
use super::stream::WaitTcp;
use crate::clock::Clock;
use crate::driver::Module;
use crate::driver::dialect::{Dialect, Outcome};
use crate::error::Fault;
use crate::socket::{Handle, TcpSocket};
use crate::transport::Transport;
use crate::value::TlsConfig;

/// A TCP stack that can open TLS connections.
pub trait ConnectTls: TcpClientStack {
    /// As [`connect`](TcpClientStack::connect); returns when the handshake is done. It has as long
    /// as a connection: [`Timeouts::connect`](crate::Timeouts).
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), before a byte is sent, for names that are too long and
    /// for what the module does not have. [`Error::Module`](crate::Error::Module) where the
    /// handshake fails, or on the Microchip module while another configuration is in use.
    fn connect_tls(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> nb::Result<(), Self::Error>;
}

impl<S: ConnectTls> ConnectTls for &mut S {
    fn connect_tls(
        &mut self,
        socket: &mut S::TcpSocket,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> nb::Result<(), S::Error> {
        S::connect_tls(self, socket, remote, config)
    }
}

impl<D: Dialect, T: Transport, C: Clock> ConnectTls for Module<'_, D, T, C> {
    fn connect_tls(
        &mut self,
        socket: &mut TcpSocket,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> nb::Result<(), Self::Error> {
        let connected = self.open_secured(&mut socket.handle, remote, config);
        Ok(self.outcome(connected)?)
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    fn open_secured(
        &mut self,
        socket: &mut Handle,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> Outcome {
        self.begin_open(socket)?;
        let opened = D::connect_tls(self, socket, remote, config);
        let opened = self.explain(opened, Fault::Unconnected);
        self.end_open(
            socket,
            opened,
            &format_args!("connected with TLS to {remote}"),
        )
    }
}

impl<D: Dialect, T: Transport, C: Clock> ConnectTls for Shared<'_, '_, D, T, C> {
    fn connect_tls(
        &mut self,
        socket: &mut TcpSocket,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> nb::Result<(), Self::Error> {
        self.with(|module| module.connect_tls(socket, remote, config))?
    }
}

/// A view of `stack`, which may be `&mut Module` or a [`Shared`] handle, in which every connection
/// is a TLS connection that the module opens: a crate that takes a TCP stack gets TLS without
/// knowing.
///
/// ```
/// # use atwifi::{Tls, TlsConfig, Transport, st67};
/// # fn example<T: Transport>(module: &mut st67::Module<'_, T, fn() -> u32>) {
/// let config = TlsConfig::new()
///     .with_ca("ca_01.crt")
///     .with_server_name("mqtt.example.com");
/// let for_mqtt = Tls::new(module, config);
/// # let _ = for_mqtt;
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tls<'c, S> {
    stack: S,
    config: TlsConfig<'c>,
}

impl<'c, S: ConnectTls> Tls<'c, S> {
    /// A view of `stack` whose connections are opened with `config`.
    pub fn new(stack: S, config: TlsConfig<'c>) -> Self {
        Tls { stack, config }
    }

    /// Gives the stack back.
    pub fn into_stack(self) -> S {
        self.stack
    }
}

impl<S: ConnectTls> TcpClientStack for Tls<'_, S> {
    type TcpSocket = S::TcpSocket;
    type Error = S::Error;

    fn socket(&mut self) -> Result<S::TcpSocket, S::Error> {
        self.stack.socket()
    }

    /// Opens a TLS connection; returns when the handshake is done.
    fn connect(
        &mut self,
        socket: &mut S::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), S::Error> {
        self.stack.connect_tls(socket, remote, &self.config)
    }

    fn send(&mut self, socket: &mut S::TcpSocket, buffer: &[u8]) -> nb::Result<usize, S::Error> {
        self.stack.send(socket, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut S::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, S::Error> {
        self.stack.receive(socket, buffer)
    }

    fn close(&mut self, socket: S::TcpSocket) -> Result<(), S::Error> {
        self.stack.close(socket)
    }
}

impl<S: ConnectTls + WaitTcp> WaitTcp for Tls<'_, S> {
    fn is_readable(&mut self, socket: &mut S::TcpSocket) -> Result<bool, S::Error> {
        self.stack.is_readable(socket)
    }

    fn wait_readable(&mut self, socket: &mut S::TcpSocket, ms: u32) -> Result<(), S::Error> {
        self.stack.wait_readable(socket, ms)
    }

    fn is_end(error: &S::Error) -> bool {
        S::is_end(error)
    }
}

impl<S: Dns> Dns for Tls<'_, S> {
    type Error = S::Error;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, S::Error> {
        self.stack.get_host_by_name(name, kind)
    }

    fn get_host_by_address(
        &mut self,
        address: IpAddr,
        result: &mut [u8],
    ) -> nb::Result<usize, S::Error> {
        self.stack.get_host_by_address(address, result)
    }
}
