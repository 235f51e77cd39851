//! The work on atwifi.

use core::net::SocketAddr;
use core::ops::ControlFlow;

use atwifi::dialect::Dialect;
use atwifi::microchip::{self, Microchip};
use atwifi::st67::{self, St67};
use atwifi::{Clock, Module, SocketMemory};
use embedded_nal::{AddrType, Dns, TcpClientStack};

use crate::bare::{self, Words};
use crate::script::{Answer, Port, Script, framed};
use crate::{Meter, TRANSFER};

pub(crate) const SERVER: SocketAddr = SocketAddr::new(
    core::net::IpAddr::V4(core::net::Ipv4Addr::new(10, 0, 0, 7)),
    80,
);

/// A clock that moves only when nothing else does.
pub(crate) struct Standing(pub u32);

impl Clock for Standing {
    fn now(&mut self) -> u32 {
        self.0
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0 += 1;
        ControlFlow::Continue(())
    }
}

pub(crate) type Driver<'m, D> = Module<'m, D, Port<'m>, Standing>;

const ST67_HEAD: usize = 18;
const ST67_READ: [u8; ST67_HEAD + TRANSFER + 8] = framed(b"+CIPRECVDATA:1460,", b"\r\n\r\nOK\r\n");

const ST67_WORDS: Words = Words {
    command: b"AT\r\n",
    read: b"AT+CIPRECVDATA=0,1460\r\n",
    head: ST67_HEAD,
    write: b"AT+CIPSEND=0,1460\r\n",
    event: b"+IPD:0,1460,\"10.0.0.7\",80\r\n",
};

pub(crate) fn st67_answer(command: &[u8]) -> Answer {
    if command.starts_with(b"AT+CIPRECVDATA=") {
        return Answer::plain(&ST67_READ);
    }
    if command.starts_with(b"AT+CIPSEND=") {
        return Answer {
            now: b"\r\nOK\r\n\r\n>",
            payload: TRANSFER,
            receipt: b"Recv 1460 bytes\r\n\r\nSEND OK\r\n",
        };
    }
    Answer::first_of(
        &[
            (b"AT+CIPMUX?", b"+CIPMUX:0\r\n\r\nOK\r\n"),
            (b"AT+RST", b"\r\nOK\r\n\r\nready\r\n"),
            (
                b"AT+CWJAP=",
                b"+CW:CONNECTING\r\n\r\nOK\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n",
            ),
            (
                b"AT+CIPSTA?",
                b"+CIPSTA:ip:\"192.168.1.50\"\r\n+CIPSTA:gateway:\"192.168.1.1\"\r\n\
                  +CIPSTA:netmask:\"255.255.255.0\"\r\n\r\nOK\r\n",
            ),
            (b"AT+CIPSTART=0", b"+CIP:0,CONNECTED\r\n\r\nOK\r\n"),
            (b"AT+CIPSTART=1", b"+CIP:1,CONNECTED\r\n\r\nOK\r\n"),
            (b"AT+CIPDOMAIN=", b"+CIPDOMAIN:\"10.0.0.7\"\r\n\r\nOK\r\n"),
            (b"", b"\r\nOK\r\n"),
        ],
        command,
    )
}

/// The work on the driver of an ST67.
pub fn st67(meter: &mut dyn Meter) {
    let script = Script::new(b'\n', st67_answer);
    bare::measure(meter, &script, &ST67_WORDS);
    measure::<St67>(meter, &script, &ST67_WORDS, &mut |module| {
        let _ = module.command(&st67::command::basic::Test);
    });
}

const MICROCHIP_HEAD: usize = 21;
const MICROCHIP_READ: [u8; MICROCHIP_HEAD + TRANSFER + 4] =
    framed(b"+SOCKRD:1000,1460,\r\n#", b"OK\r\n");

const MICROCHIP_WORDS: Words = Words {
    command: b"AT\r\n",
    read: b"AT+SOCKRD=1000,2,1460\r\n",
    head: MICROCHIP_HEAD,
    write: b"AT+SOCKWR=1000,1460\r\n",
    event: b"\r+SOCKRXT:1000,1460\r\n",
};

