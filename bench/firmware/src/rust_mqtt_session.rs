//! An MQTT session, through TLS, by rust-mqtt.

use core::net::SocketAddr;

use atwifi::dialect::Dialect;
use atwifi::{Stream, Tls, TlsConfig};
use embedded_io::{Error, ErrorType, Read, Write};
use embedded_nal::TcpClientStack;
use rust_mqtt::Bytes;
use rust_mqtt::buffer::BumpBuffer;
use rust_mqtt::client::Client;
use rust_mqtt::client::event::Event;
use rust_mqtt::client::options::{
    ConnectOptions, PublicationOptions, SubscriptionOptions, TopicReference,
};
use rust_mqtt::types::{MqttString, TopicFilter, TopicName};

use crate::work::Driver;
use crate::{Uart, take, unknown};

/// Connects to a broker, and has a session with it.
pub fn session<D: Dialect>(module: &mut Driver<D>) {
    let remote = SocketAddr::from((unknown().to_be_bytes(), 8883));
    let mut tls = Tls::new(module, TlsConfig::new().with_ca("ca"));
    let Some(mut socket) = take(tls.socket()) else {
        return;
    };
    take(tls.connect(&mut socket, remote));
    let stream = Blocking(Stream::new(tls, socket, [0; 64]));
    let mut memory = [0; 1024];
    let talked = embassy_futures::block_on(talk(stream, &mut BumpBuffer::new(&mut memory)));
    take(talked.ok_or(()));
}

async fn talk<'m, S: Read + Write>(
    stream: Blocking<S>,
    memory: &'m mut BumpBuffer<'m>,
) -> Option<()> {
    let (text, command) = (
        MqttString::from_str("lamp"),
        MqttString::from_str("lamp/set"),
    );
    let (text, command) = (take(text)?, take(command)?);
    let topic = TopicName::new(text.as_borrowed())?;
    let filter = TopicFilter::new(command.as_borrowed())?;
    let mut mqtt = Client::<'_, '_, _, _, 1, 1, 1, 0, 0, 0, 0>::new(memory);
    let options = ConnectOptions::new().clean_start();
    take(
        mqtt.connect(stream, &options, Some(text.as_borrowed()))
            .await,
    )?;
    take(mqtt.subscribe(filter, &SubscriptionOptions::new()).await)?;
    while unknown() != 0 {
        let options = PublicationOptions::new(TopicReference::Name(topic.as_borrowed()));
        take(
            mqtt.publish(&options.at_least_once(), Bytes::from("off".as_bytes()))
                .await,
        )?;
        if let Event::Publish(told) = take(mqtt.poll().await)? {
            Uart.put(told.message.len() as u8);
        }
        // SAFETY: nothing that was received is held any more.
        unsafe { mqtt.buffer_mut().reset() };
    }
    Some(())
}

/// A blocking stream, of which each call is done when it is polled.
struct Blocking<S>(S);

impl<S: ErrorType<Error: Error>> ErrorType for Blocking<S> {
    type Error = S::Error;
}

impl<S: Read> embedded_io_async::Read for Blocking<S> {
    async fn read(&mut self, into: &mut [u8]) -> Result<usize, S::Error> {
        self.0.read(into)
    }
}

impl<S: Write> embedded_io_async::Write for Blocking<S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, S::Error> {
        self.0.write(bytes)
    }

    async fn flush(&mut self) -> Result<(), S::Error> {
        self.0.flush()
    }
}
