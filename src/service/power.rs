//! Saving power: sleeping in a network, sleeping without one, and being off.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;

use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::error::Error;
use crate::transport::Transport;
use crate::value::PowerSave;

impl<'b, D: Dialect, T: Transport, C: Clock> Module<'b, D, T, C> {
    /// Lets the module sleep whenever it has nothing to do, and wake up for beacons of its access point.
    /// It stays in its network, and its connections stay open; what peers send arrives later.
    ///
    /// The driver wakes it before it speaks to it, and waits until it listens: on an SPI by the chip
    /// select, on a UART by a pin, see [`Waking`](crate::transport::Waking). What it has to tell it tells
    /// by itself; `poll` does not wake it. What the driver asks after a long silence does: see
    /// [`Timeouts::unheard`](crate::Timeouts::unheard). A restart ends this, and its clock is wrong after a sleep (see
    /// [`set_time_servers`](Module::set_time_servers)).
    ///
    /// With a fixed address it does not work on firmware known today (wire notes 10).
    ///
    /// # Errors
    /// Before a byte is sent, [`Usage::Unsupported`](crate::Usage::Unsupported) on the Microchip module, which can but
    /// [sleep deeply](Module::deep_sleep).
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::{PowerSave, st67};
    ///
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+SLWKIO=28,0\r\n", "\r\nOK\r\n")
    ///     .answer("AT+SLWKDTIM=3\r\n", "\r\nOK\r\n")
    ///     .answer("AT+PWR=2\r\n", "\r\nOK\r\n")
    ///     .answer("AT+PWR=0\r\n", "\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// wifi.start_power_save(&PowerSave::new().with_dtim(3))?;
    /// wifi.stop_power_save()?;
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn start_power_save(&mut self, save: &PowerSave) -> Result<(), ErrorOf<D, T>> {
        save.check().map_err(Error::Usage)?;
        let saves = D::start_power_save(self, save);
        self.outcome(saves)
    }

    /// Keeps the module awake again.
    ///
    /// # Errors
    /// As [`start_power_save`](Module::start_power_save).
    pub fn stop_power_save(&mut self) -> Result<(), ErrorOf<D, T>> {
        let stays = D::stop_power_save(self);
        self.outcome(stays)
    }

