//! The ST67's sequences for the access point that it is, beside the station.

use core::net::Ipv4Addr;

use super::command::wifi::{ClientRow, DropClient};
use super::station::{STATION, become_station, own_address};
use super::text::Rule;
use super::{Error, Module, St67};
use crate::clock::Clock;
use crate::driver::dialect::{AccessPoint, Outcome};
use crate::error::{Fault, Usage};
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Client, Leases, Mac, Security};

/// What `AT+CWMODE` counts an access point as.
const ACCESS_POINT: u32 = 2;

/// The default of firmware (wire notes 7).
const CHANNEL: u8 = 1;

/// How many stations can join (reference 3.1.10).
const CLIENTS: u8 = 4;

/// The longest lease, in minutes (reference 3.1.14).
const LEASE_MAX: u16 = 2880;

/// The access point hands out addresses (reference 3.1.13).
const HAND_OUT: &str = "AT+CWDHCP=1,2\r\n";

/// A command of the configuration.
type Compose<T, C> = fn(&mut Module<'_, T, C>, &AccessPointConfig<'_>, u32);

impl AccessPoint for St67 {
    fn start_access_point<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        config: &AccessPointConfig<'_>,
        security: Security,
    ) -> Outcome<Ipv4Addr> {
        let encryption = match check(config, security) {
            Ok(encryption) => encryption,
            Err(usage) => return Err(module.refuse(usage)),
        };
        let compose: Compose<T, C> = compose;
        compose(module, config, encryption);
        // Before a byte is sent, and again behind the command that is.
        module.check_command()?;
        let before = module.session().vendor.soft_ap;
        // The mode comes first (reference 3.1.10). The station is kept: it can join and scan.
        module.tell(STATION, &[1 + ACCESS_POINT])?;
        module.session().vendor.soft_ap = ACCESS_POINT;
        compose(module, config, encryption);
        let configured = module
            .send_composed(module.timeouts.command)
            .and_then(|()| configure_network(module, config))
            .and_then(|()| own_address(module, "AT+CIPAP?\r\n", "+CIPAP:"));
        if configured == Err(Fault::Refused) {
            // One that is not as it was to be is none.
            let refusal = module.session().refusal;
            module.session().vendor.soft_ap = before;
            become_station(module)?;
            module.session().refusal = refusal;
        }
        configured
    }

    fn stop_access_point<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
        module.tell(STATION, &[1])?;
        let session = module.session();
        session.vendor.soft_ap = 0;
        // Connections over it may have ended, and nobody tells.
        session.in_doubt = true;
        Ok(())
    }

    fn clients<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        each: &mut dyn FnMut(&Client),
    ) -> Outcome {
        let mut is_spoilt = false;
        module.compose("AT+CWLIF\r\n", &[]);
        module.ask(
            "",
            module.timeouts.command,
            &mut |row: &[u8]| match ClientRow::parse(row) {
                Some(row) => each(&Client {
                    mac: row.mac,
                    address: Some(row.ip).filter(|ip| !ip.is_unspecified()),
                }),
                None => is_spoilt = true,
            },
        )?;
        match is_spoilt {
            true => Err(module.engine.malformed()),
            false => Ok(()),
        }
    }
}

impl<T: Transport, C: Clock> Module<'_, T, C> {
    /// Sends a station away from the module's access point. It may come back.
    ///
    /// # Errors
    /// [`Error::Module`](crate::Error::Module) if it has not joined.
    pub fn disconnect_client(&mut self, mac: Mac) -> Result<(), Error<T::Error>> {
        let sent_away = self.prepare().and_then(|()| {
            self.write(&DropClient { mac });
            self.send_composed(self.timeouts.command)
        });
        self.outcome(sent_away)
    }
}

/// The number of the protection, if the module can do all that is asked.
fn check(config: &AccessPointConfig<'_>, security: Security) -> Result<u32, Usage> {
    let range = |max: u16| Usage::OutOfRange {
        min: 1,
        max: max.into(),
    };
    if !matches!(config.clients, None | Some(1..=CLIENTS)) {
        return Err(range(CLIENTS.into()));
    }
    if let Some(Leases { minutes, .. }) = config.leases {
        if !(1..=LEASE_MAX).contains(&minutes) {
            return Err(range(LEASE_MAX));
        }
    }
    match security {
        Security::Open => Ok(0),
        Security::Wpa => Ok(2),
        Security::Wpa2 => Ok(3),
        Security::Wpa3 => Ok(4),
        _ => Err(Usage::Unsupported("an access point protected in this way")),
    }
}

fn compose<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &AccessPointConfig<'_>,
    encryption: u32,
) {
    let channel = config.channel.unwrap_or(CHANNEL).into();
    let clients = config.clients.unwrap_or(CLIENTS).into();
    let rest = [channel, encryption, clients, config.is_hidden.into()];
    module
        .compose("AT+CWSAP=", &[])
        .text::<Rule>(config.ssid, 32)
        .put(",", &[])
        .text::<Rule>(config.password, 64)
        .put(",#,#,#,#\r\n", &rest);
}

/// Sets the addresses that are asked for.
fn configure_network<T: Transport, C: Clock>(
    module: &mut Module<'_, T, C>,
    config: &AccessPointConfig<'_>,
) -> Outcome {
    if let Some((address, netmask)) = config.address {
        module
            .compose("AT+CIPAP=", &[])
            .address(address.into())
            .put(",", &[])
            .address(address.into())
            .put(",", &[])
            .address(netmask.into())
            .put("\r\n", &[]);
        module.send_composed(module.timeouts.command)?;
    }
    if config.address.is_some() || config.leases.is_some() {
        // The reference's module stops when it gets an address (3.1.19), and takes leases only while
        // it hands them out (3.1.14).
        module.tell(HAND_OUT, &[])?;
    }
    if let Some(leases) = config.leases {
        module
            .compose("AT+CWDHCPS=1,#,", &[leases.minutes.into()])
            .address(leases.first.into())
            .put(",", &[])
            .address(leases.last.into())
            .put("\r\n", &[]);
        module.send_composed(module.timeouts.command)?;
    }
    Ok(())
}
