//! The passthrough mode: 4.1.9, 4.1.12, 4.1.21 and 4.1.25.
//!
//! In it every byte goes to the one link, and nothing is a command: see
//! [`st67::Passthrough`](crate::st67::Passthrough), which enters and leaves it.

use atat::atat_derive::{AtatCmd, AtatResp};

use super::super::Done;
use crate::value::Ranged;

/// `AT+CIPRECONNINTV?`: asks how long the passthrough mode waits before it connects again (4.1.25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd(
    "+CIPRECONNINTV?",
    ReconnectInterval,
    timeout_ms = 6000,
    termination = "\r\n"
)]
pub struct GetReconnectInterval;

/// The reply to [`GetReconnectInterval`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatResp)]
pub struct ReconnectInterval {
    /// In steps of 100 ms.
    pub interval: u32,
}

/// `AT+CIPRECONNINTV`: how long the passthrough mode waits before it connects again (4.1.25). Stored
/// with `AT+SYSSTORE=1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPRECONNINTV", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct SetReconnectInterval {
    /// In steps of 100 ms. Default: 1.
    pub interval: Ranged<1, 36000>,
}

/// `AT+CIPSEND` alone: enters the passthrough mode (4.1.12). Sent by
/// [`Module::passthrough`](crate::Module::passthrough).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+CIPSEND", Done, timeout_ms = 11000, termination = "\r\n")]
pub(crate) struct EnterPassthrough;

/// `AT+SAVETRANSLINK=0`: the module does not start in passthrough mode (4.1.21). The reference has
/// the connection behind it, which firmware refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AtatCmd)]
#[at_cmd("+SAVETRANSLINK=0", Done, timeout_ms = 6000, termination = "\r\n")]
pub struct ClearStart;

/// What makes a module start in passthrough mode, where the driver cannot speak with it.
pub mod danger {
    use super::super::{Host, KeepAlive, Port, Protocol};
    use super::*;
    use crate::value::Switch;
    use crate::value::danger::IUnderstand;

    /// `AT+SAVETRANSLINK`: whether the module starts in passthrough mode, and on which connection
    /// (4.1.21). It is stored in flash always.
    #[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+SAVETRANSLINK", Done, timeout_ms = 6000, termination = "\r\n")]
    pub struct SetStart<'a> {
        enabled: Switch,
        host: Host<'a>,
        remote_port: Port,
        protocol: Option<Protocol>,
        keep_alive_s: Option<KeepAlive>,
    }

    impl<'a> SetStart<'a> {
        /// The peer, and TCP (default) or TLS. Keep-alive by default: none.
        pub fn new(
            enabled: Switch,
            host: Host<'a>,
            remote_port: Port,
            protocol: Option<Protocol>,
            keep_alive_s: Option<KeepAlive>,
            _: IUnderstand,
        ) -> Self {
            SetStart {
                enabled,
                host,
                remote_port,
                protocol,
                keep_alive_s,
            }
        }
    }

    /// `AT+SAVETRANSLINK` for datagrams (4.1.21).
    #[derive(Clone, Debug, PartialEq, Eq, AtatCmd)]
    #[at_cmd("+SAVETRANSLINK", Done, timeout_ms = 6000, termination = "\r\n")]
    pub struct SetStartDatagram<'a> {
        enabled: Switch,
        host: Host<'a>,
        remote_port: Port,
        protocol: Protocol,
        local_port: Port,
    }

    impl<'a> SetStartDatagram<'a> {
        /// The peer, [`Protocol::Udp`] or [`Protocol::UdpV6`], and the module's own port.
        pub fn new(
            enabled: Switch,
            host: Host<'a>,
            remote_port: Port,
            protocol: Protocol,
            local_port: Port,
            _: IUnderstand,
        ) -> Self {
            SetStartDatagram {
                enabled,
                host,
                remote_port,
                protocol,
                local_port,
            }
        }
    }
}
