//! A broker for the demonstration, of MQTT 3.1.1: what a client publishes it gets itself, if it has subscribed to
//! anything at all.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// Kinds of packets: the upper half of their first byte.
const CONNECT: u8 = 1;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;
const UNSUBSCRIBE: u8 = 10;
const PING: u8 = 12;
const DISCONNECT: u8 = 14;

/// Starts it; the port on which it listens.
pub fn start() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || serve(client));
        }
    });
    Ok(port)
}

fn serve(mut client: TcpStream) -> Result<()> {
    let mut has_subscribed = false;
    loop {
        let (head, body) = packet(&mut client)?;
        let [first, second, ..] = body[..] else {
            match head >> 4 {
                PING => client.write_all(&[0xd0, 0])?,
                DISCONNECT => return Ok(()),
                _ => {}
            }
            continue;
        };
        match head >> 4 {
            CONNECT => client.write_all(&[0x20, 2, 0, 0])?,
            SUBSCRIBE => {
                has_subscribed = true;
                client.write_all(&[0x90, 3, first, second, 0])?;
            }
            UNSUBSCRIBE => client.write_all(&[0xb0, 2, first, second])?,
            // As it came, at most once.
            PUBLISH if has_subscribed && head & 0b110 == 0 => {
                client.write_all(&[head & 0xf0])?;
                client.write_all(&length(body.len()))?;
                client.write_all(&body)?;
            }
            _ => {}
        }
    }
}

/// The first byte of a packet, and what stands behind its length.
fn packet(client: &mut TcpStream) -> Result<(u8, Vec<u8>)> {
    let mut byte = [0];
    client.read_exact(&mut byte)?;
    let head = byte[0];
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        client.read_exact(&mut byte)?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            break;
        }
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    Ok((head, body))
}

/// A length as MQTT writes it.
fn length(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes
}
