//! The module on real time: in process, on a TCP port, on a pseudo-terminal, on real sockets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use atwifi_simulator::{Config, Handle, HostNetwork, PortError, Server, ThreadPort};
use embedded_io::{Read as _, ReadReady as _, Write as _};

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

fn config() -> Config {
    let millisecond = Duration::from_millis(1);
    Config {
        boot: millisecond,
        join: millisecond,
        associate: millisecond,
        dhcp: millisecond,
        ..Config::default().with_access_point("home", "secret99")
    }
}

fn module() -> Handle {
    Server::new(config(), HostNetwork::new()).spawn()
}

fn read_until(port: &mut ThreadPort, end: &[u8]) -> Vec<u8> {
    let limit = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    while !all.ends_with(end) && Instant::now() < limit {
        let mut buffer = [0];
        let count = port.read_for(Duration::from_millis(100), &mut buffer);
        all.extend_from_slice(&buffer[..count.unwrap()]);
    }
    assert!(all.ends_with(end), "{}", all.escape_ascii());
    all
}

fn ask(port: &mut ThreadPort, line: &str, end: &str) -> String {
    port.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    String::from_utf8_lossy(&read_until(port, end.as_bytes())).into_owned()
}

fn ready(module: &Handle) -> ThreadPort {
    let mut port = module.port();
    read_until(&mut port, b"ready\r\n");
    port
}

#[test]
fn in_process() {
    let module = module();
    let mut port = ready(&module);
    assert_eq!(ask(&mut port, "AT", "OK\r\n"), "\r\nOK\r\n");
    assert_eq!(port.read_ready(), Ok(false));
    drop(module);
    assert_eq!(port.read(&mut [0; 8]), Err(PortError::Unplugged));
    assert_eq!(port.write(b"AT\r\n"), Err(PortError::Unplugged));
}

#[test]
fn a_bit_rate_takes_real_time() {
    let module = Server::new(config().with_baud(9600), HostNetwork::new()).spawn();
    let mut port = ready(&module);
    let start = Instant::now();
    ask(&mut port, "AT+CWMODE?", "OK\r\n");
    assert!(start.elapsed() >= Duration::from_millis(30));
}

#[test]
fn over_tcp() {
    let module = module();
    let address = module.serve_tcp("127.0.0.1:0").unwrap();
    for round in 0..2 {
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        if round == 0 {
            expect(&mut client, b"\r\nready\r\n");
        }
        client.write_all(b"AT\r\n").unwrap();
        expect(&mut client, b"\r\nOK\r\n");
    }
}

#[cfg(unix)]
#[test]
fn over_a_pty() {
    let module = module();
    let path = module.serve_pty().unwrap();
    let mut device = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    expect(&mut device, b"\r\nready\r\n");
    device.write_all(b"AT\r\n").unwrap();
    expect(&mut device, b"\r\nOK\r\n");
}

fn expect(from: &mut impl Read, bytes: &[u8]) {
    let mut buffer = vec![0; bytes.len()];
    from.read_exact(&mut buffer).unwrap();
    assert_eq!(buffer, bytes);
}

#[test]
fn real_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port_number = listener.local_addr().unwrap().port();
    let data: Vec<u8> = (0..20_000u32).map(|index| (index % 251) as u8).collect();
    let sent = data.clone();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(&sent).unwrap();
        request
    });

    let network = HostNetwork::new().host("example.test", [127, 0, 0, 1].into());
    let records = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&records);
    let module = Server::new(config(), network)
        .on_record(move |record| log.lock().unwrap().push(record.to_string()))
        .spawn();
    let mut port = ready(&module);
    ask(&mut port, "AT+CWMODE=1,0", "OK\r\n");
    ask(&mut port, "AT+CWJAP=\"home\",\"secret99\"", "GOTIP\r\n");
    ask(&mut port, "AT+CIPMUX=1", "OK\r\n");
    ask(&mut port, "AT+CIPRECVMODE=1", "OK\r\n");
    let resolved = ask(&mut port, "AT+CIPDOMAIN=\"example.test\"", "OK\r\n");
    assert_eq!(resolved, "+CIPDOMAIN:\"127.0.0.1\"\r\n\r\nOK\r\n");
    let start = format!("AT+CIPSTART=0,\"TCP\",\"example.test\",{port_number}");
    assert_eq!(
        ask(&mut port, &start, "OK\r\n"),
        "+CIP:0,CONNECTED\r\n\r\nOK\r\n"
    );
    ask(&mut port, "AT+CIPSEND=0,5", ">");
    port.write_all(b"hello").unwrap();
    read_until(&mut port, b"SEND OK\r\n");
    assert_eq!(&server.join().unwrap(), b"hello");

    assert_eq!(receive(&mut port, data.len()), data);
    let shown = records.lock().unwrap().join("\n");
    assert!(shown.contains("AT+CWJAP=\"home\",***"));
    assert!(shown.contains("-> hello"));
    assert!(!shown.contains("secret99"));
}

/// Reads data from link 0 until there is enough, whatever is announced meanwhile.
fn receive(port: &mut ThreadPort, enough: usize) -> Vec<u8> {
    let limit = Instant::now() + PATIENCE;
    let mut data = Vec::new();
    while data.len() < enough && Instant::now() < limit {
        port.write_all(b"AT+CIPRECVDATA=0,4608\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"+CIPRECVDATA:") {
            head.push(read_byte(port));
        }
        let mut count = 0;
        loop {
            match read_byte(port) {
                b',' => break,
                digit => count = count * 10 + usize::from(digit - b'0'),
            }
        }
        data.extend((0..count).map(|_| read_byte(port)));
        read_until(port, b"OK\r\n");
    }
    data
}

fn read_byte(port: &mut ThreadPort) -> u8 {
    let mut byte = [0];
    port.read_exact(&mut byte).unwrap();
    byte[0]
}

#[test]
fn only_this_machine_can_be_reached() {
    let module = module();
    let mut port = ready(&module);
    ask(&mut port, "AT+CWMODE=1,0", "OK\r\n");
    ask(&mut port, "AT+CWJAP=\"home\",\"secret99\"", "GOTIP\r\n");
    for (line, reply) in [
        (
            "AT+CIPDOMAIN=\"localhost\"",
            "+CIPDOMAIN:\"127.0.0.1\"\r\n\r\nOK\r\n",
        ),
        (
            "AT+CIPDOMAIN=\"example.com\"",
            "+CIPDOMAIN:\"(null)\"\r\n\r\nOK\r\n",
        ),
        ("AT+CIPSTART=\"TCP\",\"192.0.2.1\",80", "\r\nERROR\r\n"),
        ("AT+CIPSTART=\"TCP\",\"127.0.0.1\",1", "\r\nERROR\r\n"),
    ] {
        assert_eq!(ask(&mut port, line, reply), reply);
    }
}
