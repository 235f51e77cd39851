//! TLS on the ST67: each link has its settings, made before it is opened.

use super::command::net::{
    Authentication, Link, SetCertificates, SetProtocols, SetPsk, SetServerName,
};
use super::status::Status;
use super::text::{Secret, Text};
use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::error::{Error, Usage};
use crate::transport::Transport;
use crate::value::Ranged;
use crate::value::TlsConfig;

/// Tells the module how the next TLS connection of a link is to be made.
#[inline(never)]
pub(super) fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u8,
    config: &TlsConfig<'_>,
) -> Result<(), ErrorOf<St67, T>> {
    let timeout = module.timeouts.command;
    let link = Link::new(link).map_err(Error::Usage)?;
    let (certificate, key) = config.certificate.unwrap_or_default();
    let certificates = SetCertificates {
        link,
        authentication: match (config.certificate, config.ca) {
            (None, None) => Authentication::None,
            (Some(_), None) => Authentication::Client,
            (None, Some(_)) => Authentication::Server,
            (Some(_), Some(_)) => Authentication::Both,
        },
        certificate: Some(text(certificate)?),
        key: Some(text(key)?),
        ca: Some(text(config.ca.unwrap_or_default())?),
    };
    let name = SetServerName {
        link,
        name: text(config.server_name.unwrap_or_default())?,
    };
    let count = u32::try_from(config.alpn.len()).unwrap_or(u32::MAX);
    let protocol = |n: usize| config.alpn.get(n).map(|name| text(name)).transpose();
    let protocols = SetProtocols {
        link,
        count: Ranged::new(count).map_err(|_| Error::Usage(Usage::TooLong(5)))?,
        first: protocol(0)?,
        second: protocol(1)?,
        third: protocol(2)?,
        fourth: protocol(3)?,
        fifth: protocol(4)?,
    };
    let psk = match config.psk {
        None => None,
        Some(psk) => Some(SetPsk {
            link,
            key: Secret::new(psk.key).map_err(Error::Usage)?,
            identity: text(psk.identity)?,
        }),
    };
    module.execute(&certificates, timeout)?;
    match module.execute(&name, timeout) {
        // There is none to clear.
        Err(Error::Module(_)) if config.server_name.is_none() => {}
        other => drop(other?),
    }
    module.execute(&protocols, timeout)?;
    if let Some(psk) = psk {
        module.execute(&psk, timeout)?;
    }
    Ok(())
}

fn text<const MAX: usize, E>(text: &str) -> Result<Text<'_, MAX>, Error<E, Status>> {
    Text::new(text.as_bytes()).map_err(Error::Usage)
}
