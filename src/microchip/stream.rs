//! The Microchip module's sequences for TCP connections.

use core::net::{SocketAddr, SocketAddrV4};

use super::status::Status;
use super::text::{Rule, fitting};
use super::words::{closed_by_peer, socket_of};
use super::{Attempt, COMMAND_MAX, Microchip, Module};
use crate::clock::Clock;
use crate::driver::Missed;
use crate::driver::dialect::{Outcome, Streams};
use crate::error::{Closed, Fault, Usage};
use crate::socket::{Handle, Slot, State};
use crate::transport::Transport;

/// What the firmware prints in one round of its main loop. It stays in binary mode from the first
/// round of a read to the last.
const READ_AT_ONCE: usize = 128;

/// What a command has room for between the quotes of its payload, whatever the socket's id.
const DATA_ROOM: usize = COMMAND_MAX - "AT+SOCKWR=4294967295,255,\"\"\r\n".len();

/// Between two attempts to send what the module has no room for (ms). It looks at its commands every
/// 50 ms.
const ROOM_PAUSE: u32 = 20;

/// The module has so many sockets (wire notes 6).
const LISTED: usize = 20;

impl Streams for Microchip {
    /// The stack's TCP sockets (wire notes 6).
    const LINKS: usize = 10;
    /// The firmware's buffer, which overflows unchecked; the reference says 1500 (wire notes 2).
    const SEND_MAX: usize = 1400;
    /// Firmware 0.3.x loses count of what came during a binary write or read, and announces nothing
    /// any more (wire notes 12).
    const LOOK_AGAIN: u32 = 1000;
    /// More is refused (wire notes 3).
    const RECEIVE_MAX: usize = 2048;

    fn connect<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        socket: &Handle,
        remote: SocketAddr,
    ) -> Outcome {
        let remote = v4(module, remote)?;
        connect(module, socket, remote).map(drop)
    }

    fn piece<T: Transport, C: Clock>(module: &Module<'_, T, C>, payload: &[u8]) -> usize {
        match module.bulk {
            Some(_) => Self::SEND_MAX,
            None => fitting(payload, DATA_ROOM),
        }
    }

    fn send<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        payload: &[u8],
    ) -> Outcome {
        match module.bulk {
            Some(send) if payload.len() > DATA_ROOM / 2 => send(module, link, payload),
            _ => send_text(module, link, payload),
        }
    }

    fn receive<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        link: u32,
        length: usize,
        into: &mut [u8],
    ) -> Outcome<usize> {
        // 2: binary.
        module.compose("AT+SOCKRD=#,2,#\r\n", &[link, length as u32]);
        let result = module.download(length, into, module.timeouts.receive);
        let owner = module.engine.owner();
        if matches!(result, Ok(n) if n > 0 && owner != link) {
            // The command or its answer was spoilt: whose bytes are they?
            if let Some(slot) = module.session().sockets.by_link(owner) {
                slot.spoil();
            }
            return Err(module.engine.malformed());
        }
        if matches!(result, Ok(n) if n > READ_AT_ONCE) {
            after_binary_mode(module);
        }
        let slot = module.session().sockets.by_link(link);
        let is_datagram = slot.is_some_and(|slot| slot.is_datagram());
        if matches!(result, Ok(0) | Err(Fault::Refused)) && !is_datagram {
            // Nothing there, though something may have been: was the close lost too?
            module.session().in_doubt = true;
        }
        result
    }

    fn close<T: Transport, C: Clock>(module: &mut Module<'_, T, C>, link: u32) -> Outcome {
        let mut closed = Ok(());
        for _ in 0..2 {
            module.compose("AT+SOCKCL=#\r\n", &[link]);
            closed = module.send_composed(module.timeouts.close);
            match closed {
                // What it heard was spoilt, or the socket was gone already.
                Err(Fault::Refused) if module.session().refusal == Status::SocketNotFound => {
                    module.engine.be_sure();
                    // It may have another name than was heard.
                    module.session().in_doubt = true;
                    closed = Ok(());
                }
                Err(Fault::Refused) => {}
                _ => break,
            }
        }
        if closed.is_err() {
            module.session().vendor.unclosed = Some(link);
        }
        closed
    }

    /// Asks which sockets there are. What they hold cannot be asked for, only read.
    fn reconcile<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        let mut listed = Listed::NONE;
        ask_for_sockets(module, Wanted::Connected, &mut listed)?;
        let session = module.session();
        session.vendor.untold_children = true;
        // What was answered may have been half a command, and not the one that closes a socket.
        session.vendor.lost = true;
        if session.has_missed(Missed::Events) {
            let suspect = session
                .datagrams
                .map_or(MAY_HOLD_DATA, |taken| taken.suspect);
            session.sockets.each_open(suspect);
        }
        let mut is_missed = false;
        session.sockets.each_open(|slot| {
            let was_missed = core::mem::take(&mut slot.is_in_question);
            match (listed.contains(slot.link), was_missed) {
                (true, _) => {}
                (false, true) => closed_by_peer(slot),
                (false, false) => {
                    slot.is_in_question = true;
                    is_missed = true;
                }
            }
        });
        if is_missed {
            // Its row may have been spoilt on the way. And a module that starts says `OK` too: whether
            // there is no socket, or no such module any more, only the answer to a question tells.
            session.in_doubt = true;
            module.engine.fall_out_of_step();
        }
        Ok(())
    }
}

