//! Commands that concern the module itself.

use crate::microchip::engine::Reply;
use crate::microchip::parameter::Parameters;
use crate::microchip::status::Status;
use crate::microchip::text::mac;
use crate::microchip::{Microchip, World};

/// Bit rates that the UART can be set to.
const BAUD_RATES: [i64; 7] = [9600, 14_400, 19_200, 38_400, 57_600, 115_200, 230_400];

impl Microchip {
    /// `AT+GMI`
    pub(in crate::microchip) fn manufacturer(
        &mut self,
        _: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        self.identify("GMI", "\"Microchip\"")
    }

    /// `AT+GMM`
    pub(in crate::microchip) fn model(
        &mut self,
        _: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        self.identify("GMM", self.variant.model)
    }

    /// `AT+GMR`
    pub(in crate::microchip) fn revision(
        &mut self,
        _: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        self.identify("GMR", self.variant.revision)
    }

    fn identify(&mut self, name: &str, value: &str) -> Result<Reply, Status> {
        self.say(&format!(
            "+{name}{}{value}",
            self.variant.identity_separator
        ));
        Ok(Reply::Ok)
    }

    /// `AT+IPR[=<baud rate>]`. The simulated line keeps its bit rate.
    pub(in crate::microchip) fn baud_rate(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let baud = self.variant.baud.ok_or(Status::UNKNOWN_COMMAND)?;
        if parameters.len() == 0 {
            self.say(&format!("+IPR:{}", self.config.baud.unwrap_or(baud)));
        } else if !BAUD_RATES.contains(&parameters.integer(0)?) && baud > 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        Ok(Reply::Ok)
    }

    /// `AT+CFG[=<id>]`: the address and the name of the module. The reference knows nothing of it.
    pub(in crate::microchip) fn own_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        if !self.variant.tells_address {
            return Err(Status::UNKNOWN_COMMAND);
        }
        let [.., a, b] = self.config.mac;
        let address = format!("\"{}\"", mac(self.config.mac));
        let settings = [address, format!("\"PIC32MZW1-{a:02x}-{b:02x}\"")];
        let mut chosen = 1..=2;
        if parameters.len() > 0 {
            let id = parameters.integer(0)?;
            chosen = id..=id;
        }
        for id in chosen {
            let index = usize::try_from(id - 1).unwrap_or(usize::MAX);
            let value = settings.get(index).ok_or(Status::ACCESS_FAILED)?;
            self.say(&format!("+CFG:{id},{value}"));
        }
        Ok(Reply::Ok)
    }

    /// `AT+RST`
    pub(in crate::microchip) fn reset_command(
        &mut self,
        _: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        self.restart(world);
        Ok(Reply::Silence)
    }
}
