//! MQTT commands: chapter 5 of the reference.

use super::{Command, command};
use crate::st67::St67;

pub(super) const COMMANDS: &[Command] = &[
    command("+MQTTUSERCFG")
        .query(St67::mqtt_user)
        .set(St67::set_mqtt_user),
    command("+MQTTCLIENTID")
        .query(St67::mqtt_client_id)
        .set(St67::set_mqtt_client_id),
    command("+MQTTUSERNAME")
        .query(St67::mqtt_username)
        .set(St67::set_mqtt_username),
    command("+MQTTPASSWORD")
        .query(St67::mqtt_password)
        .set(St67::set_mqtt_password),
    // In the reference, the setters have another name as well.
    command("+MQTTLONGCLIENTID").set(St67::set_long_mqtt_client_id),
    command("+MQTTLONGUSERNAME").set(St67::set_long_mqtt_username),
    command("+MQTTLONGPASSWORD").set(St67::set_long_mqtt_password),
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