/// The sockets that the module has.
pub(super) struct Listed {
    sockets: [u32; LISTED],
    count: usize,
}

impl Listed {
    pub(super) const NONE: Self = Listed {
        sockets: [0; LISTED],
        count: 0,
    };

    fn listed(&self) -> impl Iterator<Item = u32> {
        self.sockets.iter().take(self.count).copied()
    }

    pub(super) fn contains(&self, socket: u32) -> bool {
        self.listed().any(|listed| listed == socket)
    }
}

impl<T: Transport, C: Clock> Module<'_, T, C> {
    /// Sends streams faster, or, which is how it begins, such that nothing is lost in silence.
    ///
    /// In bulk, what is longer than some 110 bytes is sent binary, up to 1400 bytes at a
    /// time. Where the firmware looks at its line every 50 ms that is twice as fast as text, and four
    /// times where bytes have to be written as two digits each; on a line without a pause it is hardly
    /// faster. But of binary data the firmware says `OK` also where it has no
    /// room for it, which are 1460 bytes for each connection, and drops it: where the peer does not
    /// take it in as fast as it is sent, bytes are missing that [`send`](embedded_nal::TcpClientStack::send)
    /// has called good, and the peer may wait for them for good. If a byte of the command's length
    /// is lost on the way to the module, a part of the payload is taken for commands, which is noticed
    /// most times, and breaks the stream. And while binary data goes in, firmware 0.3.x tells nothing:
    /// a close that comes meanwhile is never heard of. It is for lines that lose no byte, peers that
    /// are near, and protocols that count what has arrived.
    pub fn send_in_bulk(&mut self, in_bulk: bool) {
        self.bulk = in_bulk.then_some(send_binary);
    }
}

fn send_binary<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    payload: &[u8],
) -> Outcome {
    module.compose("AT+SOCKWR=#,#\r\n", &[link, payload.len() as u32]);
    let sent = module.upload(payload, module.timeouts.send);
    after_send(module, link, &sent);
    match sent {
        Ok(()) => module.session().vendor.sent_binary = Some(link),
        // The rest of a payload was taken for a command, or something else that has another answer.
        Err(Fault::Refused) if !module.has_refused(&sent, Status::SocketNotFound) => {
            return Err(module.engine.malformed());
        }
        Err(_) => {}
    }
    sent
}

