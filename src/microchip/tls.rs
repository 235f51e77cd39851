//! TLS on the Microchip module: one configuration, and a connection that is upgraded.

use atat::AtatCmd;

use super::command::network::{ConfigureTls, StartTls, TlsParameter};
use super::status::Status;
use super::text::Text;
use super::{Attempt, COMMAND_MAX, Microchip, Module, fingerprint, socket};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::error::{Error, Usage};
use crate::transport::Transport;
use crate::value::Ranged;
use crate::value::TlsConfig;

/// Firmware uses the first configuration, whichever it is told to use.
const CONFIGURATION: Ranged<1, 2> = Ranged::MIN;

/// A TLS configuration in the module's words.
pub(super) fn parameters<E>(
    config: TlsConfig<'_>,
) -> Result<[TlsParameter<'_>; 4], Error<E, Status>> {
    if !config.alpn.is_empty() || config.psk.is_some() {
        return Err(Error::Usage(Usage::Unsupported));
    }
    let (certificate, key) = config.certificate.unwrap_or_default();
    Ok([
        TlsParameter::Ca(text(config.ca.unwrap_or_default())?),
        TlsParameter::Certificate(text(certificate)?),
        TlsParameter::Key(text(key)?),
        TlsParameter::ServerName(text(config.server_name.unwrap_or_default())?),
    ])
}

/// Starts TLS on a connected socket.
pub(super) fn start<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
    parameters: [TlsParameter<'_>; 4],
) -> Result<(), ErrorOf<Microchip, T>> {
    let (timeout, patience) = (module.timeouts.command, module.timeouts.connect);
    let index = CONFIGURATION;
    let configured = configure(module, parameters);
    module.session.vendor.securing = Some(opened);
    module.session.vendor.connection = Attempt::Open;
    let asked = configured
        .and_then(|()| {
            module.execute(
                &StartTls {
                    socket: opened,
                    index,
                },
                timeout,
            )
        })
        .and_then(|_| {
            module.wait_until(patience, &mut |session| {
                !matches!(session.vendor.connection, Attempt::Open)
            })
        });
    module.session.vendor.securing = None;
    socket::settle(module, opened, asked)
}

/// Sets the TLS configuration. While a connection uses it there can be no other: the module refuses.
fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    parameters: [TlsParameter<'_>; 4],
) -> Result<(), ErrorOf<Microchip, T>> {
    let timeout = module.timeouts.command;
    let mut wire = [0; COMMAND_MAX];
    let commands = parameters.map(|parameter| ConfigureTls {
        index: CONFIGURATION,
        parameter,
    });
    let wanted = commands.iter().fold(0, |sum: u32, command| {
        let n = command.write(&mut wire);
        sum.rotate_left(1) ^ fingerprint(wire.get(..n).unwrap_or(&[]))
    });
    if module.session.vendor.tls == Some(wanted) {
        return Ok(());
    }
    module.session.vendor.tls = None;
    for command in commands {
        match module.execute(&command, timeout) {
            // So firmware answers to an empty text, which it takes (wire notes 4).
            Err(Error::Module(Status::ConfigurationFailed)) if command.parameter.is_empty() => {}
            other => drop(other?),
        }
    }
    module.session.vendor.tls = Some(wanted);
    Ok(())
}

fn text<const MAX: usize, E>(text: &str) -> Result<Text<'_, MAX>, Error<E, Status>> {
    Text::new(text.as_bytes()).map_err(Error::Usage)
}
