//! The module on the sockets of this machine.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::certificates::Authority;
use atwifi_simulator::services::TlsServer;
use atwifi_simulator::{Config, Handle, HostNetwork, Profile, Server, Simulation, ThreadPort};
use embedded_io::Write as _;
use rustls::{ServerConnection, StreamOwned};
use socket2::SockRef;

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A module with an address, and the host's end of its wire.
struct Host {
    port: ThreadPort,
    module: Handle,
}

impl Host {
    fn online(profile: Profile) -> Self {
        Host::with_file(profile, "none", "")
    }

    fn with_file(profile: Profile, name: &str, content: &str) -> Self {
        Host::within(HostNetwork::new(), profile, name, content)
    }

    fn within(network: HostNetwork, profile: Profile, name: &str, content: &str) -> Self {
        let millisecond = Duration::from_millis(1);
        let config = Config {
            boot: millisecond,
            join: millisecond,
            associate: millisecond,
            dhcp: millisecond,
            poll: Duration::ZERO,
            ..Config::new(profile)
                .with_access_point("home", "secret99")
                .with_file(name, content)
        };
        let module = Server::new(config, network).spawn();
        let port = module.port();
        let mut host = Host { port, module };
        let lines: &[(&str, &str)] = if profile.module() == "st67" {
            host.until("ready\r\n");
            &[
                ("AT+CWMODE=1,0", "OK\r\n"),
                ("AT+CWJAP=\"home\",\"secret99\"", "+CW:GOTIP\r\n"),
                ("AT+CIPMUX=1", "OK\r\n"),
                ("AT+CIPRECVMODE=1", "OK\r\n"),
                ("AT+CIPDINFO=1", "OK\r\n"),
            ]
        } else {
            host.until("OK\r\n>");
            &[
                ("ATE0", "OK\r\n"),
                ("AT+WSTAC=1,\"home\"", "OK\r\n"),
                ("AT+WSTAC=2,3", "OK\r\n"),
                ("AT+WSTAC=3,\"secret99\"", "OK\r\n"),
                ("AT+WSTA=1", "+WSTAAIP:\"192.168.1.50\"\r\n"),
            ]
        };
        for (line, end) in lines {
            host.ask(line, end);
        }
        host
    }

