//! What the tests of this package share: a board whose network is a simulated module, and real
//! servers on this machine for its clients to talk to.
//!
//! On Debian the servers come with
//!
//! ```sh
//! apt-get install --no-install-recommends chrony curl libcoap3-bin mosquitto mosquitto-clients \
//!     nginx-light openssl redis-server
//! ```
//!
//! None has to run: each test starts its own, and stops it. A test whose server is not installed
//! says so and is skipped; where the environment has `CI=true`, it fails.

mod board;
mod ntp;
mod patience;
mod server;
mod wire;

pub use board::{Board, Firmware, Handle, NAME, Network, UnderTest};
pub use ntp::NtpSocket;
pub use patience::Patience;
pub use server::{
    COAP_PORT, Certificates, Chrony, CoapClient, Curl, Mosquitto, Nginx, Redis, free_port,
};
pub use wire::{BoardClock, Wire, WireError};

pub use atwifi_simulator::Profile;

/// Each test on each firmware of both dialects, on each wire that the firmware has; those behind the semicolon not on an ST67W611M1 that
/// follows its reference to the letter, because that does not tell who has sent a datagram.
#[macro_export]
macro_rules! on_every_firmware {
    ($($test:ident)* $(; $($told:ident)*)?) => {
        $crate::on_firmware! { st67_reference: St67, on_serial_line St67Reference; $($test)* }
        $crate::on_firmware! { st67_fw_2_0_75: St67, on_serial_line St67Fw2_0_75; $($test)* $($($told)*)? }
        $crate::on_firmware! { st67_reference_on_spi: St67, on_spi St67Reference; $($test)* }
        $crate::on_firmware! {
            st67_fw_2_0_75_on_spi: St67, on_spi St67Fw2_0_75; $($test)* $($($told)*)?
        }
        $crate::on_firmware! { st67_fw_2_0_89: St67, on_serial_line St67Fw2_0_89; $($test)* $($($told)*)? }
        $crate::on_firmware! { st67_fw_2_0_97: St67, on_serial_line St67Fw2_0_97; $($test)* $($($told)*)? }
        $crate::on_firmware! { st67_fw_2_0_106: St67, on_serial_line St67Fw2_0_106; $($test)* $($($told)*)? }
        $crate::on_firmware! {
            microchip_reference: Microchip, on_serial_line MicrochipReference; $($test)* $($($told)*)?
        }
        $crate::on_firmware! {
            microchip_fw_0_2_0: Microchip, on_serial_line MicrochipFw0_2_0; $($test)* $($($told)*)?
        }
        $crate::on_firmware! {
            microchip_fw_0_3_2: Microchip, on_serial_line MicrochipFw0_3_2; $($test)* $($($told)*)?
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! on_firmware {
    ($name:ident: $dialect:ident, $wire:ident $profile:ident; $($test:ident)*) => {
        mod $name {
            use $crate::dialect::$dialect as Dialect;
            const FIRMWARE: $crate::Firmware = $crate::Firmware::$wire($crate::Profile::$profile);
            $(#[test] fn $test() { super::$test::<Dialect>(FIRMWARE); })*
        }
    };
}

#[doc(hidden)]
pub mod dialect {
    pub use atwifi::microchip::Microchip;
    pub use atwifi::st67::St67;
}
