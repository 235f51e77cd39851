//! The lamp's broker: it tells how fast to blink, and is told how late the lamp is.

use core::convert::Infallible;
use core::fmt::Write;
use core::net::SocketAddr;
use core::str;

use defmt::{error, info, warn};
use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Ticker};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use heapless::String;
use minimq::{Buffers, ConfigBuilder, PubError, Publication, Session, TopicFilter};
use portable_atomic::{AtomicU32, Ordering};

use crate::online::again;
use crate::punctual::Lateness;
use crate::settings::{MQTT_HOST, MQTT_PORT};
use crate::{Error, Network};

/// Sets the milliseconds to what is published to `lamp/set`, and publishes the lateness to `lamp/late`.
#[embassy_executor::task]
pub async fn mqtt(network: Network, ms: &'static AtomicU32, lateness: &'static Lateness) {
    again(async || talk(network, ms, lateness).await).await
}

async fn talk(
    network: Network,
    ms: &AtomicU32,
    lateness: &Lateness,
) -> Result<Infallible, minimq::Error<Error>> {
    let host = network.get_host_by_name(MQTT_HOST, AddrType::IPv4).await;
    let broker = SocketAddr::new(host.map_err(minimq::Error::Transport)?, MQTT_PORT);
    let connection = network.connect(broker).await;
    let connection = connection.map_err(minimq::Error::Transport)?;
    let (mut rx, mut tx) = ([0; 256], [0; 512]);
    let config = ConfigBuilder::new(Buffers::new(&mut rx, &mut tx));
    let mut session = Session::new(config.client_id("atwifi-lamp").expect("it is short"));
    let mut mqtt = session.connect(connection).await?;
    mqtt.subscribe(&[TopicFilter::new("lamp/set")], &[]).await?;
    info!("the lamp is with {}", MQTT_HOST);
    let mut each_second = Ticker::every(Duration::from_secs(1));
    loop {
        match select(mqtt.recv(), each_second.next()).await {
            Either::First(message) => set(ms, message?.payload()),
            Either::Second(()) => {
                let mut text = String::<16>::new();
                // It has room for the greatest number.
                let _ = write!(text, "{} us", lateness.worst());
                let late = Publication::new("lamp/late", text.as_str()).retain();
                mqtt.publish(late).await.map_err(|error| match error {
                    PubError::Session(error) => error,
                    PubError::Payload(()) => minimq::Error::InvalidRequest,
                })?;
            }
        }
    }
}

fn set(ms: &AtomicU32, message: &[u8]) {
    let text = str::from_utf8(message).unwrap_or_default();
    if text == "hang" {
        warn!("no task of the thread runs any more");
        #[allow(clippy::empty_loop, reason = "the watchdog has to end it")]
        loop {}
    }
    match text.parse() {
        Ok(number) => {
            ms.store(number, Ordering::Relaxed);
            info!("on for {} ms, off for {} ms", number, number);
        }
        Err(_) => error!("{} is no number of milliseconds", text),
    }
}