    /// All that comes up to `end`.
    #[track_caller]
    fn until(&mut self, end: &str) -> String {
        let limit = Instant::now() + PATIENCE;
        let mut all = Vec::new();
        while !all.ends_with(end.as_bytes()) {
            assert!(
                Instant::now() < limit,
                "{end:?} is missing: {}",
                all.escape_ascii()
            );
            let mut buffer = [0];
            let count = self.port.read_for(Duration::from_millis(100), &mut buffer);
            all.extend_from_slice(&buffer[..count.unwrap()]);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    #[track_caller]
    fn ask(&mut self, line: &str, end: &str) -> String {
        self.port.write_all(line.as_bytes()).unwrap();
        self.port.write_all(b"\r\n").unwrap();
        self.until(end)
    }

    /// Opens a socket of the Microchip module.
    #[track_caller]
    fn open(&mut self, protocol: u8) -> String {
        let reply = self.ask(&format!("AT+SOCKO={protocol}"), "OK\r\n");
        let id = reply.trim_start_matches("+SOCKO:").split('\r').next();
        id.unwrap().to_owned()
    }
}

/// A port that nobody uses at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn peer() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn dial(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

#[test]
fn the_st67_exchanges_datagrams() {
    let peer = peer();
    let (mut host, port) = (Host::online(Profile::St67Fw2_0_75), free_port());
    let theirs = peer.local_addr().unwrap().port();
    let start = format!("AT+CIPSTART=0,\"UDP\",\"127.0.0.1\",{theirs},{port},0");
    host.ask(&start, "OK\r\n");
    host.ask("AT+CIPSEND=0,4", ">");
    host.ask("hi", "SEND OK\r\n");
    let mut buffer = [0; 100];
    assert_eq!(peer.recv_from(&mut buffer).unwrap(), (4, local(port)));
    peer.send_to(b"hello", local(port)).unwrap();
    host.until(&format!("+IPD:0,5,\"127.0.0.1\",{theirs}\r\n"));
    peer.send_to(b"", local(port)).unwrap();
    host.until(&format!("+IPD:0,0,\"127.0.0.1\",{theirs}\r\n"));
    host.ask("AT+CIPRECVDATA=0,9", "+CIPRECVDATA:5,hello\r\n\r\nOK\r\n");
    host.ask("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n");
    // The port is free again.
    UdpSocket::bind(local(port)).unwrap();
}

#[test]
fn the_st67_serves() {
    let (mut host, port) = (Host::online(Profile::St67Fw2_0_75), free_port());
    host.ask(&format!("AT+CIPSERVER=1,{port}"), "OK\r\n");
    let mut client = dial(port);
    let theirs = client.local_addr().unwrap().port();
    host.until("+CIP:0,CONNECTED\r\n");
    client.write_all(b"hello").unwrap();
    host.until(&format!("+IPD:0,5,\"127.0.0.1\",{theirs}\r\n"));
    host.ask("AT+CIPSEND=0,4", ">");
    host.ask("hi", "SEND OK\r\n");
    let mut buffer = [0; 4];
    client.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"hi\r\n");
    host.ask("AT+CIPSERVER=0,1", "+CIP:0,DISCONNECTED\r\n");
    assert_eq!(client.read(&mut buffer).unwrap(), 0);
    assert!(TcpStream::connect(local(port)).is_err());
}

#[test]
fn peers_are_told_as_guests() {
    let network = HostNetwork::new().peers_from(Ipv4Addr::new(192, 168, 4, 2).into());
    let mut host = Host::within(network, Profile::St67Fw2_0_75, "none", "");
    let port = free_port();
    host.ask(&format!("AT+CIPSERVER=1,{port}"), "OK\r\n");
    let mut client = dial(port);
    let theirs = client.local_addr().unwrap().port();
    client.write_all(b"hello").unwrap();
    host.until(&format!("+IPD:0,5,\"192.168.4.2\",{theirs}\r\n"));
}

#[test]
fn the_microchip_module_exchanges_datagrams() {
    let peer = peer();
    let theirs = peer.local_addr().unwrap().port();
    let (mut host, port) = (Host::online(Profile::MicrochipFw0_3_2), free_port());
    let id = host.open(1);
    host.ask(&format!("AT+SOCKBL={id},{port}"), "OK\r\n");
    peer.send_to(b"hello", local(port)).unwrap();
    host.until(&format!("+SOCKRXU:{id},\"127.0.0.1\",{theirs},5\r\n"));
    let answer = format!("AT+SOCKWRTO={id},\"127.0.0.1\",{theirs},2,\"hi\"");
    host.ask(&answer, "OK\r\n");
    let mut buffer = [0; 100];
    assert_eq!(peer.recv_from(&mut buffer).unwrap(), (2, local(port)));
    let other = host.open(1);
    assert!(UdpSocket::bind(local(port)).is_err());
    let refused = host.ask(&format!("AT+SOCKBL={other},{port}"), "\r\n");
    assert!(refused.starts_with("ERROR:14"), "{refused:?}");
}

#[test]
fn the_microchip_module_listens() {
    let (mut host, port) = (Host::online(Profile::MicrochipFw0_3_2), free_port());
    let id = host.open(2);
    host.ask(&format!("AT+SOCKBL={id},{port}"), "OK\r\n");
    let mut client = dial(port);
    let theirs = client.local_addr().unwrap().port();
    let event = host.until(&format!(
        ",\"192.168.1.50\",{port},\"127.0.0.1\",{theirs}\r\n"
    ));
    let child = event.trim_start().trim_start_matches("+SOCKIND:");
    let child = child.split(',').next().unwrap();
    client.write_all(b"hello").unwrap();
    host.until(&format!("+SOCKRXT:{child},5\r\n"));
    host.ask(&format!("AT+SOCKWR={child},2,\"hi\""), "OK\r\n");
    let mut buffer = [0; 2];
    client.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"hi");
    drop(client);
    host.until(&format!("+SOCKCL:{child}\r\n"));
}

#[test]
fn groups_on_the_loopback_interface() {
    let group = Ipv4Addr::new(239, 1, 2, 3);
    let (mut host, port) = (Host::online(Profile::MicrochipFw0_3_2), free_port());
    let id = host.open(1);
    let join = format!("AT+SOCKBM={id},\"{group}\",{port}");
    host.ask(&join, "OK\r\n");
    let peer = peer();
    SockRef::from(&peer)
        .set_multicast_if_v4(&Ipv4Addr::LOCALHOST)
        .unwrap();
    peer.send_to(b"all", (group, port)).unwrap();
    // The firmware tells the port of the group.
    host.until(&format!("+SOCKRXU:{id},\"127.0.0.1\",{port},3\r\n"));
}

#[test]
fn the_st67_speaks_ipv6() {
    let socket = UdpSocket::bind("[::1]:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let theirs = socket.local_addr().unwrap().port();
    let mut host = Host::online(Profile::St67Fw2_0_75);
    host.ask("AT+CIPV6=1", "OK\r\n");
    let start = format!("AT+CIPSTART=0,\"UDPv6\",\"::1\",{theirs}");
    host.ask(&start, "OK\r\n");
    host.ask("AT+CIPSEND=0,4", ">");
    host.ask("hi", "SEND OK\r\n");
    let mut buffer = [0; 100];
    let (count, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"hi\r\n");
    socket.send_to(b"hello", from).unwrap();
    host.until(&format!("+IPD:0,5,\"::1\",{theirs}\r\n"));
}

#[test]
fn other_machines_are_out_of_reach() {
    let mut host = Host::online(Profile::St67Fw2_0_75);
    let reply = host.ask("AT+CIPSTART=1,\"TCP\",\"192.0.2.1\",9", "R\r\n");
    assert_eq!(reply, "\r\nERROR\r\n");
}

/// A TLS server that sends back one message.
fn secure_echo(authority: &Authority) -> u16 {
    let identity = authority.issue("localhost");
    let config = TlsServer::new(identity.certificate, identity.key).config();
    let config = config.unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let tls = ServerConnection::new(config).unwrap();
        let mut stream = StreamOwned::new(tls, stream);
        let mut buffer = [0; 100];
        let count = stream.read(&mut buffer).unwrap();
        stream.write_all(&buffer[..count]).unwrap();
        // The client closes.
        let _ = stream.read(&mut buffer);
    });
    port
}

