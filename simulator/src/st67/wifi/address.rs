//! The addresses and the name of the station.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::st67::line::argument::{Arguments, mac_text};
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

impl St67 {
    pub(in crate::st67) fn own_mac(&self) -> [u8; 6] {
        self.settings.kept.mac.unwrap_or(self.config.mac)
    }

    /// `AT+CIPSTAMAC?`
    pub(in crate::st67) fn station_mac(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let mac = mac_text(self.own_mac());
        self.say(&format!("+CIPSTAMAC:\"{mac}\""));
        Ok(Reply::Ok)
    }

    /// `AT+CIPAPMAC?`
    pub(in crate::st67) fn soft_ap_mac(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let mac = mac_text(self.own_mac());
        self.say(&format!("+CIPAPMAC:\"{mac}\""));
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTAMAC=<mac>` and `AT+CIPAPMAC=<mac>`: station and access point have the same.
    pub(in crate::st67) fn set_mac(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        let mac = arguments.need_own_mac(0)?;
        self.keep(|kept| kept.mac = Some(mac));
        Ok(Reply::Ok)
    }

    /// Address, gateway and mask of the station.
    fn addresses(&self) -> [Ipv4Addr; 3] {
        let fixed = self.settings.kept.fixed_address;
        if let Some(fixed) = fixed.filter(|_| !self.settings.kept.station_dhcp) {
            return fixed;
        }
        if self.is_online() {
            return [
                self.config.address,
                self.config.gateway,
                self.config.netmask,
            ];
        }
        [Ipv4Addr::UNSPECIFIED; 3]
    }

    /// The station will have an address once it has joined.
    pub(in crate::st67) fn gets_address(&self) -> bool {
        let access_point = self.station.access_point.as_ref();
        if self.settings.kept.station_dhcp {
            access_point.is_some_and(|access_point| access_point.dhcp)
        } else {
            self.settings.kept.fixed_address.is_some()
        }
    }

    /// The link-local IPv6 address of the module, which is the only one it has.
    fn link_local(&self) -> IpAddr {
        let [a, b, c, d, e, f] = self.own_mac().map(u16::from);
        IpAddr::from([
            0xfe80,
            0,
            0,
            0,
            (a ^ 2) << 8 | b,
            c << 8 | 0xff,
            0xfe00 | d,
            e << 8 | f,
        ])
    }

    fn ipv6_address(&self) -> Option<IpAddr> {
        let up = self.settings.kept.ipv6 && self.station.is_associated();
        up.then(|| self.link_local())
    }

    /// Whether there can be peers: in the network of the station, or in that of the access point.
    pub(in crate::st67) fn has_network(&self) -> bool {
        self.is_online() || self.settings.is_soft_ap()
    }

    /// The module's own address on the way to a peer, if there is a way: to anybody, where there is a
    /// network.
    pub(in crate::st67) fn own_address(&self, remote: SocketAddr) -> Option<IpAddr> {
        match remote {
            SocketAddr::V4(to) if self.is_in_soft_ap(*to.ip()) => {
                Some(self.settings.kept.soft_ap_address[0].into())
            }
            SocketAddr::V4(to) if to.ip().is_unspecified() && !self.is_online() => {
                let soft_ap = self.settings.kept.soft_ap_address[0];
                self.settings.is_soft_ap().then(|| soft_ap.into())
            }
            SocketAddr::V4(_) => self.is_online().then(|| self.addresses()[0].into()),
            SocketAddr::V6(_) => {
                let up = self.settings.kept.ipv6 && self.has_network();
                up.then(|| self.link_local())
            }
        }
    }

    /// `AT+CIPSTA?`
    pub(in crate::st67) fn address(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let [ip, gateway, netmask] = self.addresses();
        self.say(&format!("+CIPSTA:ip:\"{ip}\""));
        self.say(&format!("+CIPSTA:gateway:\"{gateway}\""));
        self.say(&format!("+CIPSTA:netmask:\"{netmask}\""));
        if let Some(address) = self.ipv6_address() {
            self.say(&format!("+CIPSTA:ip6ll:\"{}\"", self.ip_text(address)));
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIPSTA=<"ip">[,<"gateway">,<"netmask">[,<"dns">]]`
    pub(in crate::st67) fn set_address(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=self.variant.wifi.address_arguments)?;
        let ip = arguments.ipv4(0)?.ok_or(Code::parse(0))?;
        let [a, b, c, _] = ip.octets();
        let gateway = arguments.ipv4(1)?.unwrap_or(Ipv4Addr::new(a, b, c, 1));
        let netmask = arguments.ipv4(2)?;
        let netmask = netmask.unwrap_or(Ipv4Addr::new(255, 255, 255, 0));
        let dns = arguments.ipv4(3)?;
        self.keep(|kept| {
            kept.fixed_address = Some([ip, gateway, netmask]);
            kept.station_dhcp = false;
        });
        if let Some(dns) = dns {
            self.use_name_servers(true, [dns, Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED]);
        }
        Ok(Reply::Ok)
    }