pub(crate) fn microchip_answer(command: &[u8]) -> Answer {
    if command.starts_with(b"AT+SOCKRD=") {
        return Answer::plain(&MICROCHIP_READ);
    }
    // It takes 1400 bytes at most, so a transfer goes in two commands.
    if let Some(length) = command.strip_prefix(b"AT+SOCKWR=1000,") {
        let digits = length.iter().take_while(|byte| byte.is_ascii_digit());
        return Answer {
            now: b"\r\n#",
            payload: digits.fold(0, |n, digit| 10 * n + usize::from(digit - b'0')),
            receipt: b"\r\nOK\r\n",
        };
    }
    Answer::first_of(
        &[
            (b"AT+GMM", b"+GMM=\"PIC32MZW1\"\r\nOK\r\n"),
            (b"AT+RST", b"\r\nOK\r\n>"),
            (
                b"AT+WSTA=1",
                b"OK\r\n\r+WSTALU:\"5C:76:95:1B:D9:2F\",6\r\n\r+WSTAAIP:\"10.0.0.156\"\r\n",
            ),
            (
                b"AT+DNSRESOLV=",
                b"OK\r\n\r+DNSRESOLV:0,\"example.test\",\"10.0.0.7\"\r\n",
            ),
            (b"AT+SOCKO=", b"+SOCKO:1000\r\nOK\r\n"),
            (
                b"AT+SOCKBR=",
                b"OK\r\n\r+SOCKIND:1000,\"192.168.1.50\",50000,\"10.0.0.7\",80\r\n",
            ),
            (b"", b"OK\r\n"),
        ],
        command,
    )
}

/// The work on the driver of a Microchip module.
pub fn microchip(meter: &mut dyn Meter) {
    let script = Script::new(b'\n', microchip_answer);
    bare::measure(meter, &script, &MICROCHIP_WORDS);
    measure::<Microchip>(meter, &script, &MICROCHIP_WORDS, &mut |module| {
        let _ = module.command(&microchip::command::general::Test);
    });
}

fn measure<D: Dialect>(
    meter: &mut dyn Meter,
    script: &Script,
    words: &Words,
    command: &mut dyn FnMut(&mut Driver<'_, D>),
) {
    let payload = [b'.'; TRANSFER];
    let mut buffer = [0; TRANSFER];
    let mut line = [0; 1024];
    let mut sockets = [const { SocketMemory::<512>::new() }; 1];
    let made = Driver::<D>::new(Port(script), Standing(0), &mut line, &mut sockets);
    let mut module = made.unwrap_or_else(|_| panic!("the buffers suffice"));
    let mut done = false;
    meter.measure("reset", &mut || done = module.reset().is_ok());
    expect(done, "reset");
    meter.measure("join", &mut || {
        done = module.join(b"home", b"12345678").is_ok();
    });
    expect(done, "join");
    meter.measure("resolve", &mut || {
        let resolved = module.get_host_by_name("example.test", AddrType::IPv4);
        done = resolved.is_ok();
    });
    expect(done, "resolve");
    let Ok(mut socket) = module.socket() else {
        panic!("no socket");
    };
    meter.measure("connect", &mut || {
        done = module.connect(&mut socket, SERVER).is_ok();
    });
    expect(done, "connect");
    script.say(words.event);
    while let Ok(Some(_)) = module.poll() {}

    let mut got = 0;
    meter.measure("download", &mut || {
        got = module.receive(&mut socket, &mut buffer).unwrap_or(0);
    });
    expect(got == TRANSFER, "download");
    meter.measure("upload", &mut || {
        got = module.send(&mut socket, &payload).unwrap_or(0);
    });
    expect(got == TRANSFER, "upload");
    meter.measure("command", &mut || command(&mut module));
    script.say(words.event);
    let mut polled = false;
    meter.measure("event", &mut || polled = matches!(module.poll(), Ok(None)));
    expect(polled, "event");

    let mut socket = Some(socket);
    meter.measure("close", &mut || {
        let closed = socket.take().map(|socket| module.close(socket));
        done = matches!(closed, Some(Ok(())));
    });
    expect(done, "close");

    // A new connection has nothing to read.
    let Ok(mut socket) = module.socket() else {
        panic!("no socket");
    };
    expect(module.connect(&mut socket, SERVER).is_ok(), "connect");
    meter.measure("empty receive", &mut || {
        got = module.receive(&mut socket, &mut buffer).unwrap_or(0);
    });
    expect(got == 0, "empty receive");

    // Nonsense, from which the driver finds back.
    script.say(b"+nonsense:1,2\r\n");
    meter.measure("recover", &mut || {
        done = module.send(&mut socket, &payload).is_ok();
    });
}

pub(crate) fn expect(holds: bool, what: &str) {
    assert!(holds, "{what}");
}
