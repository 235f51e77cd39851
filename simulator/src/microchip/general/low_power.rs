//! `AT+LOWPOWER`: the module sleeps until its input wakes it, and has then forgotten everything.

use crate::microchip::engine::Reply;
use crate::microchip::parameter::Parameters;
use crate::microchip::status::Status;
use crate::microchip::{Microchip, World};

/// The only mode that there is.
const DEEP_SLEEP: i64 = 4;

impl Microchip {
    /// `AT+LOWPOWER=<mode>`
    pub(in crate::microchip) fn low_power(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        if parameters.integer(0)? != DEEP_SLEEP {
            return Err(Status::INVALID_PARAMETER);
        }
        Ok(Reply::Sleep)
    }
}
