//! The module itself, and its station.

use core::net::Ipv4Addr;
use core::ops::ControlFlow;

use atwifi::{
    AccessPointConfig, Clock, LinkState, PingOptions, PowerSave, ScanOptions, Transport, Versions,
};
use embedded_nal::{TcpClientStack, nb};

use crate::report::{Told, Trouble};
use crate::{Offers, Outcome, Settings, Test, wait};

/// How often the module is asked for its versions, whose answer is the longest that it has without a network.
const QUESTIONS: u32 = 50;
/// Between two of them (ms).
const PAUSE: u32 = 10;
/// How long the time may take to come (ms).
const TIME: u32 = 20_000;
/// How long what is started is left alone (ms).
const MOMENT: u32 = 1000;

impl<D: Offers, T: Transport, C: Clock> Test<'_, '_, D, T, C> {
    pub(crate) fn reset(&mut self) -> Outcome<D, T> {
        (self.restart)(self.wifi)?;
        Ok(Told::Done)
    }

    /// Tells what the module is: the head of the report.
    pub(crate) fn versions(&mut self) -> Outcome<D, T> {
        let told = self.wifi.versions();
        let driver = env!("CARGO_PKG_VERSION");
        let link = self.settings.link;
        self.say(format_args!("{}, {link}, atwifi {driver}", D::NAME));
        let Versions {
            firmware,
            at,
            model,
            ..
        } = told?;
        self.say(format_args!(
            "firmware {}",
            firmware.as_bytes().escape_ascii()
        ));
        if let Some(at) = at {
            self.say(format_args!("AT commands {}", at.as_bytes().escape_ascii()));
        }
        if let Some(model) = model {
            self.say(format_args!("model {}", model.as_bytes().escape_ascii()));
        }
        Ok(Told::Done)
    }

    /// Tells of the hardware address what names the vendor.
    pub(crate) fn mac(&mut self) -> Outcome<D, T> {
        let [a, b, c, ..] = self.wifi.mac()?.0;
        self.say(format_args!("MAC {a:02x}:{b:02x}:{c:02x}:..."));
        Ok(Told::Done)
    }

    /// Whether a long answer comes whole each time: a line that loses bytes loses some of these.
    pub(crate) fn line(&mut self) -> Outcome<D, T> {
        let first = self.wifi.versions()?;
        for _ in 0..QUESTIONS {
            self.wait(PAUSE);
            if self.wifi.versions()? != first {
                return Err(Trouble::Wrong("an answer differs: the line loses bytes"));
            }
        }
        Ok(Told::Count(QUESTIONS, "answers alike"))
    }

    pub(crate) fn scan(&mut self) -> Outcome<D, T> {
        let scanned = self
            .wifi
            .scan(&ScanOptions::new(), |_| ControlFlow::Continue(()))?;
        if scanned.spoilt > 0 {
            return Err(Trouble::Wrong("access points were spoilt on the line"));
        }
        Ok(Told::Count(scanned.found as u32, "access points"))
    }

    /// Before it joins: the Microchip module takes it only then.
    pub(crate) fn name_time_server(&mut self) -> Outcome<D, T> {
        let server = self.settings.time_server;
        if server.is_empty() {
            return Err(Trouble::Skipped("no time server is named"));
        }
        self.wifi.set_time_servers(&[server])?;
        Ok(Told::Done)
    }

    pub(crate) fn join(&mut self) -> Outcome<D, T> {
        let Settings { ssid, password, .. } = self.settings;
        self.wifi.join(ssid, password)?;
        self.is_joined = true;
        Ok(Told::Done)
    }

    /// Whether the module says of itself what was asked of it.
    pub(crate) fn station(&mut self) -> Outcome<D, T> {
        self.online()?;
        if self.wifi.link_state()? != LinkState::Up {
            return Err(Trouble::Wrong("its link is not up"));
        }
        if self.wifi.addresses()?.ip == Ipv4Addr::UNSPECIFIED {
            return Err(Trouble::Wrong("it has no address"));
        }
        let station = self.wifi.station()?;
        let station = station.ok_or(Trouble::Wrong("it is in no network"))?;
        if station.ssid.as_bytes() != self.settings.ssid.as_bytes() {
            return Err(Trouble::Wrong("it is in another network"));
        }
        Ok(Told::Done)
    }

