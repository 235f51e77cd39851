//! embedded-nal-minimal-coapserver on a bound UDP socket, asked by libcoap's client.

use std::net::{Ipv4Addr, TcpListener};

use atwifi_consumers::{
    Board, COAP_PORT, CoapClient, Firmware, Patience, UnderTest, on_every_firmware,
};
use coap_handler_implementations::{HandlerBuilder, SimpleRendered, new_dispatcher};
use embedded_nal::{UdpClientStack, UdpFullStack, nb};
use embedded_nal_minimal_coapserver::poll;

/// Longer than a block, so that it takes more than one request.
const LENGTH: usize = 2000;

fn long() -> String {
    let words = "OK +SOCKCL:1 +IPD:0,5 > ";
    words.chars().cycle().take(LENGTH).collect()
}

/// Waits for the port, of which there is one on this machine: whoever has the TCP port of the same
/// number, which nobody uses, may use the UDP port.
fn claim_port() -> TcpListener {
    let patience = Patience::new();
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, COAP_PORT)) {
            Ok(claim) => return claim,
            Err(_) => patience.wait("the port is free"),
        }
    }
}

/// Serves one client after the other, each of which must get all of a resource.
///
/// Not two at a time: a module sends to whoever it has heard last, also if that happens between a
/// command to send and its payload.
fn serve<D: UnderTest>(firmware: Firmware, clients: usize, path: &str, content: &str) {
    let _port = claim_port();
    let (_board, mut network) = Board::joined::<D>(firmware);
    let mut socket = UdpClientStack::socket(&mut network).expect("a socket");
    network.bind(&mut socket, COAP_PORT).expect("the port");
    let segments = [path];
    let mut resources = new_dispatcher().at(&segments, SimpleRendered(content));

    for _ in 0..clients {
        let Some(mut client) = CoapClient::get(path) else {
            return;
        };
        let patience = Patience::new();
        while !client.is_done() {
            match poll(&mut network, &mut socket, &mut resources) {
                Err(nb::Error::WouldBlock) => patience.wait("the client is done"),
                served => served.expect("serve"),
            }
        }
        assert_eq!(String::from_utf8_lossy(&client.answer()), content);
    }
}

fn a_client_gets_its_answer<D: UnderTest>(firmware: Firmware) {
    serve::<D>(firmware, 1, "short", "hello");
}

fn each_client_gets_its_own_answers<D: UnderTest>(firmware: Firmware) {
    serve::<D>(firmware, 3, "long", &long());
}

on_every_firmware! {;
    a_client_gets_its_answer
    each_client_gets_its_own_answers
}
