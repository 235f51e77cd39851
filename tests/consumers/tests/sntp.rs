//! sntpc, an SNTP client with a socket of its own, against chronyd.

use std::time::{SystemTime, UNIX_EPOCH};

use atwifi_consumers::{Board, Chrony, Firmware, NtpSocket, UnderTest, on_every_firmware};
use embedded_nal::UdpFullStack;
use sntpc::{NtpContext, StdTimestampGen, sync};

/// Far more than anything here takes, in seconds.
const TOLERANCE: u64 = 30;

/// Asks for the time, more than once over the same socket.
fn asks<N: UdpFullStack>(socket: NtpSocket<N>, server: &Chrony) {
    for _ in 0..3 {
        let clock = NtpContext::new(StdTimestampGen::default());
        let time = sync::get_time(server.address(), &socket, clock).expect("the time");
        assert_eq!(time.stratum(), Chrony::STRATUM);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("a clock that is set").as_secs();
        assert!(time.sec().abs_diff(now) < TOLERANCE, "{time:?}");
    }
    socket.close();
}

fn over_a_connected_socket<D: UnderTest>(firmware: Firmware) {
    let Some(server) = Chrony::start() else {
        return;
    };
    let (_board, mut network) = Board::joined::<D>(firmware);
    asks(NtpSocket::connecting(&mut network), &server);
}

fn over_a_bound_socket<D: UnderTest>(firmware: Firmware) {
    let Some(server) = Chrony::start() else {
        return;
    };
    let (_board, mut network) = Board::joined::<D>(firmware);
    asks(NtpSocket::bound(&mut network), &server);
}

on_every_firmware! {
    over_a_connected_socket;
    over_a_bound_socket
}