#[test]
fn the_st67_talks_tls() {
    let authority = Authority::new("authority");
    let port = secure_echo(&authority);
    let profile = Profile::St67Fw2_0_75;
    let mut host = Host::with_file(profile, "ca_01.crt", &authority.pem);
    host.ask("AT+CIPSSLCCONF=0,2,,,\"ca_01.crt\"", "OK\r\n");
    host.ask("AT+CIPSSLCSNI=0,\"localhost\"", "OK\r\n");
    let start = format!("AT+CIPSTART=0,\"SSL\",\"localhost\",{port}");
    host.ask(&start, "+CIP:0,CONNECTED\r\n\r\nOK\r\n");
    host.ask("AT+CIPSEND=0,7", ">");
    let reply = host.ask("hello", "SEND OK\r\n");
    // The echo may be faster than the module.
    let event = format!("+IPD:0,7,\"127.0.0.1\",{port}\r\n");
    if !reply.contains(&event) {
        host.until(&event);
    }
    host.ask("AT+CIPCLOSE=0", "+CIP:0,DISCONNECTED\r\n");
}

#[test]
fn the_microchip_module_talks_tls() {
    let authority = Authority::new("authority");
    let port = secure_echo(&authority);
    let profile = Profile::MicrochipFw0_3_2;
    let mut host = Host::with_file(profile, "authority", &authority.pem);
    host.ask("AT+TLSC=1,1,\"authority\"", "OK\r\n");
    let id = host.open(2);
    let connect = format!("AT+SOCKBR={id},\"127.0.0.1\",{port}");
    host.ask(&connect, &format!(",\"127.0.0.1\",{port}\r\n"));
    host.ask(&format!("AT+SOCKTLS={id},1"), &format!("+SOCKTLS:{id}\r\n"));
    let reply = host.ask(&format!("AT+SOCKWR={id},2,\"hi\""), "OK\r\n");
    let event = format!("+SOCKRXT:{id},2\r\n");
    if !reply.contains(&event) {
        host.until(&event);
    }
}

#[test]
fn sockets_are_counted_from_outside() {
    let mut host = Host::online(Profile::MicrochipFw0_3_2);
    let id = host.open(2);
    assert_eq!(host.module.links_open(), 1);
    host.ask(&format!("AT+SOCKCL={id}"), "OK\r\n");
    assert_eq!(host.module.links_open(), 0);
}

/// All that the module of a simulation says up to `end`.
#[track_caller]
fn until(module: &Simulation<HostNetwork>, end: &str) -> String {
    let mut port = module.port();
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        let mut byte = [0];
        embedded_io::Read::read_exact(&mut port, &mut byte).unwrap();
        all.extend_from_slice(&byte);
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn a_simulation_opens_sockets_of_this_machine() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut heard = [0; 5];
        peer.read_exact(&mut heard).unwrap();
        thread::sleep(Duration::from_millis(20));
        peer.write_all(&heard).unwrap();
    });
    let config = Config::new(Profile::MicrochipFw0_3_2).with_access_point("home", "");
    let module = Simulation::new(config, HostNetwork::new());
    let ask = |line: &str, end: &str| {
        module.port().write_all(line.as_bytes()).unwrap();
        module.port().write_all(b"\r\n").unwrap();
        until(&module, end)
    };
    // Nothing is open: an hour passes at once.
    let begin = Instant::now();
    module.advance(Duration::from_secs(3600));
    assert!(begin.elapsed() < PATIENCE);
    ask("ATE0", "ATE0\r\nOK\r\n");
    ask("AT+WSTAC=1,\"home\"", "OK\r\n");
    ask("AT+WSTA=1", "+WSTAAIP:\"192.168.1.50\"\r\n");
    let id = ask("AT+SOCKO=2", "OK\r\n");
    let id = id.trim_start_matches("+SOCKO:").split('\r').next().unwrap();
    ask(
        &format!("AT+SOCKBR={id},\"127.0.0.1\",{port}"),
        &format!(",\"127.0.0.1\",{port}\r\n"),
    );
    assert_eq!(module.links_open(), 1);
    let begin = (Instant::now(), module.now());
    ask(
        &format!("AT+SOCKWR={id},5,\"hello\""),
        &format!("+SOCKRXT:{id},5\r\n"),
    );
    let passed = module.now() - begin.1;
    assert!(
        passed <= begin.0.elapsed(),
        "{passed:?} is ahead of the clock"
    );
    ask(
        &format!("AT+SOCKRD={id},1,9"),
        &format!("+SOCKRD:{id},5,\"hello\"\r\nOK\r\n"),
    );
    server.join().unwrap();
}
