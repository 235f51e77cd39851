//! Publishes a greeting by the MQTT client in the module, says what is published, its own too, and comes back
//! when the broker has gone.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::str;

use atwifi::{Arrival, Mqtt, MqttConfig, Qos};
use defmt::{error, info};
use embedded_hal::delay::DelayNs;
use firmware::settings::{MQTT_HOST, MQTT_PORT};
use firmware::{Error, Uptime, Wifi, entry};

/// Room for messages that wait, in bytes.
const WAITING: usize = 256;

#[entry]
fn main() -> ! {
    firmware::start_with_messages::<WAITING>(|wifi, clock| {
        let Err(error) = run(wifi, clock);
        error!("{}", error);
    })
}

fn run(wifi: &mut Wifi, clock: Uptime) -> Result<Infallible, Error> {
    let config = MqttConfig::new(MQTT_HOST, MQTT_PORT, "atwifi-module");
    let mut session = wifi.mqtt(&config)?;
    session.subscribe(wifi, "atwifi/#", Qos::AtMostOnce)?;
    let greeting = b"hello from the module";
    session.publish(wifi, "atwifi/out", greeting, Qos::AtMostOnce, false)?;
    info!("greeted {}", MQTT_HOST);
    loop {
        match listen(wifi, &mut session) {
            Err(Error::Closed(how)) => {
                info!("{}", how);
                come_back(wifi, &mut session, clock)?;
            }
            listened => listened?,
        }
    }
}

/// Tries again each second while the broker is not there.
fn come_back(wifi: &mut Wifi, session: &mut Mqtt, mut clock: Uptime) -> Result<(), Error> {
    while let Err(error) = session.reconnect(wifi) {
        let Error::Unconnected(why) = error else {
            return Err(error);
        };
        info!("{}", why);
        clock.delay_ms(1000);
    }
    info!("again with the broker");
    Ok(())
}

fn listen(wifi: &mut Wifi, session: &mut Mqtt) -> Result<(), Error> {
    let mut memory = [0; 128];
    session.wait(wifi, 60_000)?;
    while let Some(arrival) = session.receive(wifi, &mut memory)? {
        let text = |bytes| str::from_utf8(bytes).unwrap_or("?");
        match arrival {
            Arrival::Message { topic, payload, .. } => info!("{}: {}", text(topic), text(payload)),
            Arrival::More { payload, .. } => info!("{}", text(payload)),
            Arrival::Lost(count) => error!("{} messages lost", count),
            _ => error!("a message was cut"),
        }
    }
    Ok(())
}
