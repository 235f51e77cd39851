//! What the module is.

use crate::clock::Clock;
use crate::driver::dialect::Dialect;
use crate::driver::{ErrorOf, Module};
use crate::transport::Transport;
use crate::value::{Mac, Versions};

impl<D: Dialect, T: Transport, C: Clock> Module<'_, D, T, C> {
    /// Asks the module for its versions.
    ///
    /// On the ST67 the driver learns from them what firmware does one way or the other: ask firmware
    /// 2.0.89 and later after each start, before you subscribe to notifications of Bluetooth LE; see
    /// [`Delivery`](crate::st67::Delivery).
    ///
    /// ```
    /// use atwifi::mock::{Clock, Uart};
    /// use atwifi::microchip;
    ///
    /// # let uart = Uart::new()
    /// #     .answer("AT+GMM\r\n", "+GMM=\"PIC32MZW1\"\r\nOK\r\n")
    /// #     .answer("ATE0\r\n", "OK\r\n").answer("AT+SOCKLST\r\n", "OK\r\n");
    /// let uart = uart
    ///     .answer("AT+GMR\r\n", "+GMR=\"0.3.2\"\r\nOK\r\n")
    ///     .answer("AT+GMM\r\n", "+GMM=\"PIC32MZW1\"\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = microchip::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// let versions = wifi.versions()?;
    /// assert_eq!(versions.numbers(), [0, 3, 2]);
    /// assert_eq!(versions.model.unwrap().as_str(), Some("PIC32MZW1"));
    /// # uart.assert_done();
    /// # Ok::<(), microchip::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn versions(&mut self) -> Result<Versions, ErrorOf<D, T>> {
        let told = self.prepare().and_then(|()| D::versions(self));
        let versions = self.outcome(told)?;
        let [major, minor, patch] = versions.numbers();
        info!("firmware {}.{}.{}", major, minor, patch);
        Ok(versions)
    }

    /// Asks for the hardware address of the module's station.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) on a Microchip module that has not the command that all
    /// known firmware has for it, and the reference does not.
    pub fn mac(&mut self) -> Result<Mac, ErrorOf<D, T>> {
        let told = self.prepare().and_then(|()| D::mac(self));
        self.outcome(told)
    }
}
