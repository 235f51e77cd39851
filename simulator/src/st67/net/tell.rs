//! What the links tell about themselves.

use std::net::{IpAddr, SocketAddr};

use crate::st67::St67;
use crate::st67::net::link::Link;

impl St67 {
    /// `+IPD` in passive mode, if it is to be told.
    pub(in crate::st67) fn arrival(&mut self, id: usize, count: usize) -> Option<String> {
        let link = self.links.get_mut(id);
        let remote = link.remote;
        let total = link.buffer.len();
        let announced = std::mem::replace(&mut link.announced, true);
        let event = if self.variant.net.announces_total {
            (!announced).then(|| self.arrival_head(id, total))
        } else {
            Some(self.arrival_head(id, count) + &self.remote_in_arrival(remote))
        };
        event
            .filter(|_| self.tells_links())
            .map(|event| event + "\r\n")
    }

    /// `+IPD` with its data.
    pub(in crate::st67) fn print_data(&mut self, id: usize, from: SocketAddr, data: &[u8]) {
        let head = self.arrival_head(id, data.len());
        let remote = self.remote_in_arrival(from);
        let head = format!("{head}{remote},");
        let data = [data, b"\r\n"].concat();
        self.output.write_unbroken(&[head.as_bytes(), &data]);
    }

    fn arrival_head(&self, id: usize, count: usize) -> String {
        if self.settings.multiple {
            format!("+IPD:{id},{count}")
        } else {
            format!("+IPD:{count}")
        }
    }

    fn remote_in_arrival(&self, remote: SocketAddr) -> String {
        if self.settings.remote_in_ipd {
            format!(",\"{}\",{}", self.ip_text(remote.ip()), remote.port())
        } else {
            String::new()
        }
    }

    /// `+CIP:...CONNECTED`, or the same in detail.
    pub(in crate::st67) fn tell_connected(&mut self, id: usize) {
        let link = self.links.get(id);
        let (ip, port, local) = (
            self.ip_text(link.remote.ip()),
            link.remote.port(),
            link.local_port,
        );
        let (kind, role) = (self.kind_text(link), u8::from(link.accepted));
        let event = if self.settings.detailed_links() {
            format!("+LINK_CONN:0,{id},\"{kind}\",{role},\"{ip}\",{port},{local}\r\n")
        } else {
            self.link_event(id, "CONNECTED")
        };
        self.tell(self.tells_links().then_some(event));
    }

    pub(in crate::st67) fn tell_closed(&mut self, id: usize) {
        self.tell(self.tells_links().then(|| self.closed(id)));
    }

    /// `AT+CIPEVT`, and whether the passthrough mode lets events through.
    pub(in crate::st67) fn tells_links(&self) -> bool {
        self.settings.tells_links() && !self.is_muted()
    }

    pub(in crate::st67) fn closed(&self, id: usize) -> String {
        self.link_event(id, "DISCONNECTED")
    }

    fn link_event(&self, id: usize, event: &str) -> String {
        if self.settings.multiple {
            format!("+CIP:{id},{event}\r\n")
        } else {
            format!("+CIP:{event}\r\n")
        }
    }

    pub(in crate::st67) fn tell(&mut self, event: Option<String>) {
        if let Some(event) = event {
            self.output.write(&[event.as_bytes()]);
        }
    }

    /// `<type>` as the module prints it.
    pub(in crate::st67) fn kind_text(&self, link: &Link) -> String {
        let version = if link.remote.is_ipv6() && self.variant.net.names_ip_version {
            "v6"
        } else {
            ""
        };
        format!("{}{version}", link.protocol.name())
    }

    /// An address as the module prints it.
    pub(in crate::st67) fn ip_text(&self, ip: IpAddr) -> String {
        let text = ip.to_string();
        if self.variant.net.upper_case_ipv6 {
            text.to_uppercase()
        } else {
            text
        }
    }
}
