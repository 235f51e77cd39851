//! What an ST67 tells of itself.

use super::command::basic::{GetPartNumber, GetSupplyVoltage, GetTemperature};
use super::command::wifi::GetStationMac;
use super::others::{SDK, learn_version};
use super::{Error, Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{About, Outcome};
use crate::error::Fault;
use crate::transport::Transport;
use crate::value::versions::numbers;
use crate::value::{Mac, Printed, Versions};

impl About for St67 {
    fn versions<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Versions> {
        let (mut firmware, mut at) = (None, None);
        module.compose("AT+GMR\r\n", &[]);
        module.ask("", module.timeouts.command, &mut |row: &[u8]| {
            if let Some(version) = row.strip_prefix(SDK) {
                firmware = Printed::new(version);
            } else if let Some(version) = row.strip_prefix(b"AT version:") {
                at = Printed::new(version);
            }
        })?;
        let firmware: Printed<24> = firmware.ok_or_else(|| module.engine.malformed())?;
        learn_version(module.session(), firmware.as_bytes());
        let model = match part_number(module) {
            Err(Fault::Refused) => None,
            told => told?.and_then(|told| Printed::new(told.as_bytes())),
        };
        Ok(Versions {
            firmware,
            at,
            model,
        })
    }

    fn mac<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Mac> {
        module.write(&GetStationMac);
        module.keep_rows("+CIPSTAMAC:", module.timeouts.command)?;
        Ok(module.parse_reply(&GetStationMac)?.mac)
    }
}

/// The version of the firmware, in numbers.
pub(super) fn firmware<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<[u32; 3]> {
    let mut told = None;
    module.compose("AT+GMR\r\n", &[]);
    module.ask("", module.timeouts.command, &mut |row: &[u8]| {
        told = told.or_else(|| row.strip_prefix(SDK).map(numbers));
    })?;
    told.ok_or_else(|| module.engine.malformed())
}

fn part_number<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
) -> Outcome<Option<Printed<24>>> {
    module.write(&GetPartNumber);
    module.keep_rows("+PN:", module.timeouts.command)?;
    let number = module.parse_reply(&GetPartNumber)?.number;
    let is_burnt = !matches!(number.as_bytes(), b"" | b"(null)");
    Ok(is_burnt.then_some(number))
}

impl<T: Transport, C: Clock> Module<'_, T, C> {
    /// Asks for the part number in the fuses (reference 2.2.28); `None` if none was burnt.
    pub fn part_number(&mut self) -> Result<Option<Printed<24>>, Error<T::Error>> {
        let told = self.prepare().and_then(|()| part_number(self));
        self.outcome(told)
    }

    /// Measures the voltage at the module's supply pin, in millivolts (reference 2.2.29).
    pub fn supply_voltage(&mut self) -> Result<u32, Error<T::Error>> {
        let told = self.prepare().and_then(|()| {
            self.write(&GetSupplyVoltage);
            self.keep_rows("+VBAT:", self.timeouts.command)?;
            self.parse_reply(&GetSupplyVoltage)
        });
        self.outcome(told).map(|voltage| voltage.millivolts)
    }

    /// Measures the temperature of the module's chip, in thousandths of a degree Celsius (reference
    /// 2.2.11).
    ///
    /// ```
    /// # use atwifi::mock::{Clock, Uart};
    /// # use atwifi::st67;
    /// # let uart = [
    /// #     ("AT+CIPMUX?", "+CIPMUX:0\r\n\r\nOK\r\n"), ("ATE0", "\r\nOK\r\n"),
    /// #     ("AT+SYSSTORE=0", "\r\nOK\r\n"), ("AT+SYSLOG=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPMUX=1", "\r\nOK\r\n"), ("AT+CIPRECVMODE=1", "\r\nOK\r\n"),
    /// #     ("AT+CIPDINFO=1", "\r\nOK\r\n"),
    /// # ].iter().fold(Uart::new(), |uart, (sent, said)| uart.answer(format!("{sent}\r\n"), said));
    /// let uart = uart
    ///     .answer("AT+TEMP?\r\n", "+TEMP:41.25\r\n\r\nOK\r\n")
    ///     .answer("AT+VBAT?\r\n", "+VBAT:3326\r\n\r\nOK\r\n");
    /// # let mut line = [0; 640];
    /// # let mut sockets = [atwifi::SocketMemory::<64>::new()];
    /// # let mut wifi = st67::Module::new(uart.clone(), Clock::new(), &mut line, &mut sockets)?;
    /// assert_eq!(wifi.temperature()?, 41_250);
    /// assert_eq!(wifi.supply_voltage()?, 3326);
    /// # uart.assert_done();
    /// # Ok::<(), st67::Error<atwifi::mock::Failure>>(())
    /// ```
    pub fn temperature(&mut self) -> Result<i32, Error<T::Error>> {
        let told = self.prepare().and_then(|()| {
            self.write(&GetTemperature);
            self.keep_rows("+TEMP:", self.timeouts.command)?;
            self.parse_reply(&GetTemperature)
        });
        self.outcome(told)
            .map(|temperature| temperature.millidegrees)
    }
}
