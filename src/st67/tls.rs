//! TLS on the ST67: each link has its settings, made before it is opened.

use core::net::SocketAddr;

use super::status::Status;
use super::stream::{check_port, connect, free_link, is_taken};
use super::text::Rule;
use super::{LINKS, Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Certificates, Outcome, Secured};
use crate::error::{Fault, Usage};
use crate::socket::Handle;
use crate::transport::Transport;
use crate::value::TlsConfig;

/// How long names may be, in bytes: of files and of a key's identity (wire notes 2), of the server
/// (reference 4.1.33), of a protocol (4.1.34).
const NAME_MAX: usize = 31;
const SERVER_NAME_MAX: usize = 64;
const PROTOCOL_MAX: usize = 15;
/// How many protocols are offered at most (4.1.34).
const PROTOCOLS_MAX: usize = 5;

impl Secured for St67 {
    const NO_AUTHORITY: Status = Status::NoAuthority;

    fn has_authority<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        name: &str,
    ) -> Outcome<bool> {
        St67::has_certificate(module, name)
    }

    fn connect_tls<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
        config: &TlsConfig<'_>,
    ) -> Outcome {
        check_port(module, remote)?;
        check(module, config)?;
        St67::check_authority(module, config)?;
        let mut connected = Err(Fault::Sockets);
        for _ in 0..LINKS {
            let link = free_link(module)?;
            configure(module, link, config)?;
            // Meanwhile a peer may have come.
            module.engine.settle()?;
            if module.session().vendor.incoming.contains(link) {
                continue;
            }
            connected = connect(module, socket, link, remote, "SSL");
            if !is_taken(module, link, remote, &connected) {
                break;
            }
        }
        if let (Err(Fault::Refused), Status::Code(code)) = (connected, module.session().refusal) {
            module.session().refusal = Status::Unsecured(code);
        }
        connected
    }
}

/// Whether the module can be told all of it; nothing is sent.
fn check<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, config: &TlsConfig<'_>) -> Outcome {
    if config.ca == Some("") {
        return Err(module.refuse(Usage::Empty));
    }
    if config.alpn.len() > PROTOCOLS_MAX {
        return Err(module.refuse(Usage::TooLong(PROTOCOLS_MAX)));
    }
    for compose in [
        compose_certificates,
        compose_server_name,
        compose_protocols,
        compose_psk,
    ] {
        compose(module, 0, config);
        module.check_command()?;
    }
    Ok(())
}

/// Tells the module how the next TLS connection of a link is to be made.
fn configure<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    config: &TlsConfig<'_>,
) -> Outcome {
    let timeout = module.timeouts.command;
    compose_certificates(module, link, config);
    module.send_composed(timeout)?;
    compose_server_name(module, link, config);
    match module.send_composed(timeout) {
        // There is none to clear.
        Err(Fault::Refused) if config.server_name.is_none() => {}
        other => other?,
    }
    compose_protocols(module, link, config);
    module.send_composed(timeout)?;
    if config.psk.is_some() {
        compose_psk(module, link, config);
        module.send_composed(timeout)?;
    }
    Ok(())
}

fn compose_certificates<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    config: &TlsConfig<'_>,
) {
    let (certificate, key) = config.certificate.unwrap_or_default();
    // 1: the module shows its certificate, 2: it checks the server's.
    let checks = u32::from(config.certificate.is_some()) + 2 * u32::from(config.ca.is_some());
    module
        .compose("AT+CIPSSLCCONF=#,#,", &[link, checks])
        .text::<Rule>(certificate.as_bytes(), NAME_MAX)
        .put(",", &[])
        .text::<Rule>(key.as_bytes(), NAME_MAX)
        .put(",", &[])
        .text::<Rule>(config.ca.unwrap_or_default().as_bytes(), NAME_MAX)
        .put("\r\n", &[]);
}

fn compose_server_name<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    config: &TlsConfig<'_>,
) {
    let name = config.server_name.unwrap_or_default();
    module
        .compose("AT+CIPSSLCSNI=#,", &[link])
        .text::<Rule>(name.as_bytes(), SERVER_NAME_MAX)
        .put("\r\n", &[]);
}

fn compose_protocols<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    config: &TlsConfig<'_>,
) {
    let count = config.alpn.len() as u32;
    let command = module.compose("AT+CIPSSLCALPN=#,#", &[link, count]);
    for name in config.alpn {
        command
            .put(",", &[])
            .text::<Rule>(name.as_bytes(), PROTOCOL_MAX);
    }
    command.put("\r\n", &[]);
}

fn compose_psk<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    config: &TlsConfig<'_>,
) {
    let (key, identity) = config
        .psk
        .map_or((&[][..], ""), |psk| (psk.key, psk.identity));
    module
        .compose("AT+CIPSSLCPSK=#,", &[link])
        .text::<Rule>(key, NAME_MAX)
        .put(",", &[])
        .text::<Rule>(identity.as_bytes(), NAME_MAX)
        .put("\r\n", &[]);
}