/// Sends payload within a command. There firmware checks the length and whether it
/// has room for all of it; behind `#` it checks neither, and tells of nothing meanwhile (wire notes 2
/// and 12).
fn send_text<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    payload: &[u8],
) -> Outcome {
    let timeout = module.timeouts.send;
    let deadline = module.engine.link.after(timeout);
    trace!("> payload: {} bytes", payload.len());
    loop {
        module
            .compose("AT+SOCKWR=#,#,", &[link, payload.len() as u32])
            .text::<Rule>(payload, DATA_ROOM)
            .put("\r\n", &[]);
        let sent = module.send_composed(timeout);
        if sent != Err(Fault::Refused) {
            return sent;
        }
        match module.session().refusal {
            // There is no room for it yet.
            Status::SendFailed => module.engine.be_sure(),
            // A byte was lost on the way.
            Status::LengthMismatch | Status::ParameterCount => {}
            // The peer has closed, or a digit was lost: the list of sockets will tell.
            Status::SocketNotFound => return Err(Fault::Refused),
            // Of these, another answer may follow.
            _ => return Err(module.engine.malformed()),
        }
        let slot = module.session().sockets.by_link(link);
        let is_open = slot.is_some_and(|slot| slot.state == State::Open);
        module.engine.link.resume(deadline);
        if !is_open || module.engine.link.is_late() {
            return Err(Fault::Refused);
        }
        module.pause(ROOM_PAUSE)?;
    }
}

/// Which sockets are asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    All,
    /// All but streams that have no peer.
    Connected,
    /// Those that were opened, and nothing else.
    Idle,
}

/// Asks for the module's sockets: `<id>,<type>,<remote address>,<port>,<local port>` each.
#[inline(never)]
pub(super) fn ask_for_sockets<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    wanted: Wanted,
    listed: &mut Listed,
) -> Outcome {
    let mut nonsense = false;
    module.compose("AT+SOCKLST\r\n", &[]);
    module.ask(
        "+SOCKLST:",
        module.timeouts.command,
        &mut |row: &[u8]| match (socket_of(row), listed.sockets.get_mut(listed.count)) {
            // Of any other row a byte was lost.
            (Some((socket, rest)), Some(place))
                if rest.rest().iter().filter(|byte| **byte == b',').count() == 3
                    && matches!(row.last(), Some(b'0'..=b'9' | b',')) =>
            {
                let values = rest.rest();
                if match wanted {
                    Wanted::All => true,
                    // 2: a stream.
                    Wanted::Connected => !values.starts_with(b"2,\"\""),
                    Wanted::Idle => matches!(values, [.., b',', b'0'] | [.., b',']),
                } {
                    *place = socket;
                    listed.count += 1;
                }
            }
            // A peer's that came during a binary write has no name: -1.
            _ => nonsense |= row.first() != Some(&b'-'),
        },
    )?;
    match nonsense {
        true => Err(module.engine.malformed()),
        false => Ok(()),
    }
}

/// The address, if the module can reach it.
pub(super) fn v4<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    remote: SocketAddr,
) -> Outcome<SocketAddrV4> {
    match remote {
        SocketAddr::V4(remote) if remote.port() > 0 => Ok(remote),
        SocketAddr::V4(_) => Err(module.refuse(Usage::Unsupported("port 0"))),
        SocketAddr::V6(_) => Err(module.refuse(Usage::Unsupported("IPv6"))),
    }
}

/// Asks for a socket; what it is called.
pub(super) fn open<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    protocol: u32,
) -> Outcome<u32> {
    if let Some(socket) = module.session().vendor.unclosed.take() {
        let closed = Microchip::close(module, socket);
        // If the module says nothing to it once more, the next call goes on without.
        module.session().vendor.unclosed = None;
        closed?;
    }
    let session = module.session();
    if session.vendor.lost {
        // Others are a peer's, which nobody has accepted yet, or the user's own.
        let wanted = match session.peers.is_some() || session.expects_others() {
            true => Wanted::Idle,
            false => Wanted::All,
        };
        let mut closed = close_unknown(module, wanted);
        if closed == Err(Fault::Malformed) {
            // A row may be spoilt once.
            closed = close_unknown(module, wanted);
        }
        closed?;
    }
    let mut opened = None;
    module.compose("AT+SOCKO=#\r\n", &[protocol]);
    let asked = module.ask("+SOCKO:", module.timeouts.command, &mut |row: &[u8]| {
        opened = socket_of(row).map(|(socket, _)| socket);
    });
    // A new one has a name that no other has.
    let opened = opened.filter(|&opened| module.session().sockets.by_link(opened).is_none());
    match (asked, opened) {
        (Ok(()), Some(opened)) => Ok(opened),
        (asked, _) => {
            // It may be open, and nobody knows its name; also where half a command was refused.
            module.session().vendor.lost = true;
            asked?;
            Err(module.engine.malformed())
        }
    }
}

