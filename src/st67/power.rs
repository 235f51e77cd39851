//! The ST67's sequences for saving power (reference 7).

use core::time::Duration;

use super::command::low_power::TwtSetup;
use super::{Error, Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Power};
use crate::transport::Transport;
use crate::value::{Numbered, PowerSave, Twt};

impl Power for St67 {
    fn start_power_save<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        save: &PowerSave,
    ) -> Outcome {
        module.prepare()?;
        module.tell("AT+SLWKIO=#,0\r\n", &[save.wake_pin.into()])?;
        match save.dtim {
            Some(dtim) => module.tell("AT+SLWKDTIM=#\r\n", &[dtim.into()])?,
            None => module.tell("AT+SLCLDTIM\r\n", &[])?,
        }
        match save.has_broadcasts {
            true => module.tell("AT+PWR=2,1\r\n", &[]),
            false => module.tell("AT+PWR=2\r\n", &[]),
        }
    }

    fn stop_power_save<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.prepare()?;
        module.tell("AT+PWR=0\r\n", &[])
    }
}

impl<T: Transport, C: Clock> Module<'_, T, C> {
    /// Agrees on target wake times with the access point, and sleeps in between: every `interval` the
    /// station is awake for `awake` at least. Returns the times that were asked for, which are as near as
    /// the format allows ([`Twt::nearest`]); the module does not tell what was agreed on.
    ///
    /// It takes an access point of Wi-Fi 6 that can do this, and a clock crystal; by its RC oscillator the
    /// module is up to 60 ms wrong in 30 s (reference 7.1.9). The driver wakes it before it speaks, as in
    /// [`start_power_save`](Module::start_power_save), by the pin that was named there or, if none was, by
    /// its chip select. A restart ends this.
    ///
    /// # Errors
    /// [`Usage`](crate::Usage) for times that cannot be asked for.
    ///
    /// ```
    /// use core::time::Duration;
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::st67::{self, command::low_power::TwtSetup};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+SLWKIO=28,0\r\n", "\r\nOK\r\n")
    ///     .answer("AT+TWT_PARAM=1,1,7,128,64000\r\n", "\r\nOK\r\n")
    ///     .answer("AT+TWT_SLEEP\r\n", "\r\nOK\r\n")
    ///     .answer("AT+TWT_TEARDOWN=0,1\r\n", "\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let (interval, awake) = (Duration::from_micros(8_192_000), Duration::from_micros(32_768));
    /// let asked = wifi.start_twt(TwtSetup::Suggest, interval, awake)?;
    /// assert_eq!((asked.interval, asked.awake), (interval, awake));
    /// wifi.end_twt()?;
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn start_twt(
        &mut self,
        setup: TwtSetup,
        interval: Duration,
        awake: Duration,
    ) -> Result<Twt, Error<T::Error>> {
        let (times, exponent, mantissa, units) =
            Twt::nearest(interval, awake).map_err(Error::Usage)?;
        let numbers = [
            setup.number(),
            exponent.into(),
            units.into(),
            mantissa.into(),
        ];
        let started = self.prepare().and_then(|()| {
            self.tell("AT+SLWKIO=#,0\r\n", &[PowerSave::new().wake_pin.into()])?;
            // Flows that are not announced are all that there are (reference 7.1.7).
            self.tell("AT+TWT_PARAM=#,1,#,#,#\r\n", &numbers)?;
            self.tell("AT+TWT_SLEEP\r\n", &[])
        });
        self.outcome(started)?;
        Ok(times)
    }

    /// Ends all target wake times.
    ///
    /// # Errors
    /// [`Error::Module`] if there are none.
    pub fn end_twt(&mut self) -> Result<(), Error<T::Error>> {
        let ended = self
            .prepare()
            .and_then(|()| self.tell("AT+TWT_TEARDOWN=0,1\r\n", &[]));
        self.outcome(ended)
    }
}
