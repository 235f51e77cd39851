//! MQTT over an AT-command Wi-Fi module: minimq publishes a message and gets it back.
//!
//! The module is simulated, the broker is a real one:
//!
//! ```sh
//! cargo run -p atwifi-consumers --example mqtt -- 127.0.0.1:1883
//! ```

use std::env;
use std::error::Error;
use std::net::SocketAddr;

use atwifi::{SocketMemory, StdClock, st67};
use atwifi_simulator::{Config, HostNetwork, Server};
use embedded_nal::TcpClientStack;
use minimq::broker::IpBroker;
use minimq::{Broker, ConfigBuilder, Minimq, Publication};
use std_embedded_time::StandardClock;

fn main() -> Result<(), Box<dyn Error>> {
    let broker = env::args().nth(1).unwrap_or("127.0.0.1:1883".to_owned());
    let module = Config::default().with_access_point("home", "password");
    let module = Server::new(module, HostNetwork::new().allow_any(true)).spawn();

    let (mut line, mut sockets) = ([0; 640], [const { SocketMemory::<512>::new() }; 1]);
    let mut wifi = st67::Module::new(module.port(), StdClock::new(), &mut line, &mut sockets)?;
    wifi.reset()?;
    wifi.join("home", "password")?;
    println!("{}", greet(&mut wifi, broker.parse()?)?);
    Ok(())
}

/// Publishes a greeting and returns what the broker sends to those who subscribe to greetings.
pub fn greet<N: TcpClientStack>(network: N, address: SocketAddr) -> Result<String, String> {
    let mut broker = IpBroker::new(address.ip());
    broker.set_port(address.port());
    let mut memory = [0; 1024];
    let config = ConfigBuilder::new(broker, &mut memory);
    let mut mqtt = Minimq::new(network, StandardClock::default(), config);

    let (mut subscribed, mut published) = (false, false);
    loop {
        let message = mqtt.poll(|_, _, message, _| String::from_utf8_lossy(message).into_owned());
        if let Some(message) = message.map_err(|error| format!("{error:?}"))? {
            return Ok(message);
        }
        let client = mqtt.client();
        if client.is_connected() && !subscribed {
            let greetings = client.subscribe(&["greetings".into()], &[]);
            greetings.map_err(|error| format!("{error:?}"))?;
            subscribed = true;
        }
        if subscribed && !client.subscriptions_pending() && !published {
            let greeting = Publication::new("greetings", "hello from the module");
            let greeting = client.publish(greeting);
            greeting.map_err(|error| format!("{error:?}"))?;
            published = true;
        }
    }
}