    /// `AT+CIFSR`
    pub(in crate::st67) fn local_addresses(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        if self.settings.is_station() {
            let [ip, ..] = self.addresses();
            self.say_local_addresses("STA", ip, self.ipv6_address());
        }
        if self.settings.is_soft_ap() {
            let [ip, ..] = self.settings.kept.soft_ap_address;
            let ipv6 = self.settings.kept.ipv6.then(|| self.link_local());
            self.say_local_addresses("AP", ip, ipv6);
        }
        Ok(Reply::Ok)
    }

    fn say_local_addresses(&mut self, of: &str, ip: Ipv4Addr, ipv6: Option<IpAddr>) {
        self.say(&format!("+CIFSR:{of}IP,\"{ip}\""));
        if let Some(address) = ipv6 {
            let separator = self.variant.net.ip6_separator;
            let address = self.ip_text(address);
            self.say(&format!("+CIFSR:{of}IP6LL{separator}\"{address}\""));
        }
        let mac = mac_text(self.own_mac());
        self.say(&format!("+CIFSR:{of}MAC,\"{mac}\""));
    }

    /// `AT+CWDHCP?`
    pub(in crate::st67) fn dhcp(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let (station, soft_ap) = (
            u8::from(self.settings.kept.station_dhcp),
            u8::from(self.settings.kept.soft_ap_dhcp),
        );
        let name = self.variant.wifi.dhcp_row;
        self.say(&format!("{name}{}", station | soft_ap << 1));
        Ok(Reply::Ok)
    }

    /// `AT+CWDHCP=<operate>,<mode>`
    pub(in crate::st67) fn set_dhcp(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let on = arguments.need_switch(0)?;
        let whose = arguments.need_number(1, 1..=3)?;
        self.keep(|kept| {
            if whose & 1 != 0 {
                kept.station_dhcp = on;
            }
            if whose & 2 != 0 {
                kept.soft_ap_dhcp = on;
            }
        });
        Ok(Reply::Ok)
    }

    /// `AT+CWHOSTNAME?`
    pub(in crate::st67) fn host_name(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let name = self.settings.kept.host_name.clone();
        let quote: &[u8] = if self.variant.wifi.quotes_host_name {
            b"\""
        } else {
            b""
        };
        self.say_bytes(&[b"+CWHOSTNAME:", quote, &name, quote]);
        Ok(Reply::Ok)
    }

    /// `AT+CWHOSTNAME=<hostname>`
    pub(in crate::st67) fn set_host_name(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        if self.variant.wifi.host_name_needs_station && !self.settings.is_station() {
            return Err(Code::OPERATION);
        }
        let name = arguments.need_text(0, self.variant.wifi.longest_host_name)?;
        self.keep_if_firmware(|kept| kept.host_name = name.to_vec());
        Ok(Reply::Ok)
    }
}
