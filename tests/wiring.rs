//! Lines that are not what they should be: a host that hears itself, garbage without an end.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::common::*;
use atwifi::dialect::Dialect;
use atwifi::st67::St67;
use atwifi::{Error, ErrorOf, Event, Module, SocketMemory};
use atwifi_simulator::{Port, Simulation};
use embedded_hal::digital::OutputPin;
use embedded_io::{Error as _, ErrorKind, ErrorType, Read, ReadReady, Write};
use embedded_nal::{AddrType, Dns};

/// A line on which what is sent comes back; beside what the module says, where there is one.
#[derive(Clone)]
struct Looped {
    module: Option<Port>,
    back: Rc<RefCell<VecDeque<u8>>>,
}

impl ErrorType for Looped {
    type Error = ErrorKind;
}

impl Read for Looped {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        let mut back = self.back.borrow_mut();
        match &mut self.module {
            Some(module) if back.is_empty() => module.read(into).map_err(|_| ErrorKind::Other),
            _ => Read::read(&mut *back, into).map_err(|never| match never {}),
        }
    }
}

impl ReadReady for Looped {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        let is_back = !self.back.borrow().is_empty();
        let module = self.module.as_mut();
        let says = module.is_some_and(|module| module.read_ready() == Ok(true));
        Ok(is_back || says)
    }
}

impl Write for Looped {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let sent = match &mut self.module {
            Some(module) => module.write(bytes).map_err(|_| ErrorKind::Other)?,
            None => bytes.len(),
        };
        self.back.borrow_mut().extend(&bytes[..sent]);
        Ok(sent)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// A reset pin that leads nowhere.
struct Loose;

impl embedded_hal::digital::ErrorType for Loose {
    type Error = std::convert::Infallible;
}

impl OutputPin for Loose {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

type OnLoop<'b, D> = Module<'b, D, Looped, SimClock>;

/// Runs a call of a driver that hears itself, and says how it failed.
fn failure<D: Dialect>(
    simulation: &Simulation,
    module: Option<Port>,
    call: impl FnOnce(&mut OnLoop<'_, D>) -> Result<(), ErrorOf<D, Looped>>,
) -> ErrorOf<D, Looped> {
    let (mut line, mut sockets) = ([0; 1024], [const { SocketMemory::<64>::new() }; 1]);
    let back = Rc::default();
    let clock = SimClock::new(simulation);
    let looped = Looped { module, back };
    let mut module = Module::<D, _, _>::new(looped, clock, &mut line, &mut sockets).unwrap();
    let before = simulation.now();
    let failed = call(&mut module).unwrap_err();
    assert!(simulation.now() - before < Duration::from_secs(60));
    failed
}

fn a_host_whose_lines_are_joined_is_told_to_look_at_them<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        let calls: [fn(&mut OnLoop<'_, D>) -> _; 3] = [
            |module| module.reset(),
            |module| module.join(SSID, PASSWORD).map(drop),
            |module| module.link_state().map(drop),
        ];
        for call in calls {
            let failed = failure::<D>(&simulation, None, call);
            assert_eq!(failed, Error::HearsItself);
            assert_eq!(failed.kind(), ErrorKind::InvalidData);
        }
        let failed = failure::<D>(&simulation, None, |module| {
            module.reset_by_pin(&mut Loose, &mut Board(simulation.clone()))
        });
        assert_eq!(failed, Error::HearsItself);
    }
}

fn so_is_one_that_hears_itself_beside_the_module<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        let failed = failure::<D>(&simulation, Some(simulation.port()), |module| {
            module.reset()
        });
        assert_eq!(failed, Error::HearsItself, "{}", simulation.transcript());
    }
}

/// A dead line is none that sends back.
fn a_silent_line_is_not_taken_for_one_that_is_joined<D: UnderTest>() {
    for simulation in simulations::<D>(|config| config) {
        with_driver::<D, _>(&simulation, |module| {
            simulation.reset_pin(false);
            assert_eq!(module.reset(), Err(Error::Timeout));
        });
    }
}

on_both_dialects! {
    a_host_whose_lines_are_joined_is_told_to_look_at_them
    so_is_one_that_hears_itself_beside_the_module
    a_silent_line_is_not_taken_for_one_that_is_joined
}

/// Garbage that is longer than any line.
fn garbage() -> Vec<u8> {
    let mut garbage: Vec<u8> = (0..3000).map(|n: u32| 0x80 | (n * 37) as u8).collect();
    garbage.extend(b"\r\n");
    garbage
}

#[test]
fn garbage_without_an_end_is_no_fault_of_the_line_buffer() {
    let beside = [&garbage(), &b"+CIPDOMAIN:\"10.0.0.7\"\r\n\r\nOK\r\n"[..]].concat();
    let uart = met::<St67>().answer("AT+CIPDOMAIN=\"a.test\",2\r\n", beside);
    with_mock::<St67, _>(&uart, |module| {
        let address = flat(module.get_host_by_name("a.test", AddrType::IPv4));
        assert_eq!(address, Ok(ADDRESS.into()));
        assert_eq!(module.poll().unwrap(), Some(Event::Lost(1)));
    });
}

#[test]
fn garbage_instead_of_a_reply_is_malformed() {
    let uart = met::<St67>().answer("AT+CWSTATE?\r\n", [&garbage(), &b"\r\nOK\r\n"[..]].concat());
    with_mock::<St67, _>(&uart, |module| {
        assert_eq!(module.link_state(), Err(Error::Malformed));
    });
    uart.assert_done();
}

#[test]
fn events_that_come_while_an_escape_is_waited_out_are_counted() {
    for (said, lost) in [
        ("\r\n+QUITT\r\n", None),
        ("\r\n+QUITT\r\n+CW:DISCONNECTED\r\n", Some(Event::Lost(1))),
    ] {
        // A stranger that is silent may carry a stream, or wait for payload.
        let uart = atwifi::mock::Uart::new()
            .expect("AT+CIPMUX?\r\n")
            .expect("AT+CIPDINFO?\r\n")
            .expect("AT+CIPRECVMODE?\r\n")
            .answer("+++", said)
            .expect("\r\n")
            .expect([0; 8192])
            .expect("\r\n")
            .answer("AT+SYSSTORE?\r\n", "+SYSSTORE:1\r\n\r\nOK\r\n");
        let set_up = <St67 as UnderTest>::MEETING.iter().skip(1);
        let uart = set_up.fold(uart, |uart, (command, answer)| {
            uart.answer(format!("{command}\r\n"), answer)
        });
        let uart = uart.answer("AT+CWSTATE?\r\n", "+CWSTATE:0,\"\"\r\n\r\nOK\r\n");
        with_mock::<St67, _>(&uart, |module| {
            module.link_state().unwrap();
            assert_eq!(module.poll().unwrap(), lost);
        });
        uart.assert_done();
    }
}
