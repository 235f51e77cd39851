//! Messages: published, subscribed and received.

use super::session::{WITH_TOPIC, WITHOUT_TOPIC};
use super::{check_link, small};
use crate::mqtt::Message;
use crate::st67::line::argument::Arguments;
use crate::st67::line::code::Code;
use crate::st67::line::job::{Job, Reply, Step};
use crate::st67::{St67, World};

/// Topics that can be subscribed.
const TOPICS: usize = 32;
/// What a packet has besides its topic and its message.
const OVERHEAD: usize = 7;

impl St67 {
    /// `AT+MQTTPUB=<link>,<"topic">,<"data">,<quality of service>,<retain>`
    pub(in crate::st67) fn mqtt_publish(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(5..=5)?;
        let payload = arguments.need_text(2, self.variant.mqtt.longest_message)?;
        let mut message = self.message(arguments, 3)?;
        message.payload = payload.to_vec();
        self.publish(message, world)?;
        Ok(Reply::Ok)
    }

    /// `AT+MQTTPUBRAW=<link>,<"topic">,<length>,<quality of service>,<retain>`
    pub(in crate::st67) fn mqtt_publish_raw(
        &mut self,
        arguments: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(5..=5)?;
        let message = self.message(arguments, 3)?;
        let length = arguments.need_number(2, 1..=i64::from(i32::MAX))?;
        self.mqtt.session()?;
        let length = usize::try_from(length).map_err(|_| Code::INVALID)?;
        self.conclude("OK");
        Ok(self.prompt_for_payload(length, move |module, data, world| {
            module.take_mqtt_message(message, data, world)
        }))
    }

    /// The message of a command, but for its payload.
    fn message(&self, arguments: &Arguments, first: usize) -> Result<Message, Code> {
        let topic = arguments.need_text(1, self.variant.mqtt.longest_topic)?;
        let qos = arguments.need_number(first, 0..=2)?;
        let retain = arguments.need_switch(first + 1)?;
        check_link(arguments)?;
        // The firmware puts the bits of both where nobody looks for them.
        let plain = self.variant.mqtt.publishes_plainly;
        Ok(Message {
            topic: topic.to_vec(),
            payload: Vec::new(),
            qos: if plain { 0 } else { small(qos) },
            retain: retain && !plain,
        })
    }

    fn publish(&mut self, message: Message, world: &mut World) -> Result<(), Code> {
        let size = message.topic.len() + message.payload.len() + OVERHEAD;
        let room = self.variant.mqtt.buffer;
        let session = self.mqtt.session()?;
        if size > room {
            return Err(Code::FAILED);
        }
        session.publish(world.now, message, world.network);
        Ok(())
    }

    /// The payload of a message has come.
    fn take_mqtt_message(&mut self, mut message: Message, data: &[u8], world: &mut World) -> Step {
        self.say(&format!("Recv {} bytes", data.len()));
        message.payload = self.whole_or_cut(data).to_vec();
        let sent = self.publish(message, world);
        self.conclude(if sent.is_ok() { "SEND OK" } else { "SEND FAIL" });
        Step::Next(Job::Idle)
    }

    /// A payload. Firmware that takes it for a text has it end with a zero.
    fn whole_or_cut<'a>(&self, payload: &'a [u8]) -> &'a [u8] {
        if !self.variant.mqtt.cuts_at_zero && !self.config.faults.cut_messages_at_zero {
            return payload;
        }
        payload.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// `AT+MQTTSUB?`
    pub(in crate::st67) fn mqtt_subscriptions(
        &mut self,
        _: &Arguments,
        _: &mut World,
    ) -> Result<Reply, Code> {
        let head = format!("+MQTTSUB:0,{},", self.mqtt.state);
        let quote = self.variant.mqtt.topic_quote;
        for (topic, qos) in self.mqtt.topics.clone() {
            let tail = format!("{quote},{qos}");
            let row = [head.as_bytes(), quote.as_bytes(), &topic, tail.as_bytes()].concat();
            self.say_bytes(&[&row]);
        }
        Ok(Reply::Ok)
    }

    /// `AT+MQTTSUB=<link>,<"topic">,<quality of service>`
    pub(in crate::st67) fn mqtt_subscribe(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(3..=3)?;
        let topic = arguments.need_text(1, self.variant.mqtt.longest_topic)?;
        let qos = arguments.need_number(2, 0..=2)?;
        check_link(arguments)?;
        self.mqtt.session()?;
        if self.mqtt.topics.iter().any(|(known, _)| known == topic) {
            let separator = self.variant.mqtt.separator;
            self.say(&format!("+MQTTSUB{separator}ALREADY_SUBSCRIBE"));
            return Ok(Reply::Ok);
        }
        if self.mqtt.topics.len() == TOPICS {
            return Err(Code::NO_RESOURCE);
        }
        let session = self.mqtt.session()?;
        session.subscribe(world.now, topic, small(qos), world.network);
        self.mqtt.topics.push((topic.to_vec(), qos));
        self.mqtt.state = WITH_TOPIC;
        Ok(Reply::Ok)
    }

    /// `AT+MQTTUNSUB=<link>,<"topic">`
    pub(in crate::st67) fn mqtt_unsubscribe(
        &mut self,
        arguments: &Arguments,
        world: &mut World,
    ) -> Result<Reply, Code> {
        arguments.expect(2..=2)?;
        let topic = arguments.need_text(1, self.variant.mqtt.longest_topic)?;
        check_link(arguments)?;
        self.mqtt.session()?;
        let mut topics = self.mqtt.topics.iter();
        let Some(index) = topics.position(|(known, _)| known == topic) else {
            self.say("+MQTTUNSUB:NO_UNSUBSCRIBE");
            return Ok(Reply::Ok);
        };
        self.mqtt.topics.remove(index);
        let session = self.mqtt.session()?;
        session.unsubscribe(world.now, topic, world.network);
        if self.mqtt.topics.is_empty() || self.variant.mqtt.forgets_topics {
            self.mqtt.state = WITHOUT_TOPIC;
        }
        Ok(Reply::Ok)
    }

    /// A message of the broker. One that is too large for the firmware ends the session.
    pub(super) fn tell_message(&mut self, topic: &[u8], payload: &[u8], world: &mut World) {
        if topic.len() + payload.len() + OVERHEAD > self.variant.mqtt.buffer {
            return self.mqtt_lost(world);
        }
        let separator = self.variant.mqtt.separator;
        let (topic_length, length) = (topic.len(), payload.len());
        let head = format!("+MQTT:SUBRECV{separator}0,{topic_length},{length},\"");
        let payload = self.whole_or_cut(payload);
        let line = [head.as_bytes(), topic, b"\",", payload, b"\r\n"].concat();
        self.output.write_unbroken(&[&line]);
    }
}
