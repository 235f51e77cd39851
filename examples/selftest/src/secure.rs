//! TLS, and MQTT by the client in the module.

use atwifi::{Arrival, Cause, Clock, ConnectTls, Mqtt, MqttConfig, Qos, TlsConfig, Transport};
use embedded_nal::{TcpClientStack, nb};

use crate::report::{Told, Trouble};
use crate::wire::Line;
use crate::{MESSAGES, Offers, Outcome, Test};

/// The name of the authority in the module, while it is there.
const CA: &str = "selftest.pem";
const TOPIC: &str = "atwifi/selftest";
/// How long a message may be on its way (ms).
const PATIENCE: u32 = 10_000;

impl<D: Offers, T: Transport, C: Clock> Test<'_, '_, D, T, C> {
    /// Loads the authority, which is read back.
    pub(crate) fn certificate(&mut self) -> Outcome<D, T> {
        if self.settings.ca.is_empty() {
            return Err(Trouble::Skipped("no certificate authority is given"));
        }
        self.wifi.load_certificate(CA, self.settings.ca)?;
        Ok(Told::Done)
    }

    /// Connects to a server that the module verifies.
    pub(crate) fn tls(&mut self) -> Outcome<D, T> {
        if self.settings.ca.is_empty() {
            return Err(Trouble::Skipped("no certificate authority is given"));
        }
        let server = self.find(self.settings.tls, "no server is named")?;
        let (host, _) = self.settings.tls;
        let config = TlsConfig::new().with_ca(CA).with_server_name(host);
        let mut socket = self.wifi.socket()?;
        match nb::block!(self.wifi.connect_tls(&mut socket, server, &config)) {
            Err(error) if !D::TAKES_AUTHORITIES && error.cause() == Some(Cause::NoAuthority) => {
                let why = "this firmware knows the authorities that it was built with alone";
                return Err(Trouble::NotOffered(why));
            }
            connected => connected?,
        }
        self.send(&mut socket, b"HEAD / HTTP/1.0\r\n\r\n")?;
        let mut answer = [0; 5];
        self.receive(&mut socket, &mut answer)?;
        if &answer != b"HTTP/" {
            return Err(Trouble::Wrong("the server does not talk HTTP"));
        }
        self.wifi.close(socket)?;
        if D::TAKES_AUTHORITIES {
            self.wifi.delete_certificate(CA)?;
        }
        Ok(Told::Done)
    }

    /// A message goes to the broker and comes back.
    pub(crate) fn mqtt(&mut self) -> Outcome<D, T> {
        self.find(self.settings.broker, "no broker is named")?;
        let (host, port) = self.settings.broker;
        let config = MqttConfig::new(host, port, "atwifi-selftest");
        let mut session = self.wifi.mqtt(&config)?;
        session.subscribe(self.wifi, TOPIC, Qos::AtMostOnce)?;
        // Others may publish there, too.
        let message = Line::new("selftest", self.clock.now());
        let message = message.as_bytes().trim_ascii_end();
        session.publish(self.wifi, TOPIC, message, Qos::AtMostOnce, false)?;
        let heard = self.hear(&mut session, message);
        session.disconnect(self.wifi)?;
        heard.map(|()| Told::Done)
    }

    fn hear(&mut self, session: &mut Mqtt<'_>, message: &[u8]) -> Outcome<D, T, ()> {
        let (began, mut memory) = (self.clock.now(), [0; MESSAGES]);
        while self.clock.now().wrapping_sub(began) < PATIENCE {
            session.wait(self.wifi, PATIENCE / 10)?;
            while let Some(arrival) = session.receive(self.wifi, &mut memory)? {
                match arrival {
                    Arrival::Message { payload, .. } if payload == message => return Ok(()),
                    _ => {}
                }
            }
        }
        Err(Trouble::Wrong("the message does not come back"))
    }
}
