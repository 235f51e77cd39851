//! One module for many clients: a handle that can be copied.

use core::cell::RefCell;
use core::fmt;
use core::net::{IpAddr, SocketAddr};

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpFullStack, UdpClientStack, UdpFullStack};

use super::stream::WaitTcp;
use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::{Error, Resource};
use crate::socket::{TcpSocket, UdpSocket};
use crate::transport::Transport;

/// A handle on a module that lies in a `RefCell`: copy it, and give each client its own.
///
/// It implements every trait of `embedded-nal` that [`Module`] implements. While one client is in
/// a call, another, reached from the clock's idle hook, gets [`Resource::Module`]; nothing panics.
///
/// ```
/// # use atwifi::{Shared, Transport, st67};
/// # fn example<T: Transport>(module: st67::Module<'_, T, fn() -> u32>) {
/// let module = core::cell::RefCell::new(module);
/// let for_mqtt = Shared::new(&module);
/// let for_dns = for_mqtt; // it is `Copy`
/// # let _ = for_dns;
/// # }
/// ```
///
/// # In asynchronous programs
///
/// With the feature `async` it implements `embedded-nal-async`, with `edge-nal` the traits of that crate. The driver stays a blocking one: a call
/// that talks to the module (connect, resolve, write what is gathered, fetch what has come) holds the
/// executor as long as it does in the blocking traits, in milliseconds if all is well, and at most as
/// long as the table at [`Timeouts`](crate::Timeouts) says. Only a read for which nothing has come
/// yields. Tasks that cannot wait for that run in an executor of a higher priority, and the driver in
/// the one of the thread.
///
/// A read that yields is polled again at once, so that the executor never sleeps, unless the transport
/// knows better: `transport::Awaited`, whose reads an interrupt wakes.
pub struct Shared<'a, 'b, D: Dialect, T: Transport, C>(&'a RefCell<Module<'b, D, T, C>>);

impl<D: Dialect, T: Transport, C> fmt::Debug for Shared<'_, '_, D, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl<D: Dialect, T: Transport, C> Clone for Shared<'_, '_, D, T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Dialect, T: Transport, C> Copy for Shared<'_, '_, D, T, C> {}

impl<'a, 'b, D: Dialect, T: Transport, C: Clock> Shared<'a, 'b, D, T, C> {
    /// A handle on this module.
    pub fn new(module: &'a RefCell<Module<'b, D, T, C>>) -> Self {
        Shared(module)
    }

    /// Makes calls of the module that no trait has.
    ///
    /// ```
    /// # use atwifi::{Event, ErrorOf, Shared, Transport, st67};
    /// # fn example<T: Transport>(
    /// #     shared: Shared<'_, '_, st67::St67, T, fn() -> u32>,
    /// # ) -> Result<(), ErrorOf<st67::St67, T>> {
    /// let is_lost = shared.with(|wifi| {
    ///     Ok(matches!(wifi.poll()?, Some(Event::StationDisconnected)))
    /// })??;
    /// shared.with(|wifi| wifi.timeouts.connect = 5000)?;
    /// # let _ = is_lost;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Resource::Module`] while another client is in a call.
    pub fn with<R>(
        &self,
        call: impl FnOnce(&mut Module<'b, D, T, C>) -> R,
    ) -> Result<R, ErrorOf<D, T>> {
        match self.0.try_borrow_mut() {
            Ok(mut module) => Ok(call(&mut module)),
            Err(_) => Err(Error::Resource(Resource::Module)),
        }
    }
}

impl<D: Dialect, T: Transport, C: Clock> TcpClientStack for Shared<'_, '_, D, T, C> {
    type TcpSocket = TcpSocket;
    type Error = ErrorOf<D, T>;

    fn socket(&mut self) -> Result<TcpSocket, Self::Error> {
        self.with(TcpClientStack::socket)?
    }

