//! The access point that the module can be: chapters 5.3 and 5.4 of the reference.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::station::Stage;
use crate::microchip::engine::Reply;
use crate::microchip::parameter::Parameters;
use crate::microchip::settings::{Settings, Value};
use crate::microchip::status::Status;
use crate::microchip::text::mac;
use crate::microchip::{Microchip, World};

/// The address of the module in its own network, and the first that it hands out.
const OWN_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 1);
const FIRST_ADDRESS: u8 = 100;
/// The station of the module itself is the first association.
const FIRST_ASSOCIATION: u8 = 2;
/// Stations that are let in.
const STATIONS: usize = 8;
/// What is told of the strength of a station.
const RSSI: i8 = -48;

/// The access point and the stations in it.
#[derive(Debug)]
pub(in crate::microchip) struct SoftAp {
    pub settings: Settings,
    pub mode: Mode,
    stations: Vec<Associated>,
}

/// What the access point is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::microchip) enum Mode {
    #[default]
    Off,
    /// `AT+WAP=1`
    Hotspot,
    /// `AT+WPROV=1`
    Provisioning,
}

#[derive(Debug)]
struct Associated {
    station: [u8; 6],
    number: u8,
    /// When it gets its address, unless it has.
    address_at: Option<Duration>,
}

impl Default for SoftAp {
    fn default() -> Self {
        SoftAp {
            settings: Settings::new([
                (1, Value::named("DEMO_AP", 32)),
                (2, Value::Bounded(0, 0..=5)),
                (3, Value::text(128)),
                (4, Value::Bounded(6, 1..=13)),
                (5, Value::Switch(false)),
            ]),
            mode: Mode::Off,
            stations: Vec::new(),
        }
    }
}

impl SoftAp {
    /// The address of the module in its own network.
    pub fn address(&self) -> Option<Ipv4Addr> {
        (self.mode != Mode::Off).then_some(OWN_ADDRESS)
    }

    pub fn next(&self) -> Option<Duration> {
        let stations = self.stations.iter();
        stations.filter_map(|station| station.address_at).min()
    }

    /// Switched off, with the settings it had.
    pub fn stop(&mut self) {
        self.mode = Mode::Off;
        self.stations.clear();
    }

    /// The lowest number that no station has.
    fn free_number(&self) -> Option<u8> {
        let mut numbers = (0..STATIONS).filter_map(|number| u8::try_from(number).ok());
        numbers.find(|number| !self.stations.iter().any(|known| known.number == *number))
    }
}

impl Microchip {
    /// `AT+WAPC[=<id>[,<value>]]`
    pub(in crate::microchip) fn soft_ap_settings(
        &mut self,
        parameters: &Parameters,
        _: &mut World,
    ) -> Result<Reply, Status> {
        let settings: fn(&mut Microchip) -> &mut Settings = |module| &mut module.soft_ap.settings;
        let in_use = self.soft_ap.mode != Mode::Off;
        self.configure("+WAPC", settings, parameters, in_use)
    }

    /// `AT+WAP[=<state>]`
    pub(in crate::microchip) fn soft_ap_state(
        &mut self,
        parameters: &Parameters,
        world: &mut World,
    ) -> Result<Reply, Status> {
        if parameters.len() == 0 {
            self.print_soft_ap();
            return Ok(Reply::Ok);
        }
        match (parameters.integer(0)?, self.soft_ap.mode) {
            (0, Mode::Hotspot) => self.stop_soft_ap(world),
            (0, Mode::Off) if self.variant.restarts_soft_ap => return Err(Status::WIFI_REQUEST),
            (0, _) => return Err(Status::AP_STOP_REFUSED),
            (1, Mode::Off) if self.station.stage == Stage::Idle => {
                self.start_soft_ap(Mode::Hotspot)?;
            }
            (1, Mode::Hotspot) if self.variant.restarts_soft_ap => {
                self.soft_ap.stop();
                self.start_soft_ap(Mode::Hotspot)?;
            }
            (1, _) => return Err(Status::AP_START_REFUSED),
            _ => return Err(Status::INVALID_PARAMETER),
        }
        Ok(Reply::Ok)
    }

    fn print_soft_ap(&mut self) {
        if self.soft_ap.mode != Mode::Hotspot {
            return self.say("+WAP:0");
        }
        if self.soft_ap.stations.is_empty() {
            return self.say("+WAP:1");
        }
        let stations = self.soft_ap.stations.iter();
        let rows: Vec<String> = stations
            .map(|known| format!("+WAP:1,\"{}\",{RSSI}", mac(known.station)))
            .collect();
        rows.iter().for_each(|row| self.say(row));
    }

    pub(in crate::microchip) fn start_soft_ap(&mut self, mode: Mode) -> Result<(), Status> {
        let settings = &self.soft_ap.settings;
        let security = settings.integer(2);
        let open = security == 0;
        let keyed = open || super::wifi::KEY_LENGTHS.contains(&settings.text(3).len());
        let allowed = self.variant.security_types.contains(&security);
        if settings.text(1).is_empty() || !keyed || !allowed {
            return Err(Status::INVALID_PARAMETER);
        }
        self.disturb_scan();
        self.soft_ap.mode = mode;
        Ok(())
    }

    pub(in crate::microchip) fn stop_soft_ap(&mut self, world: &mut World) {
        self.soft_ap.stop();
        self.drop_connections(world);
    }

    /// The address of the module in the network it is in.
    pub(in crate::microchip) fn own_address(&self) -> Option<Ipv4Addr> {
        let leased = self.station.address.filter(|_| self.station.is_online());
        leased.or_else(|| self.soft_ap.address())
    }

    /// A station comes to the access point. In one that is there for provisioning, it is not told
    /// of.
    pub(in crate::microchip) fn let_station_in(&mut self, now: Duration, station: [u8; 6]) {
        let known = self.soft_ap.stations.iter();
        let known = known.into_iter().any(|known| known.station == station);
        let Some(number) = self.soft_ap.free_number().filter(|_| !known) else {
            return;
        };
        if self.soft_ap.mode != Mode::Hotspot {
            return;
        }
        self.soft_ap.stations.push(Associated {
            station,
            number,
            address_at: Some(now + self.config.dhcp),
        });
        self.tell_station("+WAPSC", number, &mac(station));
    }

    pub(in crate::microchip) fn let_station_go(&mut self, station: [u8; 6]) {
        let mut stations = self.soft_ap.stations.iter();
        let Some(index) = stations.position(|known| known.station == station) else {
            return;
        };
        let number = self.soft_ap.stations.remove(index).number;
        self.tell_station("+WAPSD", number, &mac(station));
    }

    pub(in crate::microchip) fn poll_soft_ap(&mut self, now: Duration) {
        let stations = self.soft_ap.stations.iter_mut();
        let given: Vec<u8> = stations
            .filter_map(|known| {
                known.address_at.take_if(|at| *at <= now)?;
                Some(known.number)
            })
            .collect();
        for number in given {
            let [a, b, c, _] = OWN_ADDRESS.octets();
            let address = Ipv4Addr::new(a, b, c, FIRST_ADDRESS + number);
            self.tell_station("+WAPAIP", number, &address.to_string());
        }
    }

    fn tell_station(&mut self, event: &str, number: u8, what: &str) {
        let association = if self.variant.association_ids {
            format!("{},", FIRST_ASSOCIATION + number)
        } else {
            String::new()
        };
        self.tell(&format!("{event}:{association}\"{what}\""));
    }
}
