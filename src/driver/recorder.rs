//! For the tests that hold templates against the structs that `atat` serializes: a module that agrees
//! to every command, and what it was told.

use core::convert::Infallible;
use core::ops::ControlFlow;
use std::collections::VecDeque;
use std::rc::Rc;
use std::string::String;
use std::vec::Vec;
use std::{cell::RefCell, vec};

use atat::AtatCmd;
use embedded_io::{ErrorType, Read, ReadReady, Write};

use super::dialect::Dialect;
use super::module::Module;
use crate::clock::Clock;
use crate::socket::{Handle, SocketMemory};

/// Says `OK` to every line.
#[derive(Default)]
pub(crate) struct Agreeing {
    told: Rc<RefCell<Vec<u8>>>,
    says: VecDeque<u8>,
}

impl ErrorType for Agreeing {
    type Error = Infallible;
}

impl Read for Agreeing {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        let n = self.says.len().min(into.len());
        into.iter_mut()
            .zip(self.says.drain(..n))
            .for_each(|(place, byte)| *place = byte);
        Ok(n)
    }
}

impl ReadReady for Agreeing {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(!self.says.is_empty())
    }
}

impl Write for Agreeing {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.told.borrow_mut().extend(bytes);
        if let Some([link, ..]) = bytes.strip_prefix(b"AT+CIPSTART=") {
            // An ST67 tells that the link is open.
            self.says.extend(b"+CIP:");
            self.says.push_back(*link);
            self.says.extend(b",CONNECTED\r\n");
        }
        if bytes.ends_with(b"\n") {
            self.says.extend(b"OK\r\n");
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A clock in a hurry.
pub(crate) struct Hurry(u32);

impl Clock for Hurry {
    fn now(&mut self) -> u32 {
        self.0
    }

    fn idle(&mut self) -> ControlFlow<()> {
        self.0 += 1000;
        ControlFlow::Continue(())
    }
}

/// What a module is told by a sequence, to which a socket is lent.
pub(crate) fn told<D: Dialect>(
    sequence: impl FnOnce(&mut Module<'_, D, Agreeing, Hurry>, &Handle),
) -> String {
    let uart = Agreeing::default();
    let told = uart.told.clone();
    let (mut line, mut sockets) = (vec![0; 1024], [SocketMemory::<64>::new()]);
    let Ok(mut module) = Module::<D, _, _>::new(uart, Hurry(0), &mut line, &mut sockets) else {
        panic!("the buffers suffice");
    };
    module.engine.be_in_step();
    let Ok(socket) = module.session().sockets.allocate() else {
        panic!("there is a socket");
    };
    sequence(&mut module, &socket);
    let told = told.borrow();
    String::from_utf8_lossy(&told).into_owned()
}

/// A command as `atat` serializes it.
pub(crate) fn written(command: &impl AtatCmd) -> String {
    let mut wire = [0; 256];
    let length = command.write(&mut wire);
    String::from_utf8_lossy(&wire[..length]).into_owned()
}
