//! The ST67 has no provisioning of its own: it is done by a page on its access point.

use super::St67;
use crate::driver::dialect::Provisioner;

impl Provisioner for St67 {
    const BY_PAGE: bool = true;
}
