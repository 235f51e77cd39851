//! MQTT by the client in the module.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use atwifi::dialect::Dialect;
use atwifi::{Arrival, Cause, Error, MqttConfig, Qos, Transport};
use clap::Args;

use super::{Wifi, broker, world};

/// Room for messages that wait, in bytes.
pub const WAITING: usize = 2048;

#[derive(Args)]
pub struct Mqtt {
    /// What is published.
    #[arg(default_value = "hello from the module")]
    message: String,
    /// The broker's name or address.
    #[arg(long, default_value = world::HOST)]
    broker: String,
    /// Its port; if not given one of the demonstration's, or 1883 of a real module.
    #[arg(long)]
    broker_port: Option<u16>,
    /// Where it is published, and what is subscribed to.
    #[arg(long, default_value = "atwifi/demo")]
    topic: String,
    /// For how many seconds messages are listened to.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
}

/// Publishes, and prints what is published, its own message too.
pub fn publish<D: Dialect, T: Transport>(
    wifi: &mut Wifi<'_, D, T>,
    job: &Mqtt,
    is_simulated: bool,
) -> Result<()>
where
    T::Error: Send + Sync + 'static,
    D::Status: Send + Sync,
{
    let port = match job.broker_port {
        Some(port) => port,
        None if is_simulated => broker::start()?,
        None => 1883,
    };
    let config = MqttConfig::new(&job.broker, port, "atwifi-demo");
    let mut session = wifi
        .mqtt(&config)
        .context("the broker does not accept it")?;
    println!("accepted by {}:{port}", job.broker);
    session.subscribe(wifi, &job.topic, Qos::AtMostOnce)?;
    session.publish(
        wifi,
        &job.topic,
        job.message.as_bytes(),
        Qos::AtMostOnce,
        false,
    )?;
    let end = Instant::now() + Duration::from_secs(job.seconds);
    let mut memory = [0; 512];
    while Instant::now() < end {
        match session.receive(wifi, &mut memory) {
            Ok(None) => drop(session.wait(wifi, 100)?),
            Ok(Some(arrival)) => print(&arrival),
            Err(error @ Error::Closed(_)) if error.cause() != Some(Cause::NetworkUnreachable) => {
                println!("{error}; once more");
                session.reconnect(wifi)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(session.disconnect(wifi)?)
}

fn print(arrival: &Arrival<'_>) {
    match arrival {
        Arrival::Message {
            topic,
            payload,
            rest,
        } => {
            println!("{}: {}", topic.escape_ascii(), payload.escape_ascii());
            if *rest > 0 {
                println!("({rest} bytes follow)");
            }
        }
        Arrival::More { payload, .. } => println!("{}", payload.escape_ascii()),
        other => println!("{other:?}"),
    }
}
