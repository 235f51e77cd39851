//! Measuring the throughput with nobody but a peer.

use std::net::IpAddr;
use std::time::Duration;

use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

impl St67 {
    /// `AT+IPERF=<"direct">,<"type">,[<"ipaddr">],[<time>],[<port>]`: it runs for its time and prints
    /// nothing to the host.
    pub(in crate::st67) fn measure(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=5)?;
        let direction = arguments.need_text(0, 2)?;
        let protocol = arguments.need_text(1, 3)?;
        let peer = arguments.text(2, 31)?;
        let seconds = arguments.number(3, 1..=i64::from(i32::MAX))?.unwrap_or(10);
        arguments.number(4, 1..=65535)?;
        if !matches!(direction, b"TX" | b"RX") || !matches!(protocol, b"TCP" | b"UDP") {
            return Err(Code::TYPE);
        }
        let peer = peer.map(|text| std::str::from_utf8(text).unwrap_or_default());
        let address = peer.map(str::parse::<IpAddr>);
        if direction == b"TX" && address.is_none() {
            return Err(Code::NOT_ALLOWED);
        }
        if address.is_some_and(|address| address.is_err()) {
            return Err(Code::ADDRESS);
        }
        if self.measuring.is_some_and(|end| end > world.now) {
            return Err(Code::PROCESSING);
        }
        let time = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        self.measuring = Some(world.now + time);
        Ok(Reply::Ok)
    }

    /// `AT+IPERFSTOP`
    pub(in crate::st67) fn stop_measuring(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.measuring = None;
        Ok(Reply::Ok)
    }
}
