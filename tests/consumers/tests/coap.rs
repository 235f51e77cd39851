//! embedded-nal-minimal-coapserver on a bound UDP socket, asked by libcoap's client.

use std::env;
use std::fs::File;

use atwifi_consumers::{
    Board, COAP_PORT, CoapClient, Patience, Profile, UnderTest, on_every_firmware,
};
use coap_handler::Handler;
use coap_handler_implementations::{HandlerBuilder, SimpleRendered, new_dispatcher};
use embedded_nal::{UdpClientStack, UdpFullStack, nb};
use embedded_nal_minimal_coapserver::poll;

/// Longer than a block, so that it takes more than one request.
const LENGTH: usize = 2000;

fn long() -> String {
    let words = "OK +SOCKCL:1 +IPD:0,5 > ";
    words.chars().cycle().take(LENGTH).collect()
}

fn resources(long: &str) -> impl Handler {
    new_dispatcher()
        .at(&["short"], SimpleRendered("hello"))
        .at(&["long"], SimpleRendered(long))
}

/// There is one such port on the machine, also for other runs of these tests.
fn lock_port() -> File {
    let file = File::create(env::temp_dir().join("atwifi-consumers-coap-port"));
    let file = file.expect("a temporary file");
    file.lock().expect("a lock");
    file
}

/// Serves until all clients are done; what they got.
fn serve<D: UnderTest>(firmware: Profile, paths: &[&str]) -> Option<Vec<Vec<u8>>> {
    let _port = lock_port();
    let (_board, mut network) = Board::joined::<D>(firmware);
    let mut socket = UdpClientStack::socket(&mut network).expect("a socket");
    network.bind(&mut socket, COAP_PORT).expect("the port");
    let long = long();
    let mut resources = resources(&long);

    let clients: Option<Vec<_>> = paths.iter().map(|path| CoapClient::get(path)).collect();
    let mut clients = clients?;
    let patience = Patience::new();
    while !clients.iter_mut().all(CoapClient::is_done) {
        match poll(&mut network, &mut socket, &mut resources) {
            Err(nb::Error::WouldBlock) => patience.wait("the clients are done"),
            served => served.expect("serve"),
        }
    }
    Some(clients.into_iter().map(CoapClient::answer).collect())
}

fn a_client_gets_its_answer<D: UnderTest>(firmware: Profile) {
    if let Some(answers) = serve::<D>(firmware, &["short"]) {
        assert_eq!(answers, [b"hello"]);
    }
}

/// The answers alternate between two peers.
fn two_clients_at_a_time<D: UnderTest>(firmware: Profile) {
    if let Some(answers) = serve::<D>(firmware, &["long", "long"]) {
        assert_eq!(answers, [long().into_bytes(), long().into_bytes()]);
    }
}

on_every_firmware! {;
    a_client_gets_its_answer
    two_clients_at_a_time
}
