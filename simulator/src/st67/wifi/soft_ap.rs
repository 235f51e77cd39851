//! The access point that the module is, and the stations that join it.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::st67::line::argument::{Arguments, mac_text};
use crate::st67::line::code::Code;
use crate::st67::line::job::Reply;
use crate::st67::{St67, World};

const LONGEST_SSID: usize = 32;
const LONGEST_PASSWORD: usize = 64;
/// Shortest password, if there is any.
const SHORTEST_PASSWORD: usize = 8;
/// Most stations that can join.
const MOST: i64 = 4;

/// `AT+CWSAP`.
#[derive(Clone, Debug)]
pub(in crate::st67) struct SoftAp {
    ssid: Vec<u8>,
    password: Vec<u8>,
    channel: i64,
    /// 0 open, 2 WPA, 3 WPA2, 4 WPA3.
    encryption: i64,
    most: i64,
    hidden: bool,
}

/// `AT+CWDHCPS`: minutes, and the last byte of the first and the last address.
#[derive(Clone, Copy, Debug)]
pub(in crate::st67) struct Leases {
    minutes: i64,
    first: u8,
    last: u8,
}

impl Default for Leases {
    fn default() -> Self {
        Leases {
            minutes: 120,
            first: 2,
            last: 101,
        }
    }
}

/// A station that has joined.
#[derive(Clone, Debug)]
struct Guest {
    mac: [u8; 6],
    address: Ipv4Addr,
    /// When it gets an address.
    at: Option<Duration>,
}

/// The stations that have joined.
#[derive(Clone, Debug, Default)]
pub(in crate::st67) struct Guests(Vec<Guest>);

impl Guests {
    pub fn next(&self) -> Option<Duration> {
        self.0.iter().filter_map(|guest| guest.at).min()
    }
}

impl St67 {
    /// What `AT+CWSAP` has set, or what it would be without.
    fn soft_ap_settings(&self) -> SoftAp {
        let [.., a, b, c] = self.own_mac();
        self.settings.kept.soft_ap.clone().unwrap_or(SoftAp {
            ssid: format!("AP_{a:02X}{b:02X}{c:02X}").into(),
            password: Vec::new(),
            channel: 1,
            encryption: 0,
            most: self.variant.wifi.most_stations,
            hidden: false,
        })
    }

    /// `AT+CWSAP?`
    pub(in crate::st67) fn soft_ap(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        self.need_soft_ap()?;
        let SoftAp {
            ssid,
            password,
            channel,
            encryption,
            most,
            hidden,
        } = self.soft_ap_settings();
        let hidden = u8::from(hidden);
        let tail = format!("\",{channel},{encryption},{most},{hidden}");
        self.say_bytes(&[b"+CWSAP:\"", &ssid, b"\",\"", &password, tail.as_bytes()]);
        Ok(Reply::Ok)
    }

    /// `AT+CWSAP=<ssid>,<pwd>,<chl>,<ecn>[,<max conn>][,<ssid hidden>]`
    pub(in crate::st67) fn set_soft_ap(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(4..=6)?;
        self.need_soft_ap()?;
        let last = self.soft_ap_settings();
        let keeps = self.variant.wifi.keeps_omitted;
        let most = arguments.number(4, 1..=MOST)?;
        let hidden = arguments.number(5, 0..=1)?.map(|hidden| hidden == 1);
        let mut soft_ap = SoftAp {
            ssid: arguments.need_text(0, LONGEST_SSID)?.to_vec(),
            password: arguments.need_text(1, LONGEST_PASSWORD)?.to_vec(),
            channel: arguments.need_number(2, 1..=13)?,
            encryption: arguments.need_number(3, 0..=4)?,
            most: most.unwrap_or(if keeps { last.most } else { MOST }),
            hidden: hidden.unwrap_or(keeps && last.hidden),
        };
        let protected = soft_ap.encryption != 0;
        if soft_ap.encryption == 1 || protected && soft_ap.password.len() < SHORTEST_PASSWORD {
            return Err(Code::INVALID);
        }
        if let Some(channel) = self.station_channel() {
            // Both use the same radio.
            soft_ap.channel = channel;
        }
        self.keep(|kept| kept.soft_ap = Some(soft_ap.clone()));
        self.stop_soft_ap();
        Ok(Reply::Ok)
    }