/// Closes the sockets of the module that nobody here knows. If what answered may have been asked by a host
/// before this one, or by a command that was spoilt on its way, they are asked for again before the next is
/// opened.
pub(super) fn close_unknown<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    wanted: Wanted,
) -> Outcome {
    let mut listed = Listed::NONE;
    ask_for_sockets(module, wanted, &mut listed)?;
    for socket in listed.listed() {
        if module.session().sockets.by_link(socket).is_none() {
            Microchip::close(module, socket)?;
        }
    }
    let session = module.session();
    session.vendor.lost = session.in_doubt;
    Ok(())
}

/// The protocols of `AT+SOCKO`.
pub(super) const UDP: u32 = 1;
pub(super) const TCP: u32 = 2;

/// Opens a socket and connects it; what it is called.
pub(super) fn connect<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    socket: &Handle,
    remote: SocketAddrV4,
) -> Outcome<u32> {
    let opened = open(module, TCP)?;
    // Before the connection: a server that speaks first is announced right behind it.
    module.session().sockets.slot(socket)?.open(opened);
    module.session().vendor.connecting = Some(opened);
    module.session().vendor.connection = Attempt::Open;
    compose_remote(module, "AT+SOCKBR=#,", opened, remote);
    let asked = module.send_composed(module.timeouts.command);
    let connected = await_connection(module, asked);
    settle(module, opened, connected)?;
    Ok(opened)
}

/// Begins a command with a socket and an address.
pub(super) fn compose_remote<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    template: &str,
    socket: u32,
    remote: SocketAddrV4,
) {
    module
        .compose(template, &[socket])
        .address((*remote.ip()).into())
        .put(",#\r\n", &[remote.port().into()]);
}

/// Waits for what comes of an attempt that the module has agreed to.
pub(super) fn await_connection<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    asked: Outcome,
) -> Outcome {
    asked?;
    module.wait_until(module.timeouts.connect, |session| {
        !matches!(session.vendor.connection, Attempt::Open)
    })
}

/// What has become of a socket that was to be connected, or secured.
pub(super) fn settle<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
    asked: Outcome,
) -> Outcome {
    let vendor = &mut module.session().vendor;
    vendor.connecting = None;
    vendor.securing = None;
    match (core::mem::take(&mut vendor.connection), asked) {
        (Attempt::Settled(Ok(())), Ok(())) => Ok(()),
        // Firmware has given the socket up itself, the reference's module has not.
        (Attempt::Settled(Err(status)), _) => {
            module.session().refusal = status;
            close_refused(module, opened)
        }
        (_, Err(Fault::Refused)) => close_refused(module, opened),
        (_, asked) => Err(asked.err().unwrap_or(Fault::Timeout)),
    }
}

/// Closes a socket that was refused. Why it was matters more than what comes of that.
pub(super) fn close_refused<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    opened: u32,
) -> Outcome {
    let refusal = module.session().refusal;
    Microchip::close(module, opened)?;
    module.session().refusal = refusal;
    Err(Fault::Refused)
}

/// What a write means for what the driver believes.
pub(super) fn after_send<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    link: u32,
    sent: &Outcome,
) {
    after_binary_mode(module);
    if module.has_refused(sent, Status::SocketNotFound) {
        // So it answers once the peer has closed (wire notes 6), whose notice was missed then.
        if let Some(slot) = module.session().sockets.by_link(link) {
            slot.abandon(Closed::ByPeer);
        }
    }
}

/// Firmware 0.3.x loses what it would have told in binary mode (wire notes 2): data may wait on any
/// socket.
fn after_binary_mode<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) {
    // Datagrams are told all the same.
    module.session().sockets.each_open(MAY_HOLD_DATA);
    module.session().vendor.untold_children = true;
}

/// One type of function, so that there is one loop for all.
const MAY_HOLD_DATA: fn(&mut Slot<'_>) = may_hold_data;

/// A stream may hold data that nobody has heard of.
pub(super) fn may_hold_data(slot: &mut Slot<'_>) {
    if !slot.is_datagram() {
        slot.expect_data();
    }
}
