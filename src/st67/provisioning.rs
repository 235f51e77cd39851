//! The ST67 has no provisioning of its own; a page on its access point is an application's.

use super::{Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Provisioner};
use crate::error::Usage;
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Credentials, Security};

impl Provisioner for St67 {
    fn provision<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        _: &AccessPointConfig<'_>,
        _: Security,
        _: u32,
        _: &mut dyn FnMut() -> bool,
    ) -> Outcome<Option<Credentials>> {
        Err(module.refuse(Usage::Unsupported("provisioning")))
    }
}
