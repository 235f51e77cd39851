//! The station that joins with options, and the access point that the module is.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use atwifi::{
    AccessPointConfig, Client, FixedAddress, JoinOptions, Mac, Security, Usage, heapless,
};
use atwifi_simulator::Guest;

use super::Player;
use super::services::goes_on;
use crate::air::{Network, PASSWORD};
use crate::service::{CLIENTS, How, Service};
use crate::target::Target;

/// The address that the station has if it is told one.
const FIXED: FixedAddress = FixedAddress {
    ip: Ipv4Addr::new(192, 168, 1, 77),
    netmask: Ipv4Addr::new(255, 255, 255, 0),
    gateway: Ipv4Addr::new(192, 168, 1, 1),
};
/// The one that it is given.
const BY_DHCP: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 50);
/// The name server that goes with a fixed one.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
/// How many clients the access points take, by the number of the configuration.
const MOST: [usize; 3] = [4, 4, 2];
/// How long joining may take, in milliseconds.
const JOIN: u64 = 20_000;
/// What a provisioning takes besides its wait, in milliseconds.
const PROVISION: u64 = 30_000;

/// What the module is in, where that is known.
#[derive(Debug, Default)]
pub(super) struct Radio {
    /// The network of the station, if it has joined one.
    pub station: Option<Option<Network>>,
    /// It is an access point, for so many clients.
    pub access_point: Option<Option<usize>>,
    /// Who has joined that.
    pub clients: BTreeSet<usize>,
    /// When it has told what time.
    pub time: Option<(Duration, u64)>,
}

impl Radio {
    /// What it is in behind a reset.
    pub(super) fn fresh() -> Self {
        Radio {
            station: Some(None),
            access_point: Some(None),
            ..Radio::default()
        }
    }
}

fn mac(client: usize) -> Mac {
    Mac([0x18, 0xb9, 0x05, 0xed, 0x59, 0xc0 + client as u8])
}

impl<D: Target> Player<'_, '_, D> {
    pub(super) fn radio(&mut self, service: Service) {
        match service {
            Service::StartAccessPoint { config } => self.start_access_point(config),
            Service::StopAccessPoint => drop(self.stop_access_point()),
            Service::Clients { room } => self.clients(room),
            Service::DisconnectClient { client } => self.disconnect_client(client),
            Service::ClientComes { client } => self.client_comes(client),
            Service::ClientGoes { client } => {
                self.story.simulation.station_leaves(mac(client).0);
                self.story.radio.clients.remove(&client);
            }
            Service::Station => self.station(),
            Service::JoinWith { network, how } => self.join_with(network, how, false),
            Service::Rejoin { network, how } => self.join_with(network, how, true),
            Service::Forget => self.forget(),
            Service::Provision {
                tells,
                wait_ms,
                break_behind,
            } => self.provision(tells, wait_ms, break_behind),
            _ => {}
        }
    }

    /// A module that is one or the other is no station.
    fn can_be_an_access_point(&self) -> bool {
        !D::IS_ONE_OF_BOTH || self.story.radio.station == Some(None)
    }

    /// A module that is one or the other is no access point.
    fn can_join(&self) -> bool {
        !D::IS_ONE_OF_BOTH || self.story.radio.access_point == Some(None)
    }

    /// Connections over the access point end; those of a station do not.
    fn end_those_over_it(&mut self) {
        if D::IS_ONE_OF_BOTH && !(self.story.is_joined() && self.story.is_undisturbed()) {
            self.story.trouble.upheavals += 1;
        }
    }

    fn start_access_point(&mut self, number: usize) {
        let number = number % MOST.len();
        let config = match number {
            0 => AccessPointConfig::new(b"set up, \"me\"", PASSWORD.as_bytes()),
            1 => AccessPointConfig::new(b"open", b"")
                .with_channel(11)
                .hidden(),
            _ => AccessPointConfig::new(b"for two", PASSWORD.as_bytes()).with_clients(2),
        };
        self.end_those_over_it();
        let can = self.can_be_an_access_point();
        let started = self.serve("start access point", 0, can, |module| {
            module.borrow_mut().start_access_point(&config)
        });
        let radio = &mut self.story.radio;
        match started {
            Err(atwifi::Error::Usage(_)) => {}
            Err(_) if radio.station.is_some_and(|station| station.is_some()) => {}
            Err(_) => radio.access_point = None,
            Ok(own) => {
                radio.access_point = Some(Some(MOST[number]));
                radio.clients.clear();
                let can = can || radio.station.is_none();
                self.check(can && own.is_private(), &own);
            }
        }
    }

    /// A station that has joined keeps its connections.
    pub(super) fn stop_access_point(&mut self) -> bool {
        self.end_those_over_it();
        let stopped = self.serve("stop access point", 0, true, |module| {
            module.borrow_mut().stop_access_point()
        });
        let radio = &mut self.story.radio;
        radio.access_point = stopped.is_ok().then_some(None);
        radio.clients.clear();
        stopped.is_ok()
    }

    fn client_comes(&mut self, client: usize) {
        self.story.simulation.station_joins(mac(client).0);
        let radio = &mut self.story.radio;
        if let Some(Some(most)) = radio.access_point
            && radio.clients.len() < most
        {
            radio.clients.insert(client);
        }
    }

