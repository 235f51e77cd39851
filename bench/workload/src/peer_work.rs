//! The work on esp-at-nal.

use core::cell::RefCell;
use core::convert::Infallible;

use atat_of_peer::blocking::Client;
use atat_of_peer::{AtDigester, AtatIngress, Config, Ingress, ResponseSlot, UrcChannel};
use embassy_time_of_peer::Duration;
use embedded_io::{Read, ReadReady, Write};
use embedded_nal::TcpClientStack;
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::{Adapter, WifiAdapter};

use crate::atwifi_work::{SERVER, expect};
use crate::bare::{self, Words};
use crate::script::{Answer, Port, Script, framed};
use crate::time::{PolledTimer, TICKS_PER_SECOND};
use crate::{Meter, TRANSFER};

/// One transfer with the lines around it.
const BUFFER: usize = TRANSFER + 128;
const EVENTS: usize = 8;

type Events = URCMessages<TRANSFER>;
type Input<'m> = Ingress<'m, AtDigester<Events>, Events, BUFFER, EVENTS, 1>;

// The first line end stands for the echo's, without which an event would be taken for the echo.
const HEAD: usize = 20;
const READ: [u8; HEAD + TRANSFER + 6] = framed(b"\r\n+CIPRECVDATA:1460,", b"\r\nOK\r\n");

const WORDS: Words = Words {
    command: b"AT+CWAUTOCONN=1\r",
    read: b"AT+CIPRECVDATA=0,1460\r",
    head: HEAD,
    write: b"AT+CIPSEND=0,1460\r",
    event: b"\r\n+IPD,0,1460\r\n",
};

fn answer(command: &[u8]) -> Answer {
    if command.starts_with(b"AT+CIPRECVDATA=") {
        return Answer::plain(&READ);
    }
    if command.starts_with(b"AT+CIPSEND=") {
        return Answer {
            now: b"\r\nOK\r\n\r\n>",
            payload: TRANSFER,
            receipt: b"\r\nRecv 1460 bytes\r\n\r\nSEND OK\r\n",
        };
    }
    if command.starts_with(b"AT+CIPSTART=") {
        return Answer::plain(b"\r\n0,CONNECT\r\n\r\nOK\r\n");
    }
    if command.starts_with(b"AT+CIPCLOSE=") {
        return Answer::plain(b"\r\n0,CLOSED\r\n\r\nOK\r\n");
    }
    Answer::plain(b"\r\nOK\r\n")
}

/// The host's end: what is answered comes in at once, as by an interrupt.
struct Serial<'s, 'm> {
    port: Port<'s>,
    input: &'s RefCell<Input<'m>>,
}

impl Serial<'_, '_> {
    fn interrupt(&mut self) {
        let mut input = self.input.borrow_mut();
        while let Ok(true) = self.port.read_ready() {
            let Ok(n) = self.port.read(input.write_buf());
            expect(input.try_advance(n).is_ok(), "room for events");
        }
    }
}

impl embedded_io_of_peer::ErrorType for Serial<'_, '_> {
    type Error = Infallible;
}

impl embedded_io_of_peer::Write for Serial<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.port.write(bytes)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.interrupt();
        Ok(())
    }
}

/// The work on the peer, with a module that speaks ESP-AT.
pub fn esp_at_nal(meter: &mut dyn Meter) {
    let script = Script::new(b'\r', answer);
    bare::measure(meter, &script, &WORDS);

    let payload = [b'.'; TRANSFER];
    let mut buffer = [0; TRANSFER];
    let (mut input, mut output) = ([0; BUFFER], [0; BUFFER]);
    let slot = ResponseSlot::<BUFFER>::new();
    let events = UrcChannel::<Events, EVENTS, 1>::new();
    let digester = AtDigester::<Events>::new();
    let input = RefCell::new(Ingress::new(digester, &mut input, &slot, &events));
    let port = Port(&script);
    let mut interrupt = Serial {
        port,
        input: &input,
    };
    let config = Config::new().cmd_cooldown(Duration::from_millis(0));
    let serial = Serial {
        port,
        input: &input,
    };
    let client = Client::new(serial, &slot, &mut output, config);
    let Ok(subscription) = events.subscribe() else {
        panic!("the only subscriber");
    };
    let timer = PolledTimer::default();
    let mut adapter: Adapter<'_, _, _, TICKS_PER_SECOND, TRANSFER, TRANSFER, EVENTS> =
        Adapter::new(client, subscription, timer);
    let Ok(mut socket) = adapter.socket() else {
        panic!("no socket");
    };
    expect(adapter.connect(&mut socket, SERVER).is_ok(), "connect");
    script.say(WORDS.event);
    interrupt.interrupt();

    let mut got = 0;
    meter.measure("download", &mut || {
        got = adapter.receive(&mut socket, &mut buffer).unwrap_or(0);
    });
    expect(got == TRANSFER, "download");
    meter.measure("upload", &mut || {
        got = adapter.send(&mut socket, &payload).unwrap_or(0);
    });
    expect(got == TRANSFER, "upload");
    meter.measure("command", &mut || {
        expect(adapter.set_auto_connect(true).is_ok(), "command");
    });
    meter.measure("empty receive", &mut || {
        got = adapter.receive(&mut socket, &mut buffer).unwrap_or(0);
    });
    expect(got == 0, "empty receive");
    script.say(WORDS.event);
    let mut connected = false;
    meter.measure("event", &mut || {
        interrupt.interrupt();
        connected = adapter.is_connected(&socket).unwrap_or(false);
    });
    expect(connected, "event");
}