    fn need_soft_ap(&self) -> Result<(), Code> {
        if self.settings.is_soft_ap() {
            return Ok(());
        }
        Err(Code::OPERATION)
    }

    /// All stations are sent away.
    pub(in crate::st67) fn stop_soft_ap(&mut self) {
        let guests = std::mem::take(&mut self.guests);
        for guest in guests.0 {
            self.tell_guest("STA_DISCONNECTED", guest.mac, None);
        }
    }

    /// `AT+CWLIF`
    pub(in crate::st67) fn guests(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        for Guest { mac, address, .. } in self.guests.0.clone() {
            self.say(&format!("+CWLIF:{address},{}", mac_text(mac)));
        }
        Ok(Reply::Ok)
    }

    /// `AT+CWQIF`
    pub(in crate::st67) fn send_all_away(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        self.need_soft_ap()?;
        self.stop_soft_ap();
        Ok(Reply::Ok)
    }

    /// `AT+CWQIF=<mac>`
    pub(in crate::st67) fn send_away(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=1)?;
        self.need_soft_ap()?;
        let mac = arguments.mac(0)?.ok_or(Code::parse(0))?;
        if !self.guests.0.iter().any(|guest| guest.mac == mac) {
            return Err(Code::OPERATION);
        }
        self.guest_leaves(mac);
        Ok(Reply::Ok)
    }

    /// A station comes.
    pub(in crate::st67) fn guest_joins(&mut self, mac: [u8; 6], now: Duration) {
        let most = usize::try_from(self.soft_ap_settings().most.min(MOST)).unwrap_or(0);
        let known = self.guests.0.iter().any(|guest| guest.mac == mac);
        if !self.settings.is_soft_ap() || known || self.guests.0.len() >= most {
            return;
        }
        self.guests.0.push(Guest {
            mac,
            address: Ipv4Addr::UNSPECIFIED,
            at: Some(now + self.config.dhcp).filter(|_| self.settings.kept.soft_ap_dhcp),
        });
        self.tell_guest("STA_CONNECTED", mac, None);
    }

    /// A station goes.
    pub(in crate::st67) fn guest_leaves(&mut self, mac: [u8; 6]) {
        let before = self.guests.0.len();
        self.guests.0.retain(|guest| guest.mac != mac);
        if self.guests.0.len() < before {
            self.tell_guest("STA_DISCONNECTED", mac, None);
        }
    }

    /// Hands out the addresses that are due.
    pub(in crate::st67) fn poll_guests(&mut self, now: Duration) {
        if self.guests.next().is_none_or(|at| at > now) {
            return;
        }
        let mut addresses = self.free_addresses().into_iter();
        let mut told = Vec::new();
        for guest in &mut self.guests.0 {
            if guest.at.take_if(|at| *at <= now).is_some() {
                guest.address = addresses.next().unwrap_or(Ipv4Addr::UNSPECIFIED);
                told.push((guest.mac, guest.address));
            }
        }
        for (mac, address) in told {
            self.tell_guest("DIST_STA_IP", mac, Some(address));
        }
    }

    fn free_addresses(&self) -> Vec<Ipv4Addr> {
        let Leases { first, last, .. } = self.settings.kept.leases;
        let taken: Vec<Ipv4Addr> = self.guests.0.iter().map(|guest| guest.address).collect();
        let all = (first..=last).map(|host| self.soft_ap_neighbour(host));
        all.filter(|address| !taken.contains(address)).collect()
    }

    /// The address in the network of the access point that ends in `host`.
    fn soft_ap_neighbour(&self, host: u8) -> Ipv4Addr {
        let [address, _, mask] = self.settings.kept.soft_ap_address;
        Ipv4Addr::from_bits(address.to_bits() & mask.to_bits() | u32::from(host))
    }

    /// Whether the address belongs to the network of the access point, if the module is one.
    pub(in crate::st67) fn is_in_soft_ap(&self, address: Ipv4Addr) -> bool {
        let [own, _, mask] = self.settings.kept.soft_ap_address;
        let network = |address: Ipv4Addr| address.to_bits() & mask.to_bits();
        self.settings.is_soft_ap() && network(address) == network(own)
    }

    /// An event of the access point, with quotes or without.
    fn tell_guest(&mut self, event: &str, mac: [u8; 6], address: Option<Ipv4Addr>) {
        let quote = if self.variant.wifi.quotes_stations {
            "\""
        } else {
            ""
        };
        let mac = mac_text(mac);
        let address = address.map(|address| format!(",{quote}{address}{quote}"));
        let address = address.unwrap_or_default();
        self.wifi_event(&format!("+CW:{event} {quote}{mac}{quote}{address}"));
    }

    /// `AT+CWDHCPS?`
    pub(in crate::st67) fn leases(&mut self, _: &Arguments, _: &mut World) -> Result<Reply, Code> {
        let Leases {
            minutes,
            first,
            last,
        } = self.settings.kept.leases;
        let separator = self.variant.wifi.leases_separator;
        let (first, last) = (self.soft_ap_neighbour(first), self.soft_ap_neighbour(last));
        self.say(&format!("+CWDHCPS{separator}{minutes},{first},{last}"));
        Ok(Reply::Ok)
    }

    /// `AT+CWDHCPS=<enable>,<lease time>,<start IP>,<end IP>`, or `AT+CWDHCPS=0`
    pub(in crate::st67) fn set_leases(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=4)?;
        if self.variant.wifi.leases_need_soft_ap {
            self.need_soft_ap()?;
            if !self.settings.kept.soft_ap_dhcp {
                return Err(Code::OPERATION);
            }
        }
        let leases = if arguments.need_switch(0)? {
            Leases {
                minutes: arguments.number(1, 1..=2880)?.ok_or(Code::INVALID)?,
                first: self.host_in_network(arguments, 2)?,
                last: self.host_in_network(arguments, 3)?,
            }
        } else if arguments.len() == 1 {
            Leases::default()
        } else {
            return Err(Code::INVALID);
        };
        self.keep(|kept| kept.leases = leases);
        Ok(Reply::Ok)
    }

    fn host_in_network(&self, arguments: &Arguments, index: usize) -> Result<u8, Code> {
        let address = arguments.ipv4(index)?.ok_or(Code::INVALID)?;
        let [.., host] = address.octets();
        if self.soft_ap_neighbour(host) != address {
            return Err(Code::OPERATION);
        }
        Ok(host)
    }

    /// `AT+CIPAP?`
    pub(in crate::st67) fn soft_ap_address(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let [ip, gateway, netmask] = self.settings.kept.soft_ap_address;
        self.say(&format!("+CIPAP:ip:\"{ip}\""));
        self.say(&format!("+CIPAP:gateway:\"{gateway}\""));
        self.say(&format!("+CIPAP:netmask:\"{netmask}\""));
        Ok(Reply::Ok)
    }

    /// `AT+CIPAP=<"ip">[,<"gateway">,<"netmask">]`
    pub(in crate::st67) fn set_soft_ap_address(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(1..=3)?;
        let ip = arguments.ipv4(0)?.ok_or(Code::parse(0))?;
        let gateway = arguments.ipv4(1)?.unwrap_or(ip);
        let netmask = arguments.ipv4(2)?;
        let netmask = netmask.unwrap_or(Ipv4Addr::new(255, 255, 255, 0));
        let stops_dhcp = self.variant.wifi.soft_ap_address_stops_dhcp;
        self.keep(|kept| {
            kept.soft_ap_address = [ip, gateway, netmask];
            kept.soft_ap_dhcp &= !stops_dhcp;
        });
        Ok(Reply::Ok)
    }
}
