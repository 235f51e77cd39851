//! More than one client on one module.

use std::net::SocketAddr;

use atwifi_consumers::{
    Board, Chrony, Firmware, Mosquitto, NAME, NtpSocket, Patience, UnderTest, on_every_firmware,
};
use embedded_nal::{SharableStack, TcpClientStack, UdpFullStack};
use minimq::broker::{IpBroker, NamedBroker};
use minimq::{Broker, ConfigBuilder, Minimq, Publication};
use sntpc::{NtpContext, StdTimestampGen, sync};
use std_embedded_time::StandardClock;

/// Sends messages to itself, and asks for the time while each is under way.
fn interleaved(
    tcp: impl TcpClientStack,
    ntp: [NtpSocket<impl UdpFullStack>; 2],
    broker: impl Broker,
    time_server: SocketAddr,
) {
    let mut memory = [0; 4096];
    let settings = ConfigBuilder::new(broker, &mut memory);
    let mut mqtt = Minimq::new(tcp, StandardClock::default(), settings);

    let patience = Patience::new();
    while !mqtt.client().is_connected() {
        mqtt.poll(|_, _, _, _| ()).expect("poll");
        patience.wait("connected");
    }
    let subscribed = mqtt.client().subscribe(&["back".into()], &[]);
    subscribed.expect("subscribe");
    while mqtt.client().subscriptions_pending() {
        mqtt.poll(|_, _, _, _| ()).expect("poll");
        patience.wait("subscribed");
    }
    for n in 0..4_u8 {
        let sent = [n; 700];
        let published = mqtt.client().publish(Publication::new("back", &sent));
        published.expect("publish");
        let clock = NtpContext::new(StdTimestampGen::default());
        let time = sync::get_time(time_server, &ntp[usize::from(n) % 2], clock);
        assert_eq!(time.expect("the time").stratum(), Chrony::STRATUM);
        let received = loop {
            let message = mqtt.poll(|_, _, message, _| message.to_owned());
            if let Some(message) = message.expect("poll") {
                break message;
            }
            patience.wait("the message");
        };
        assert_eq!(received, sent);
    }
    ntp.into_iter().for_each(NtpSocket::close);
}

fn servers() -> Option<(Mosquitto, Chrony)> {
    Mosquitto::start().zip(Chrony::start())
}

fn at(broker: &Mosquitto) -> IpBroker {
    let mut at = IpBroker::new(broker.address().ip());
    at.set_port(broker.address().port());
    at
}

fn handles<D: UnderTest>(firmware: Firmware) {
    let Some((broker, time_server)) = servers() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let mut named = NamedBroker::<_>::new(NAME, network).expect("a short name");
    named.set_port(broker.address().port());
    let ntp = [network, network].map(NtpSocket::connecting);
    interleaved(network, ntp, named, time_server.address());
}

fn handles_and_a_bound_socket<D: UnderTest>(firmware: Firmware) {
    let Some((broker, time_server)) = servers() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let ntp = [NtpSocket::connecting(network), NtpSocket::bound(network)];
    interleaved(network, ntp, at(&broker), time_server.address());
}

/// The one that comes with embedded-nal, which knows no names.
fn sharable_stack<D: UnderTest>(firmware: Firmware) {
    let Some((broker, time_server)) = servers() else {
        return;
    };
    let (_board, network) = Board::joined::<D>(firmware);
    let network = SharableStack::new(network);
    let ntp = [network.acquire(), network.acquire()].map(NtpSocket::connecting);
    interleaved(network.acquire(), ntp, at(&broker), time_server.address());
}

on_every_firmware! {
    handles
    sharable_stack;
    handles_and_a_bound_socket
}
