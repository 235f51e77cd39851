//! The ST67's sequences for datagrams, and how it tells of them.

use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::stream::{check_opened, check_port, compose_open, free_link, is_taken};
use super::{LINKS, Module, St67};
use crate::clock::Clock;
use crate::driver::Session;
use crate::driver::dialect::{Datagrams, Outcome};
use crate::engine::text::Fields;
use crate::error::Fault;
use crate::socket::{Datagram, Handle};
use crate::transport::Transport;

/// How events about datagrams are taken.
#[derive(Clone, Copy)]
pub struct Taken {
    /// One of so many bytes has come, from whom the fields say.
    pub(super) arrived: fn(&mut Session<'_, St67>, u32, u32, Fields<'_>) -> Option<()>,
    /// The module holds so many bytes.
    pub(super) counted: fn(&mut Session<'_, St67>, u32, u32),
}

/// Where a datagram socket sends that is not told: nowhere. Firmware wants a port (wire notes 2).
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 9);

impl Datagrams for St67 {
    /// Firmware cuts what is longer into several datagrams.
    const DATAGRAM_MAX: usize = 1470;
    /// It gives what it holds as one stream of bytes.
    const TELLS_REST: bool = false;

    fn exchange<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome {
        check_port(module, remote)?;
        open(module, socket, remote, 0)
    }

    fn bind<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        local_port: u16,
    ) -> Outcome {
        open(module, socket, NOBODY, local_port)
    }

    fn join_group<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        group: SocketAddrV4,
    ) -> Outcome {
        check_port(module, group.into())?;
        open(module, socket, group.into(), group.port())
    }

    fn send_to<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        to: SocketAddr,
        payload: &[u8],
    ) -> Outcome {
        module
            .compose("AT+CIPSEND=#,#,", &[link, payload.len() as u32])
            .address(to.ip())
            .put(",#\r\n", &[to.port().into()]);
        module.upload(payload, module.timeouts.send)
    }
}

fn open<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    remote: SocketAddr,
    local_port: u16,
) -> Outcome {
    module.session().datagrams = Some(Taken { arrived, counted });
    let mut opened = Err(Fault::Sockets);
    for _ in 0..LINKS {
        let link = free_link(module)?;
        module.session().sockets.slot(socket)?.open_datagram(link);
        opened = open_link(module, link, remote, local_port);
        if !is_taken(module, link, remote, &opened) {
            break;
        }
    }
    opened
}

fn open_link<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    remote: SocketAddr,
    local_port: u16,
) -> Outcome {
    // Nobody has to be reached for it.
    let timeout = module.timeouts.command;
    // In any other mode than 2 the sender that is told is not the one who sent.
    compose_open(module, link, remote, "UDP").put(",#,2\r\n", &[local_port.into()]);
    match module.send_composed(timeout) {
        // The reference knows neither parameter.
        Err(Fault::Refused)
            if local_port == 0 && module.session().refusal.is_about_parameters() =>
        {
            compose_open(module, link, remote, "UDP").put("\r\n", &[]);
            module.send_composed(timeout)?;
        }
        other => other?,
    }
    check_opened(module, link)
}

fn arrived(
    session: &mut Session<'_, St67>,
    link: u32,
    length: u32,
    mut fields: Fields<'_>,
) -> Option<()> {
    // The reference does not show a sender.
    let mut sender = Datagram::UNTOLD;
    if !fields.is_empty() {
        sender = SocketAddr::new(fields.address()?, fields.number()?);
        if !fields.is_empty() {
            return None;
        }
    }
    let length = u16::try_from(length).ok()?;
    // Was it empty, or was a digit lost? The module knows what it holds.
    session.in_doubt |= length == 0;
    if !session
        .sockets
        .by_link(link)?
        .note(Datagram { length, sender })
    {
        session.events.lose();
    }
    Some(())
}

fn counted(session: &mut Session<'_, St67>, link: u32, waiting: u32) {
    let Some(slot) = session.sockets.by_link(link) else {
        return;
    };
    if slot.is_told {
        // One came meanwhile: was it counted or not? Ask again.
        session.in_doubt = true;
    } else if !slot.check_notes(waiting) {
        session.events.lose();
    }
}
