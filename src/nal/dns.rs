//! `Dns`: names are resolved by the module.

use core::net::IpAddr;

use embedded_nal::{AddrType, Dns};

use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::{Error, Usage};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::ip as address;

impl<D: Dialect, T: Transport, C: Clock> Dns for Module<'_, D, T, C> {
    type Error = ErrorOf<D, T>;

    /// Resolves a name; blocks until the answer, never `WouldBlock`. A literal address is
    /// returned as it is, without asking the module.
    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, Self::Error> {
        if let Some(address) = address::read(hostname.as_bytes()) {
            let fits = match addr_type {
                AddrType::IPv4 => address.is_ipv4(),
                AddrType::IPv6 => address.is_ipv6(),
                AddrType::Either => true,
            };
            return if fits {
                Ok(address)
            } else {
                Err(Error::Usage(Usage::Unsupported).into())
            };
        }
        self.prepare()?;
        match D::resolve(self, hostname, addr_type) {
            Ok(address) => {
                info!("{} is {}", hostname, address);
                Ok(address)
            }
            Err(error) => {
                info!("{} is not known: {}", hostname, Shown(&error));
                Err(error.into())
            }
        }
    }

    /// Neither vendor's command set resolves addresses to names: always
    /// [`Usage::Unsupported`].
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Self::Error> {
        Err(Error::Usage(Usage::Unsupported).into())
    }
}