    pub(crate) fn resolve(&mut self) -> Outcome<D, T> {
        self.find((self.settings.time_server, 0), "no time server is named")?;
        Ok(Told::Done)
    }

    pub(crate) fn time(&mut self) -> Outcome<D, T> {
        if self.settings.time_server.is_empty() {
            return Err(Trouble::Skipped("no time server is named"));
        }
        self.online()?;
        self.wifi.wait_for_time(TIME)?;
        Ok(Told::Done)
    }

    pub(crate) fn ping(&mut self) -> Outcome<D, T> {
        self.find_peer()?;
        let (peer, _) = self.settings.peer;
        let summary = self
            .wifi
            .ping(peer, &PingOptions::new(), |_| ControlFlow::Continue(()))?;
        match summary.received {
            0 => Err(Trouble::Wrong("the peer does not answer")),
            received => Ok(Told::Count(received.into(), "echoes")),
        }
    }

    pub(crate) fn files(&mut self) -> Outcome<D, T> {
        match D::keep_file(self.wifi)? {
            true => Ok(Told::Done),
            false => Err(Trouble::Wrong("other bytes were read than were written")),
        }
    }

    /// It sleeps between beacons, is asked something, and stays awake again.
    pub(crate) fn power_save(&mut self) -> Outcome<D, T> {
        if D::SAVES_POWER && !self.settings.can_wake {
            return Err(Trouble::Skipped("no pin wakes the module up"));
        }
        self.online()?;
        self.wifi.start_power_save(&PowerSave::new().with_dtim(3))?;
        self.wait(MOMENT);
        let is_up = self.wifi.link_state()? == LinkState::Up;
        self.wifi.stop_power_save()?;
        match is_up {
            true => Ok(Told::Done),
            false => Err(Trouble::Wrong("it lost its network in its sleep")),
        }
    }

    pub(crate) fn bluetooth(&mut self) -> Outcome<D, T> {
        let Test { wifi, clock, .. } = self;
        D::advertise(wifi, || wait(*clock, MOMENT))?;
        Ok(Told::Done)
    }

    pub(crate) fn leave(&mut self) -> Outcome<D, T> {
        self.online()?;
        self.wifi.leave()?;
        match self.wifi.link_state()? {
            LinkState::Up => Err(Trouble::Wrong("its link is still up")),
            _ => Ok(Told::Done),
        }
    }

    /// Behind `leave`: the Microchip module is a station or an access point.
    pub(crate) fn access_point(&mut self) -> Outcome<D, T> {
        let config = AccessPointConfig::new(b"atwifi selftest", b"selftest");
        self.wifi.start_access_point(&config)?;
        self.wait(MOMENT);
        self.wifi.stop_access_point()?;
        Ok(Told::Done)
    }

    pub(crate) fn rejoin(&mut self) -> Outcome<D, T> {
        self.join_again()?;
        Ok(Told::Done)
    }

    /// A restart ends what was open, and everything can be done again.
    pub(crate) fn restart(&mut self) -> Outcome<D, T> {
        let peer = self.find_peer()?;
        let mut socket = self.wifi.socket()?;
        nb::block!(self.wifi.connect(&mut socket, peer))?;
        self.wifi.reset()?;
        if !matches!(
            self.wifi.receive(&mut socket, &mut [0; 1]),
            Err(nb::Error::Other(atwifi::Error::ModuleReset))
        ) {
            return Err(Trouble::Wrong("an old connection is still there"));
        }
        self.join_again()?;
        nb::block!(self.wifi.connect(&mut socket, peer))?;
        self.wifi.close(socket)?;
        Ok(Told::Done)
    }
}
