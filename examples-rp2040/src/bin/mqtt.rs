//! Publishes a greeting, and says what others publish to it.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::str;

use atwifi::Clock;
use defmt::{Debug2Format, error, info};
use embedded_hal::delay::DelayNs;
use embedded_nal::{AddrType, Dns, nb};
use embedded_time::fraction::Fraction;
use firmware::settings::{MQTT_HOST, MQTT_PORT};
use firmware::{Error, Uptime, Wifi, entry};
use minimq::broker::IpBroker;
use minimq::{Broker, ConfigBuilder, Minimq, Publication};

#[entry]
fn main() -> ! {
    firmware::start(|wifi, clock| {
        let Err(error) = run(wifi, clock);
        error!("{}", Debug2Format(&error));
    })
}

fn run(wifi: &mut Wifi, mut clock: Uptime) -> Result<Infallible, minimq::Error<Error>> {
    let host = nb::block!(wifi.get_host_by_name(MQTT_HOST, AddrType::IPv4));
    let mut broker = IpBroker::new(host.map_err(minimq::Error::Network)?);
    broker.set_port(MQTT_PORT);
    let mut memory = [0; 1024];
    let config = ConfigBuilder::new(broker, &mut memory).client_id("atwifi")?;
    let mut mqtt = Minimq::new(wifi, Milliseconds(clock), config);
    let mut has_greeted = false;
    loop {
        mqtt.poll(|_, topic, message, _| {
            info!("{}: {}", topic, str::from_utf8(message).unwrap_or("?"));
        })?;
        let client = mqtt.client();
        if client.is_connected() && !has_greeted {
            client.subscribe(&["atwifi/in".into()], &[])?;
            let greeting = Publication::new("atwifi/out", "hello from the module").retain();
            match client.publish(greeting) {
                Ok(()) => info!("greeted {}", MQTT_HOST),
                Err(error) => error!("{}", Debug2Format(&error)),
            }
            has_greeted = true;
        }
        clock.delay_ms(10);
    }
}

/// The board's clock as minimq wants it.
struct Milliseconds(Uptime);

impl embedded_time::Clock for Milliseconds {
    type T = u32;
    const SCALING_FACTOR: Fraction = Fraction::new(1, 1000);

    fn try_now(&self) -> Result<embedded_time::Instant<Self>, embedded_time::clock::Error> {
        Ok(embedded_time::Instant::new(self.0.clone().now()))
    }
}
