//! What the client is called, how it logs in, what it leaves behind, and what TLS needs.

use mqttbytes::v4::{Connect, LastWill, Login};

use super::{check_link, small, text};
use crate::mqtt::qos;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step};
use crate::st67::net::ssl::SslFiles;
use crate::st67::{St67, World};

/// Longest name of a file.
const FILE: usize = 31;
const CLIENT_ID: usize = 23;
const LOGIN: usize = 128;
/// Longest protocol, and longest name of a server.
const TLS_NAME: usize = 254;
/// Seconds of silence after which the broker is asked whether it is there, if nothing is set.
const KEEP_ALIVE: u16 = 120;
const LONGEST_KEEP_ALIVE: i64 = 7200;

/// What is set before a session begins.
#[derive(Debug, Default)]
pub(in crate::st67) struct Settings {
    pub scheme: i64,
    names: [Vec<u8>; 3],
    files: [Vec<u8>; 3],
    keep_alive: u16,
    keeps_session: bool,
    will_topic: Vec<u8>,
    will_message: Vec<u8>,
    will_qos: u8,
    will_retain: bool,
    pub protocols: Vec<Vec<u8>>,
    pub server_name: Option<Vec<u8>>,
}

/// One of the texts by which the client introduces itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::st67) enum Name {
    ClientId,
    Username,
    Password,
}

impl Name {
    fn index(self) -> usize {
        self as usize
    }

    fn longest(self) -> usize {
        match self {
            Name::ClientId => CLIENT_ID,
            Name::Username | Name::Password => LOGIN,
        }
    }

    fn command(self) -> &'static str {
        match self {
            Name::ClientId => "+MQTTCLIENTID",
            Name::Username => "+MQTTUSERNAME",
            Name::Password => "+MQTTPASSWORD",
        }
    }
}

impl Settings {
    /// How the client introduces itself.
    pub fn introduction(&self) -> Connect {
        let [client_id, username, password] = self.names.each_ref().map(|name| text(name));
        let mut connect = Connect::new(client_id);
        connect.keep_alive = match self.keep_alive {
            0 => KEEP_ALIVE,
            seconds => seconds,
        };
        connect.clean_session = !self.keeps_session;
        if !username.is_empty() || !password.is_empty() {
            connect.login = Some(Login::new(username, password));
        }
        if !self.will_topic.is_empty() {
            let message = self.will_message.clone();
            let (qos, retain) = (qos(self.will_qos), self.will_retain);
            let topic = text(&self.will_topic);
            connect.last_will = Some(LastWill::new(topic, message, qos, retain));
        }
        connect
    }

    /// The files that TLS needs with this scheme, if it is one with TLS.
    pub fn tls_files(&self) -> Option<SslFiles> {
        let (presents, verifies) = match self.scheme {
            0 => return None,
            1 => (false, false),
            2 => (false, true),
            3 => (true, false),
            4 => (true, true),
            // Any other is TLS with whatever files are named.
            _ => {
                let [certificate, key, issuer] = self.files.each_ref().map(|name| !name.is_empty());
                (certificate && key, issuer)
            }
        };
        let [certificate, key, issuer] = self.files.clone();
        Some(SslFiles::new(presents, verifies, certificate, key, issuer))
    }
}

