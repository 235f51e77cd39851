//! The Microchip module's sequence for being told of a network by a client of its access point, which
//! sends it `AT+WSTAC` commands over TCP.

use super::access_point::{END_PROVISIONING, over, set_up};
use super::command::wlan::StationRow;
use super::join::neutral;
use super::status::Status;
use super::{Attempt, Microchip, Module};
use crate::clock::Clock;
use crate::driver::dialect::{Outcome, Provisioner};
use crate::error::Fault;
use crate::transport::Transport;
use crate::value::{AccessPointConfig, Credentials, Printed, PrintedSecret, Security};

/// The port on which the module listens (reference 5.5.3).
const PORT: u32 = 7777;

/// How often it is asked whether to go on (ms).
const PAUSE: u32 = 100;

/// What a client may set: the SSID, the protection, the password.
const CLEAR: [&str; 3] = [
    "AT+WSTAC=1,\"\"\r\n",
    "AT+WSTAC=2,0\r\n",
    "AT+WSTAC=3,\"\"\r\n",
];

impl Provisioner for Microchip {
    fn provision<T: Transport, C: Clock>(
        module: &mut Module<'_, T, C>,
        config: &AccessPointConfig<'_>,
        security: Security,
        timeout: u32,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Outcome<Option<Credentials>> {
        let deadline = module.engine.link.after(timeout);
        set_up(module, config, security)?;
        for setting in CLEAR {
            let set = module.tell(setting, &[]);
            // So firmware answers to an empty text, which it takes (wire notes 4).
            if !module.has_refused(&set, Status::ConfigurationFailed) {
                set?;
            }
        }
        module.tell("AT+WPROVC=3,#\r\n", &[PORT])?;
        module.session().vendor.connection = Attempt::Open;
        match module.tell("AT+WPROV=1\r\n", &[]) {
            // Firmware answers the first since its start only, but it begins.
            Err(Fault::Timeout) if is_provisioning(module)? => {}
            other => other?,
        }
        loop {
            if !matches!(module.session().vendor.connection, Attempt::Open) {
                break;
            }
            let is_late = module.engine.link.has_passed(deadline);
            if is_late && !is_provisioning(module)? {
                // That it is over was lost on the way.
                break;
            }
            if is_late || !goes_on() {
                stop(module)?;
                return if is_late {
                    Err(Fault::Timeout)
                } else {
                    Ok(None)
                };
            }
            match module.pause(PAUSE) {
                // Firmware lets the host hear how it answers the client.
                Err(Fault::Malformed) => {}
                other => other?,
            }
        }
        over(module.session());
        told(module)
    }
}

fn is_provisioning<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<bool> {
    let mut state = None;
    module.compose("AT+WPROV\r\n", &[]);
    module.ask("+WPROV:", module.timeouts.command, &mut |row: &[u8]| {
        state = Some(row == b"1");
    })?;
    state.ok_or_else(|| module.engine.malformed())
}

fn stop<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome {
    let stopped = module.tell(END_PROVISIONING, &[]);
    // Else the client has ended it meanwhile.
    if !module.has_refused(&stopped, Status::ProvisioningStopNotPermitted) {
        stopped?;
    }
    over(module.session());
    Ok(())
}

/// What the module was told; `None` if the client has named no network.
fn told<T: Transport, C: Clock>(module: &mut Module<'_, T, C>) -> Outcome<Option<Credentials>> {
    let mut ssid: Option<Printed<32>> = None;
    let mut security = None;
    let mut password = None;
    // All at once: the question for one is, but for a letter, the order to join.
    module.compose("AT+WSTAC\r\n", &[]);
    module.ask(
        "",
        module.timeouts.command,
        &mut |row: &[u8]| match StationRow::parse(row) {
            Some(StationRow::Ssid(text)) => ssid = text.keep(),
            Some(StationRow::Security(number)) => security = Some(neutral(number)),
            Some(StationRow::Credentials(secret)) => {
                let text = secret.reveal().and_then(|text| text.keep());
                password = text.map(PrintedSecret::from);
            }
            _ => {}
        },
    )?;
    let told = ssid.zip(security).zip(password);
    let ((ssid, security), password) = told.ok_or_else(|| module.engine.malformed())?;
    let is_named = !ssid.as_bytes().is_empty();
    Ok(is_named.then_some(Credentials {
        ssid,
        password,
        security,
    }))
}
