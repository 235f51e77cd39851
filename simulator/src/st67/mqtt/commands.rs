//! The commands.

use super::Name;
use crate::st67::St67;
use crate::st67::line::command::{Command, command};

pub(in crate::st67) const COMMANDS: &[Command] = &[
    command("+MQTTUSERCFG")
        .query(St67::mqtt_user)
        .set(St67::set_mqtt_user),
    command("+MQTTCLIENTID")
        .query(|module, _, _| module.mqtt_name(Name::ClientId))
        .set(|module, arguments, _| module.set_mqtt_name(arguments, Name::ClientId)),
    command("+MQTTUSERNAME")
        .query(|module, _, _| module.mqtt_name(Name::Username))
        .set(|module, arguments, _| module.set_mqtt_name(arguments, Name::Username)),
    command("+MQTTPASSWORD")
        .query(|module, _, _| module.mqtt_name(Name::Password))
        .set(|module, arguments, _| module.set_mqtt_name(arguments, Name::Password)),
    // In the reference, the setters have another name as well.
    command("+MQTTLONGCLIENTID")
        .set(|module, arguments, _| module.set_long_mqtt_name(arguments, Name::ClientId)),
    command("+MQTTLONGUSERNAME")
        .set(|module, arguments, _| module.set_long_mqtt_name(arguments, Name::Username)),
    command("+MQTTLONGPASSWORD")
        .set(|module, arguments, _| module.set_long_mqtt_name(arguments, Name::Password)),
    command("+MQTTCONNCFG")
        .query(St67::mqtt_connection_settings)
        .set(St67::set_mqtt_connection_settings),
    command("+MQTTALPN")
        .query(St67::mqtt_protocols)
        .set(St67::set_mqtt_protocols),
    command("+MQTTSNI")
        .query(St67::mqtt_server_name)
        .set(St67::set_mqtt_server_name),
    command("+MQTTCONN")
        .query(St67::mqtt_connection)
        .set(St67::mqtt_connect),
    command("+MQTTPUB").set(St67::mqtt_publish),
    command("+MQTTPUBRAW").set(St67::mqtt_publish_raw),
    command("+MQTTSUB")
        .query(St67::mqtt_subscriptions)
        .set(St67::mqtt_subscribe),
    command("+MQTTUNSUB").set(St67::mqtt_unsubscribe),
    command("+MQTTCLEAN").set(St67::mqtt_clean),
];