impl St67 {
    /// `AT+MQTTUSERCFG?`
    pub(in crate::st67) fn mqtt_user(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let settings = &self.mqtt.settings;
        let texts = settings.names.iter().chain(&settings.files);
        let texts: Vec<Vec<u8>> = texts.map(|text| quoted(text)).collect();
        let head = format!("+MQTTUSERCFG:0,{},", settings.scheme);
        self.say_bytes(&[head.as_bytes(), &texts.join(&b',')]);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTUSERCFG=<link>,<scheme>,<"client id">[,<"username">][,<"password">][,<"certificate
    /// file">][,<"key file">][,<"CA file">]`
    pub(in crate::st67) fn set_mqtt_user(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(self.variant.mqtt.user_arguments..=8)?;
        let scheme = if self.variant.mqtt.takes_any_number {
            arguments.any_number(1)?.ok_or(Code::parse(1))?
        } else {
            arguments.need_number(1, 0..=4)?
        };
        let client_id = arguments.need_text(2, CLIENT_ID)?;
        let optional = |index: usize, longest: usize| -> Result<Option<Vec<u8>>, Code> {
            Ok(arguments.text(index, longest)?.map(<[u8]>::to_vec))
        };
        let (username, password) = (optional(3, LOGIN)?, optional(4, LOGIN)?);
        let mut files = [optional(5, FILE)?, optional(6, FILE)?, optional(7, FILE)?];
        check_link(arguments)?;
        let [certificate, key, issuer] = &files;
        let no_identity = certificate.is_none() || key.is_none();
        match scheme {
            2 | 4 if issuer.is_none() => return Err(Code::NOT_ALLOWED),
            3 | 4 if no_identity => return Err(Code::NOT_ALLOWED),
            1 => files = [None, None, None],
            2 => files[..2].fill(None),
            3 => files[2] = None,
            _ => {}
        }
        let settings = &mut self.mqtt.settings;
        settings.names[0] = client_id.to_vec();
        for (name, new) in settings.names[1..].iter_mut().zip([username, password]) {
            if let Some(new) = new {
                *name = new;
            }
        }
        settings.files = files.map(Option::unwrap_or_default);
        settings.scheme = scheme;
        self.mqtt.configured(1);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTCLIENTID?`, `AT+MQTTUSERNAME?` and `AT+MQTTPASSWORD?`
    pub(in crate::st67) fn mqtt_name(&mut self, name: Name) -> Result<Reply, Code> {
        let value = quoted(&self.mqtt.settings.names[name.index()]);
        let head = format!("{}:0,", name.command());
        self.say_bytes(&[head.as_bytes(), &value]);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTCLIENTID=<link>,<length>` and its like; the text follows behind a prompt.
    pub(in crate::st67) fn set_mqtt_name(
        &mut self,
        arguments: &Arguments,
        name: Name,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        check_link(arguments)?;
        let longest = i64::try_from(name.longest()).unwrap_or(0);
        let length = arguments.need_number(1, 1..=longest)?;
        let length = usize::try_from(length).unwrap_or(0);
        self.conclude("OK");
        Ok(self.prompt_for_payload(length, move |module, data, _| {
            module.take_mqtt_name(name, data)
        }))
    }

    /// `AT+MQTTLONGCLIENTID=<link>,<length>` and its like, which are the same.
    pub(in crate::st67) fn set_long_mqtt_name(
        &mut self,
        arguments: &Arguments,
        name: Name,
    ) -> Result<Reply, Code> {
        if !self.variant.mqtt.long_names {
            return Err(Code::UNSUPPORTED);
        }
        self.set_mqtt_name(arguments, name)
    }

    /// A text has come. It ends with a zero.
    fn take_mqtt_name(&mut self, name: Name, data: &[u8]) -> Step {
        self.say(&format!("Recv {} bytes", data.len()));
        let text = data.split(|byte| *byte == 0).next().unwrap_or_default();
        self.mqtt.settings.names[name.index()] = text.to_vec();
        self.conclude(self.variant.mqtt.name_result);
        Step::Next(Job::Idle)
    }

    /// `AT+MQTTCONNCFG?`
    pub(in crate::st67) fn mqtt_connection_settings(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let Settings {
            keep_alive,
            keeps_session,
            will_topic,
            will_message,
            will_qos,
            will_retain,
            ..
        } = &self.mqtt.settings;
        let kept = keeps_session ^ self.variant.mqtt.inverts_session;
        let head = format!("+MQTTCONNCFG:0,{keep_alive},{},", u8::from(kept));
        let (topic, message) = (quoted(will_topic), quoted(will_message));
        let tail = format!(",{will_qos},{}", u8::from(*will_retain));
        let parts = [head.as_bytes(), &topic, b",", &message, tail.as_bytes()].concat();
        self.say_bytes(&[&parts]);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTCONNCFG=<link>,<keep alive>,<disable clean session>,<"will topic">,<"will
    /// message">,<will quality of service>,<will retain>`
    pub(in crate::st67) fn set_mqtt_connection_settings(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(7..=7)?;
        let longest = self.variant.mqtt.longest_topic;
        let topic = arguments.need_text(3, longest)?.to_vec();
        let message = arguments.need_text(4, longest)?.to_vec();
        check_link(arguments)?;
        let least = self.variant.mqtt.least_keep_alive;
        let keep_alive = arguments.need_number(1, least..=LONGEST_KEEP_ALIVE)?;
        let keeps_session = arguments.need_switch(2)?;
        let qos = arguments.need_number(5, 0..=2)?;
        let retain = arguments.need_switch(6)?;
        let settings = &mut self.mqtt.settings;
        settings.keep_alive = u16::try_from(keep_alive).unwrap_or(0);
        settings.keeps_session = keeps_session;
        settings.will_topic = topic;
        settings.will_message = message;
        settings.will_qos = small(qos);
        settings.will_retain = retain;
        self.mqtt.configured(2);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTALPN?`
    pub(in crate::st67) fn mqtt_protocols(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let mut row = b"+MQTTALPN:0".to_vec();
        for name in &self.mqtt.settings.protocols {
            row.push(b',');
            row.extend(quoted(name));
        }
        self.say_bytes(&[&row]);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTALPN=<link>,<count>[,<"protocol">]...`
    pub(in crate::st67) fn set_mqtt_protocols(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        check_link(arguments)?;
        let count = arguments.need_number(1, 0..=self.variant.mqtt.most_protocols)?;
        let count = usize::try_from(count).unwrap_or(0);
        arguments.expect(2 + count..=2 + count)?;
        let names = (0..count).map(|index| arguments.need_text(2 + index, TLS_NAME));
        let names: Result<Vec<&[u8]>, Code> = names.collect();
        self.mqtt.settings.protocols = names?.into_iter().map(<[u8]>::to_vec).collect();
        Ok(Reply::Ok)
    }

    /// `AT+MQTTSNI?`
    pub(in crate::st67) fn mqtt_server_name(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let name = self.mqtt.settings.server_name.clone();
        let row = if self.variant.mqtt.quotes_server_name {
            quoted(&name.unwrap_or_default())
        } else {
            name.unwrap_or_else(|| b"(null)".to_vec())
        };
        self.say_bytes(&[b"+MQTTSNI:0,", &row]);
        Ok(Reply::Ok)
    }

    /// `AT+MQTTSNI=<link>,<"name">`
    pub(in crate::st67) fn set_mqtt_server_name(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        check_link(arguments)?;
        let name = arguments.need_text(1, TLS_NAME)?;
        self.mqtt.settings.server_name = Some(name.to_vec()).filter(|name| !name.is_empty());
        Ok(Reply::Ok)
    }
}

fn quoted(text: &[u8]) -> Vec<u8> {
    [b"\"", text, b"\""].concat()
}