    /// Puts the module to sleep until its wake-up input is pressed (Microchip reference 3.5). It forgets
    /// everything: its network, its connections, its settings. While it sleeps, it is lent to what this
    /// returns, so nobody speaks to it.
    ///
    /// # Errors
    /// Before a byte is sent, [`Usage::Unsupported`](crate::Usage::Unsupported) on the ST67: [switch it off](Module::power_down).
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::microchip;
    ///
    /// # let uart = [
    /// #     ("AT+GMM", "AT+GMM\r\n+GMM=\"PIC32MZW1\"\r\nOK\r\n>"),
    /// #     ("ATE0", "ATE0\r\nOK\r\n"), ("AT+SOCKLST", "OK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart.answer("AT+LOWPOWER=4\r\n", "OK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = microchip::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let asleep = wifi.deep_sleep()?;
    /// // and hours later:
    /// asleep.wake(|| {
    ///     // Press the button, or drive its pin.
    /// #   let started = uart.clone().say("OK\r\n").answer("ATE0\r\n", "ATE0\r\nOK\r\n");
    /// #   started.answer("AT+SOCKLST\r\n", "OK\r\n");
    /// })?;
    /// # uart.assert_done();
    /// # Ok::<(), microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn deep_sleep(&mut self) -> Result<Asleep<'_, 'b, D, T, C>, ErrorOf<D, T>> {
        let slept = D::deep_sleep(self);
        self.outcome(slept)?;
        self.forget_everything();
        // So that it is noticed when it restarts.
        self.session().keep_settings();
        Ok(Asleep(self))
    }

    /// Switches the module off by its reset pin, which holds it off while it is low (CHIP_EN of the ST67):
    /// nothing takes less power. While it is off it is lent to what this returns, so nobody speaks to it.
    ///
    /// # Errors
    /// [`Error::Pin`].
    ///
    /// ```
    /// # use core::convert::Infallible;
    /// # use embedded_hal::{delay::DelayNs, digital::{ErrorType, OutputPin}};
    /// # use atwifi::mock::{Clock, Uart};
    /// # use atwifi::st67;
    /// # struct Pin(Uart);
    /// # impl ErrorType for Pin { type Error = Infallible; }
    /// # impl OutputPin for Pin {
    /// #     fn set_low(&mut self) -> Result<(), Infallible> { Ok(()) }
    /// #     fn set_high(&mut self) -> Result<(), Infallible> {
    /// #         let settings = [
    /// #             "ATE0", "AT+SYSSTORE=0", "AT+SYSLOG=1", "AT+CIPMUX=1", "AT+CIPRECVMODE=1",
    /// #             "AT+CIPDINFO=1",
    /// #         ];
    /// #         settings.iter().fold(self.0.clone().say("\r\nready\r\n"), |uart, sent| {
    /// #             uart.answer(format!("{sent}\r\n"), "\r\nOK\r\n")
    /// #         });
    /// #         Ok(())
    /// #     }
    /// # }
    /// # struct Delay;
    /// # impl DelayNs for Delay { fn delay_ns(&mut self, _: u32) {} }
    /// # let uart = Uart::new();
    /// # let (mut chip_en, mut delay) = (Pin(uart.clone()), Delay);
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let off = wifi.power_down(&mut chip_en)?;
    /// // and hours later:
    /// off.power_up(&mut delay)?;
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn power_down<'m, P: OutputPin>(
        &'m mut self,
        pin: &'m mut P,
    ) -> Result<Off<'m, 'b, D, T, C, P>, ErrorOf<D, T>> {
        pin.set_low().map_err(Error::of_pin)?;
        let discarded = self.engine.discard();
        self.outcome(discarded)?;
        self.forget_everything();
        Ok(Off { module: self, pin })
    }

    /// The module has lost everything, as it was told to.
    fn forget_everything(&mut self) {
        self.session().give_up_settings();
        self.session().restart();
    }
}

/// A module that [sleeps deeply](Module::deep_sleep).
///
/// Where a person wakes it up, drop this: that it restarts is an event for [`poll`](Module::poll).
#[must_use]
pub struct Asleep<'m, 'b, D: Dialect, T: Transport, C>(&'m mut Module<'b, D, T, C>);

impl<D: Dialect, T: Transport, C: Clock> Asleep<'_, '_, D, T, C> {
    /// Wakes it up: `press` gives its wake-up input the edge. Returns when it has started and its settings
    /// are made; join a network next.
    ///
    /// # Errors
    /// As [`reset_by_pin`](Module::reset_by_pin).
    pub fn wake(self, press: impl FnOnce()) -> Result<(), ErrorOf<D, T>> {
        press();
        self.0.session().give_up_settings();
        self.0.begin_call();
        let started = self.0.boot();
        self.0.outcome(started)
    }
}

/// A module that is [off](Module::power_down).
///
/// Where this is dropped, the module stays off until [`reset_by_pin`](Module::reset_by_pin).
#[must_use]
pub struct Off<'m, 'b, D: Dialect, T: Transport, C, P> {
    module: &'m mut Module<'b, D, T, C>,
    pin: &'m mut P,
}

impl<D: Dialect, T: Transport, C: Clock, P: OutputPin> Off<'_, '_, D, T, C, P> {
    /// Switches it on. Returns when it has started and its settings are made; join a network next.
    ///
    /// # Errors
    /// As [`reset_by_pin`](Module::reset_by_pin).
    pub fn power_up(self, delay: &mut impl DelayNs) -> Result<(), ErrorOf<D, T>> {
        self.module.reset_by_pin(self.pin, delay)
    }
}