    fn clients(&mut self, room: Option<usize>) {
        let is_one = matches!(self.story.radio.access_point, Some(Some(_)));
        let listed = self.serve("clients", 0, is_one, |module| {
            let mut module = module.borrow_mut();
            match room {
                Some(1) => module.access_point_clients::<1>().map(macs),
                Some(2) => module.access_point_clients::<2>().map(macs),
                _ => module.access_point_clients::<CLIENTS>().map(macs),
            }
        });
        let clients = self.story.radio.clients.iter().copied();
        let expected: BTreeSet<_> = clients.map(mac).collect();
        match listed {
            Ok(told) => {
                let is_so = told.iter().all(|mac| expected.contains(mac));
                self.check(!is_one || is_so && told.len() == expected.len(), &told);
            }
            Err(atwifi::Error::Usage(Usage::BufferTooSmall { needed, .. })) => {
                self.check(!is_one || needed == expected.len(), &needed);
            }
            Err(_) => {}
        }
    }

    fn disconnect_client(&mut self, client: usize) {
        let is_there = self.story.radio.clients.contains(&client);
        let gone = self.serve("disconnect client", 0, is_there, |module| {
            D::disconnect_client(&mut module.borrow_mut(), mac(client))
        });
        if gone.is_ok() && D::HAS_CLIENT_LIST {
            self.story.radio.clients.remove(&client);
        }
    }

    fn station(&mut self) {
        let station = self.serve("station", 0, true, |module| module.borrow_mut().station());
        let (Ok(told), Some(known)) = (station, self.story.radio.station) else {
            return;
        };
        let is_so = match (&told, known) {
            (None, None) => true,
            (Some(told), Some(network)) => {
                let access_point = network.access_point(self.story.neighbours);
                told.ssid.as_bytes() == network.ssid().as_bytes()
                    && access_point.is_some_and(|access_point| {
                        told.bssid.is_none_or(|mac| mac.0 == access_point.bssid)
                            && told.channel.is_none_or(|n| n == access_point.channel)
                    })
            }
            _ => false,
        };
        self.check(is_so, &told);
    }

    fn join_with(&mut self, network: Network, how: How, is_again: bool) {
        let access_point = network.access_point(self.story.neighbours);
        let options = JoinOptions::new(network.ssid().as_bytes(), PASSWORD.as_bytes());
        let options = match (how, &access_point) {
            (How::Fixed, _) => options.with_address(FIXED).with_dns(NAME_SERVER, None),
            (How::Protected, _) => options.with_security(Security::Wpa2),
            (How::AtOne, Some(access_point)) => D::at_one(options, access_point),
            _ => options,
        };
        let is_there = is_again
            && self.story.is_undisturbed()
            && self.story.radio.station == Some(Some(network));
        if !is_there {
            self.leaves();
        }
        let must = access_point.is_some() && self.can_join();
        let (place, join): (
            _,
            fn(&mut crate::target::Driver<'_, D>, &JoinOptions<'_>) -> _,
        ) = match is_again {
            true => ("rejoin", |module, options| module.rejoin(options)),
            false => ("join with", |module, options| module.join_with(options)),
        };
        let joined = self.serve(place, JOIN, must, |module| {
            join(&mut module.borrow_mut(), &options)
        });
        self.story.is_joined |= joined.is_ok();
        let knows = access_point.is_none() && self.story.is_undisturbed();
        self.story.radio.station = match joined {
            Ok(_) => Some(Some(network)),
            Err(_) => (knows || !self.can_join()).then_some(None),
        };
        if let Ok(address) = joined {
            let expected = if how == How::Fixed { FIXED.ip } else { BY_DHCP };
            let can = access_point.is_some() && (must || self.story.radio.access_point.is_none());
            let is_so = can && (is_there || address == expected);
            self.check(is_so, &address);
        }
    }

    /// It leaves the network that it is in, which is not known for sure.
    pub(super) fn leaves(&mut self) {
        self.story.trouble.upheavals += 1;
        if self.story.is_joined {
            self.end_connections();
        }
        self.story.radio.station = None;
    }

    fn forget(&mut self) {
        self.leaves();
        let must = self.can_join();
        let left = self.serve("forget", 0, must, |module| module.borrow_mut().forget());
        self.story.radio.station = left.is_ok().then_some(None);
    }

    fn provision(&mut self, tells: bool, wait_ms: u32, break_behind: Option<usize>) {
        let config = AccessPointConfig::new(b"tell me", PASSWORD.as_bytes());
        self.end_those_over_it();
        let (simulation, profile) = (&self.story.simulation, self.story.profile);
        let (ssid, password) = (Network::Home.ssid(), PASSWORD);
        let mut guest = Guest::naming(simulation, profile, ssid.as_bytes(), password.as_bytes());
        let mut asked = Vec::new();
        let goes_on = || {
            if tells {
                guest.go_on();
            }
            asked.push(());
            goes_on(&asked, break_behind)
        };
        // That nobody has told anything is no wonder.
        let longest = u64::from(wait_ms) + PROVISION;
        let told = self.serve("provision", longest, false, |module| {
            module.borrow_mut().provision(&config, wait_ms, goes_on)
        });
        if let Ok(Some(told)) = &told {
            let is_home = told.ssid.as_bytes() == Network::Home.ssid().as_bytes()
                && told.password.reveal() == PASSWORD.as_bytes()
                && told.security == D::TOLD_SECURITY;
            self.check(is_home && tells, told);
        }
        if !matches!(told, Err(atwifi::Error::Usage(_))) {
            let is_over = matches!(told, Ok(_) | Err(atwifi::Error::Timeout));
            self.story.radio.access_point = is_over.then_some(None);
            self.story.radio.clients.clear();
        }
    }
}

fn macs<const N: usize>(clients: heapless::Vec<Client, N>) -> Vec<Mac> {
    clients.iter().map(|client| client.mac).collect()
}