    fn connect(
        &mut self,
        socket: &mut TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        self.with(|module| TcpClientStack::connect(module, socket, remote))?
    }

    fn send(&mut self, socket: &mut TcpSocket, buffer: &[u8]) -> nb::Result<usize, Self::Error> {
        self.with(|module| TcpClientStack::send(module, socket, buffer))?
    }

    fn receive(
        &mut self,
        socket: &mut TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.with(|module| TcpClientStack::receive(module, socket, buffer))?
    }

    fn close(&mut self, socket: TcpSocket) -> Result<(), Self::Error> {
        self.with(|module| TcpClientStack::close(module, socket))?
    }
}

impl<D: Dialect, T: Transport, C: Clock> TcpFullStack for Shared<'_, '_, D, T, C> {
    fn bind(&mut self, socket: &mut TcpSocket, local_port: u16) -> Result<(), Self::Error> {
        self.with(|module| TcpFullStack::bind(module, socket, local_port))?
    }

    fn listen(&mut self, socket: &mut TcpSocket) -> Result<(), Self::Error> {
        self.with(|module| module.listen(socket))?
    }

    fn accept(
        &mut self,
        socket: &mut TcpSocket,
    ) -> nb::Result<(TcpSocket, SocketAddr), Self::Error> {
        self.with(|module| module.accept(socket))?
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpClientStack for Shared<'_, '_, D, T, C> {
    type UdpSocket = UdpSocket;
    type Error = ErrorOf<D, T>;

    fn socket(&mut self) -> Result<UdpSocket, Self::Error> {
        self.with(UdpClientStack::socket)?
    }

    fn connect(&mut self, socket: &mut UdpSocket, remote: SocketAddr) -> Result<(), Self::Error> {
        self.with(|module| UdpClientStack::connect(module, socket, remote))?
    }

    fn send(&mut self, socket: &mut UdpSocket, buffer: &[u8]) -> nb::Result<(), Self::Error> {
        self.with(|module| UdpClientStack::send(module, socket, buffer))?
    }

    fn receive(
        &mut self,
        socket: &mut UdpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<(usize, SocketAddr), Self::Error> {
        self.with(|module| UdpClientStack::receive(module, socket, buffer))?
    }

    fn close(&mut self, socket: UdpSocket) -> Result<(), Self::Error> {
        self.with(|module| UdpClientStack::close(module, socket))?
    }
}

impl<D: Dialect, T: Transport, C: Clock> UdpFullStack for Shared<'_, '_, D, T, C> {
    fn bind(&mut self, socket: &mut UdpSocket, local_port: u16) -> Result<(), Self::Error> {
        self.with(|module| UdpFullStack::bind(module, socket, local_port))?
    }

    fn send_to(
        &mut self,
        socket: &mut UdpSocket,
        remote: SocketAddr,
        buffer: &[u8],
    ) -> nb::Result<(), Self::Error> {
        self.with(|module| module.send_to(socket, remote, buffer))?
    }
}

impl<D: Dialect, T: Transport, C: Clock> WaitTcp for Shared<'_, '_, D, T, C> {
    fn is_readable(&mut self, socket: &mut TcpSocket) -> Result<bool, Self::Error> {
        self.with(|module| module.is_readable(socket))?
    }

    fn wait_readable(&mut self, socket: &mut TcpSocket, ms: u32) -> Result<(), Self::Error> {
        self.with(|module| module.wait_readable(socket, ms))?
    }

    fn is_end(error: &Self::Error) -> bool {
        Module::<D, T, C>::is_end(error)
    }
}

impl<D: Dialect, T: Transport, C: Clock> Dns for Shared<'_, '_, D, T, C> {
    type Error = ErrorOf<D, T>;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, Self::Error> {
        self.with(|module| module.get_host_by_name(hostname, addr_type))?
    }

    fn get_host_by_address(
        &mut self,
        address: IpAddr,
        result: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.with(|module| module.get_host_by_address(address, result))?
    }
}
