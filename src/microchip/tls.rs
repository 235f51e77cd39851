//! TLS on the Microchip module: one configuration, and a connection that is upgraded.

use core::net::SocketAddr;

use super::status::Status;
use super::stream::{await_connection, connect, settle, v4};
use super::text::Rule;
use super::{Attempt, Microchip, Module, certificates, fingerprint};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Secured};
use crate::error::Usage;
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::TlsConfig;

/// Firmware uses the first configuration, whichever it is told to use.
const CONFIGURATION: u32 = 1;

/// A parameter of the configuration: its number, its value, and how long that may be (wire notes 9).
pub(super) type Parameter<'c> = (u32, &'c str, usize);

/// A TLS configuration in the module's words.
fn parameters<'c>(config: &TlsConfig<'c>) -> [Parameter<'c>; 4] {
    let (certificate, key) = config.certificate.unwrap_or_default();
    [
        (1, config.ca.unwrap_or_default(), 64),
        (2, certificate, 64),
        (3, key, 32),
        (5, config.server_name.unwrap_or_default(), 32),
    ]
}

impl Secured for Microchip {
    const NO_AUTHORITY: Status = Status::NoAuthority;

    fn has_authority<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
    ) -> Outcome<bool> {
        certificates::is_used(module, name)
    }

    fn connect_tls<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> Outcome {
        if !config.alpn.is_empty() {
            return Err(module.refuse(Usage::Unsupported("ALPN")));
        }
        if config.psk.is_some() {
            return Err(module.refuse(Usage::Unsupported("a pre-shared key")));
        }
        if config.ca == Some("") {
            return Err(module.refuse(Usage::Empty));
        }
        let wanted = check(module, config)?;
        let remote = v4(module, remote)?;
        Microchip::check_authority(module, config)?;
        let opened = connect(module, socket, remote)?;
        let configured = configure(module, config, wanted);
        module.session().vendor.securing = Some(opened);
        module.session().vendor.connection = Attempt::Open;
        let asked =
            configured.and_then(|()| module.tell("AT+SOCKTLS=#,#\r\n", &[opened, CONFIGURATION]));
        let secured = await_connection(module, asked);
        settle(module, opened, secured)
    }
}

/// Whether the module can be told all of it; nothing is sent. Returns its fingerprint.
pub(super) fn check<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &TlsConfig<'_>,
) -> Outcome<u32> {
    let mut sum: u32 = 0;
    for parameter in parameters(config) {
        compose(module, parameter);
        module.check_command()?;
        sum = sum.rotate_left(1) ^ fingerprint(module.engine.command().get());
    }
    Ok(sum | 1)
}

/// Sets the TLS configuration. While a connection uses it there can be no other: the module refuses.
pub(super) fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &TlsConfig<'_>,
    wanted: u32,
) -> Outcome {
    if module.session().vendor.known().configuration == wanted {
        return Ok(());
    }
    module.session().vendor.known().configuration = 0;
    for parameter in parameters(config) {
        compose(module, parameter);
        let set = module.send_composed(module.timeouts.command);
        // So firmware answers to an empty text, which it takes (wire notes 4).
        let is_cleared = module.has_refused(&set, Status::ConfigurationFailed);
        if !(is_cleared && parameter.1.is_empty()) {
            set?;
        }
    }
    module.session().vendor.known().configuration = wanted;
    Ok(())
}

pub(super) fn compose<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    (number, value, most): Parameter<'_>,
) {
    module
        .compose("AT+TLSC=#,#,", &[CONFIGURATION, number])
        .text::<Rule>(value.as_bytes(), most)
        .put("\r\n", &[]);
}
