//! IPv6, which only the ST67 has.

use std::net::SocketAddr;
use std::time::Duration;

use crate::common::*;
use atwifi::Switch;
use atwifi::st67::{St67, command::net::SetIpv6};
use atwifi_simulator::{MemoryNetwork, Simulation, services};
use embedded_nal::{AddrType, Dns, TcpClientStack, UdpClientStack};

fn peer() -> SocketAddr {
    "[fd00::7]:7".parse().unwrap()
}

#[test]
fn names_streams_and_datagrams_over_ipv6() {
    for config in configs::<St67>() {
        let network = MemoryNetwork::default()
            .host("six.test", peer().ip())
            .serve(peer(), |_| services::echo())
            .serve_udp(peer(), services::udp_echo());
        let simulation = Simulation::new(config, network);
        with_driver::<St67, _>(&simulation, |module| {
            module.reset().unwrap();
            module.command(&SetIpv6 { ipv6: Switch::On }).unwrap();
            module.join(SSID, PASSWORD).unwrap();
            let address = flat(module.get_host_by_name("six.test", AddrType::IPv6)).unwrap();
            assert_eq!(address, peer().ip());

            let mut stream = TcpClientStack::socket(module).unwrap();
            flat(TcpClientStack::connect(module, &mut stream, peer())).unwrap();
            flat(TcpClientStack::send(module, &mut stream, b"over IPv6")).unwrap();
            let mut got = Vec::new();
            receive_until(module, &simulation, &mut stream, 64, &mut got, |got| {
                got.len() >= 9
            })
            .unwrap();
            assert_eq!(got, b"over IPv6");

            let mut datagrams = UdpClientStack::socket(module).unwrap();
            UdpClientStack::connect(module, &mut datagrams, peer()).unwrap();
            flat(UdpClientStack::send(module, &mut datagrams, b"datagram")).unwrap();
            simulation.advance(Duration::from_millis(100));
            let mut buffer = [0; 16];
            let (n, from) = flat(UdpClientStack::receive(module, &mut datagrams, &mut buffer))
                .unwrap_or_else(|error| panic!("{error:?}\n{}", simulation.transcript()));
            assert_eq!((&buffer[..n], from), (&b"datagram"[..], peer()));
        });
    }
}
