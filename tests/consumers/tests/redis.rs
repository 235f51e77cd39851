//! embedded-redis, a Redis client that borrows its `TcpClientStack`, against redis-server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use atwifi_consumers::{Board, Firmware, Redis, UnderTest, on_every_firmware};
use bytes::Bytes;
use embedded_redis::network::ConnectionHandler;
use embedded_time::duration::Microseconds;
use std_embedded_time::StandardClock;

/// Longer than a segment, than a command to the module takes, than what is read ahead.
const LENGTH: usize = 9000;
/// How long the client waits for an answer.
const TIMEOUT: Microseconds = Microseconds(30_000_000);

/// Bytes that look like the protocol's own and like what a module says, and any others.
fn value() -> Vec<u8> {
    let words = b"$9\r\n\r\nOK\r\n+SOCKCL:1\r\n-ERR\r\n>";
    let bytes = words.iter().copied().chain(0..=255);
    bytes.cycle().take(LENGTH).collect()
}

/// What another client gets.
fn get(server: SocketAddr, key: &str) -> Vec<u8> {
    let mut stream = BufReader::new(TcpStream::connect(server).expect("redis-server listens"));
    let command = format!("GET {key}\r\n");
    stream
        .get_mut()
        .write_all(command.as_bytes())
        .expect("send");
    let mut length = String::new();
    stream.read_line(&mut length).expect("an answer");
    let length = length.trim().strip_prefix('$').expect("a string");
    let mut value = vec![0; length.parse().expect("its length")];
    stream.read_exact(&mut value).expect("the string");
    value
}

/// Has the server end all its connections but the one that tells it to.
fn end_connections(server: SocketAddr) {
    let mut stream = BufReader::new(TcpStream::connect(server).expect("redis-server listens"));
    let command = stream.get_mut().write_all(b"CLIENT KILL TYPE normal\r\n");
    command.expect("send");
    let mut ended = String::new();
    stream.read_line(&mut ended).expect("an answer");
    assert_eq!(ended, ":1\r\n");
}

// The client's protocols are different types, and their trait has no public name.
macro_rules! in_protocol {
    ($protocol:ident: $there_and_back:ident $again:ident) => {
        fn $there_and_back<D: UnderTest>(firmware: Firmware) {
            let Some(server) = Redis::start() else {
                return;
            };
            let (_board, mut network) = Board::joined::<D>(firmware);
            let clock = StandardClock::default();
            let mut connection = ConnectionHandler::$protocol(server.address());
            connection.timeout(TIMEOUT);
            let client = connection.connect(&mut network, Some(&clock));
            let client = client.expect("connect");
            let value = value();
            let set = client.set("key", Bytes::from(value.clone())).expect("set");
            set.wait().expect("done");
            assert!(get(server.address(), "key") == value);
            let got = client.get("key").expect("get").wait().expect("an answer");
            assert!(got.expect("a value").to_bytes() == value);
            let got = client
                .get("nothing")
                .expect("get")
                .wait()
                .expect("an answer");
            assert!(got.is_none());
        }

        fn $again<D: UnderTest>(firmware: Firmware) {
            let Some(server) = Redis::start() else {
                return;
            };
            let (_board, mut network) = Board::joined::<D>(firmware);
            let clock = StandardClock::default();
            let mut connection = ConnectionHandler::$protocol(server.address());
            connection.timeout(TIMEOUT).use_ping();
            // More often than there are places for sockets.
            for key in ["one", "two", "three", "four", "five", "six"] {
                let client = connection.connect(&mut network, Some(&clock));
                let client = client.expect("connect");
                client.set(key, key).expect("set").wait().expect("done");
                assert_eq!(get(server.address(), key), key.as_bytes());
                end_connections(server.address());
            }
        }
    };
}

in_protocol! { resp2: resp2_a_large_value_there_and_back resp2_connects_again }
in_protocol! { resp3: resp3_a_large_value_there_and_back resp3_connects_again }

on_every_firmware! {
    resp2_a_large_value_there_and_back
    resp2_connects_again
    resp3_a_large_value_there_and_back
    resp3_connects_again
}
