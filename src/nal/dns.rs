//! `Dns`: names are resolved by the module.

use core::net::IpAddr;

use embedded_nal::{AddrType, Dns};

use crate::clock::Clock;
use crate::driver::dialect::{Dialect, Outcome};
use crate::driver::{ErrorOf, Module};
use crate::error::{Error, Fault, Usage};
use crate::fmt::Shown;
use crate::transport::Transport;
use crate::value::ip;

impl<D: Dialect, T: Transport, C: Clock> Dns for Module<'_, D, T, C> {
    type Error = ErrorOf<D, T>;

    /// Resolves a name; blocks until the answer, never `WouldBlock`. A literal address is
    /// returned as it is, without asking the module.
    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, Self::Error> {
        let resolved = self.resolve(hostname, addr_type);
        Ok(self.outcome(resolved)?)
    }

    /// Neither vendor's command set resolves addresses to names: always
    /// [`Usage::Unsupported`].
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Self::Error> {
        Err(Error::Usage(Usage::Unsupported("names of addresses")).into())
    }
}

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    fn resolve(&mut self, name: &str, kind: AddrType) -> Outcome<IpAddr> {
        if let Some(address) = literal(name.as_bytes(), &kind) {
            return Ok(address);
        }
        if is_other_literal(name.as_bytes(), &kind) {
            return Err(self.refuse(Usage::Unsupported("an address of the other kind")));
        }
        self.prepare()?;
        let resolved = D::resolve(self, name, kind);
        let resolved = self.explain(resolved, Fault::Refused);
        match &resolved {
            Ok(address) => info!("resolved: {}", address),
            Err(fault) => info!("not resolved: {}", Shown(fault)),
        }
        resolved
    }
}

/// The address that a name is. What kind is wanted is asked first, so that firmware that wants one
/// has no code for the other.
fn literal(name: &[u8], kind: &AddrType) -> Option<IpAddr> {
    match kind {
        AddrType::IPv4 => ip::v4(name).map(IpAddr::V4),
        AddrType::IPv6 => ip::v6(name).map(IpAddr::V6),
        AddrType::Either => ip::read(name),
    }
}

/// Whether a name that is no address of the kind that is wanted is one of the other kind: no name of a
/// host has a colon.
fn is_other_literal(name: &[u8], kind: &AddrType) -> bool {
    match kind {
        AddrType::IPv4 => name.iter().any(|byte| matches!(byte, b':')),
        AddrType::IPv6 => ip::v4(name).is_some(),
        AddrType::Either => false,
    }
}
