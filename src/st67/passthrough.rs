//! The passthrough mode: a link of which every byte is data.

use embedded_io::{ErrorType, Read, ReadReady, Write};

use super::command::basic::Test;
use super::command::net::EnterPassthrough;
use super::{Module, St67, Status};
use crate::clock::Clock;
use crate::driver::ErrorOf;
use crate::engine::link::Transport;
use crate::error::Error;

/// What leaves the mode, if it comes alone (reference 4.1.9).
const ESCAPE: &[u8] = b"+++";
/// How long nothing else may be sent before and behind it (ms): "more than 20 ms".
const GUARD: u32 = 30;
/// How long no command may be sent behind it (ms).
const PAUSE: u32 = 1000;

impl<'b, T: Transport, C: Clock> Module<'b, T, C> {
    /// Enters the passthrough mode (reference 4.1.12): from here on, every byte that is written
    /// goes to the peer of the one link, and every byte that it sends can be read.
    ///
    /// Before, set up one link with
    /// [`SetMultiple`](crate::st67::command::net::SetMultiple) and the active
    /// [receive mode](crate::st67::command::net::SetReceiveMode), and
    /// [connect](crate::st67::command::net::single::Connect) it. While the mode lasts the module
    /// cannot be used otherwise.
    ///
    /// # Errors
    /// [`Error::Module`] if there is no link, or there are several.
    pub fn passthrough(&mut self) -> Result<Passthrough<'_, 'b, T, C>, ErrorOf<St67, T>> {
        self.prepare()?;
        self.engine
            .compose(|buffer| atat::AtatCmd::write(&EnterPassthrough, buffer));
        let timeout = self.timeouts.send;
        self.engine.enter_data_mode(&mut self.session, timeout)?;
        Ok(Passthrough {
            module: self,
            is_left: false,
        })
    }
}

/// A module in passthrough mode. Dropping it leaves the mode, as [`leave`](Passthrough::leave) does,
/// which takes a second.
///
/// Data that is `+++` and nothing else leaves the mode, too, if it is written alone.
pub struct Passthrough<'m, 'b, T: Transport, C: Clock> {
    module: &'m mut Module<'b, T, C>,
    is_left: bool,
}

impl<T: Transport, C: Clock> Passthrough<'_, '_, T, C> {
    /// Leaves the mode. What the peer sends meanwhile is lost; the link stays open.
    ///
    /// # Errors
    /// [`Error::Timeout`] if the module does not listen to commands afterwards.
    pub fn leave(mut self) -> Result<(), ErrorOf<St67, T>> {
        self.escape()
    }

    fn escape(&mut self) -> Result<(), ErrorOf<St67, T>> {
        self.is_left = true;
        let timeouts = self.module.timeouts;
        let engine = &mut self.module.engine;
        engine.fall_out_of_step();
        engine.ignore(GUARD)?;
        engine.write_raw(ESCAPE, timeouts.send)?;
        engine.ignore(PAUSE)?;
        engine.back_in_step();
        self.module.execute(&Test, timeouts.command)?;
        Ok(())
    }
}

impl<T: Transport, C: Clock> Drop for Passthrough<'_, '_, T, C> {
    fn drop(&mut self) {
        if !self.is_left {
            // What is wrong shows at the next command.
            let _ = self.escape();
        }
    }
}

impl<T: Transport, C: Clock> ErrorType for Passthrough<'_, '_, T, C>
where
    T::Error: embedded_io::Error,
{
    type Error = Error<T::Error, Status>;
}

impl<T: Transport, C: Clock> Read for Passthrough<'_, '_, T, C> {
    /// Waits up to [`Timeouts::receive`](crate::Timeouts::receive) for the first byte.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Self::Error> {
        if into.is_empty() {
            return Ok(0);
        }
        let timeout = self.module.timeouts.receive;
        self.module.engine.read_data(into, timeout)
    }
}

impl<T: Transport, C: Clock> ReadReady for Passthrough<'_, '_, T, C> {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        self.module.engine.has_data()
    }
}

impl<T: Transport, C: Clock> Write for Passthrough<'_, '_, T, C> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        let timeout = self.module.timeouts.send;
        self.module.engine.write_raw(bytes, timeout)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
