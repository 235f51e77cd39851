//! `AT+LOWPOWER`: the module sleeps until its input wakes it, and has then forgotten everything.

use super::engine::Reply;
use super::parameter::Parameters;
use super::status::Status;
use super::{Microchip, World};

/// The only mode that there is.
const DEEP_SLEEP: i64 = 4;

impl Microchip {
    /// `AT+LOWPOWER=<mode>`
    pub(super) fn low_power(
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
