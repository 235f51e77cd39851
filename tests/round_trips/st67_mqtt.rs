//! Chapter 5, "MQTT AT commands". Texts are plain: what the module prints is not escaped.

use atwifi::st67::command::mqtt::*;
use atwifi::st67::{St67, Text};
use atwifi::{Ranged, Switch};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{each, set_then_query};

#[test]
fn users() {
    let texts = (
        "[a-zA-Z0-9/_.-]{1,23}",
        "[a-zA-Z0-9/_.-]{1,40}",
        "[a-zA-Z0-9/_.-]{1,40}",
    );
    each::<St67, _>(texts, |module, (id, name, password)| {
        let set = SetUser::new(Scheme::Tcp, &id, &name, password.as_bytes(), None).unwrap();
        let told = set_then_query(module, &set, &GetUser);
        assert_eq!(told.scheme, Scheme::Tcp);
        assert_eq!(told.client_id.as_str(), Some(&id[..]));
        assert_eq!(told.username.as_str(), Some(&name[..]));
        assert_eq!(told.password.reveal(), password.as_bytes());
    });
}

#[test]
fn long_texts() {
    let texts = (
        "[a-zA-Z0-9/_.-]{1,23}",
        "[a-zA-Z0-9/_.-]{1,128}",
        "[a-zA-Z0-9/_.-]{1,128}",
    );
    each::<St67, _>(texts, |module, (id, name, password)| {
        let length = Ranged::new(id.len() as u32).unwrap();
        let set = SetClientId { length };
        module.command_with_data(&set, id.as_bytes()).unwrap();
        let told = module.command(&GetClientId).unwrap();
        assert_eq!(told.client_id.as_str(), Some(&id[..]));
        let length = Ranged::new(name.len() as u32).unwrap();
        let set = SetUsername { length };
        module.command_with_data(&set, name.as_bytes()).unwrap();
        let told = module.command(&GetUsername).unwrap();
        assert_eq!(told.username.as_str(), Some(&name[..]));
        let length = Ranged::new(password.len() as u32).unwrap();
        let set = SetPassword { length };
        module.command_with_data(&set, password.as_bytes()).unwrap();
        let told = module.command(&GetPassword).unwrap();
        assert_eq!(told.password.reveal(), password.as_bytes());
    });
}

#[test]
fn connections() {
    let qos = select(vec![Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce]);
    let values = (
        1..=7200_u16,
        any::<[bool; 2]>(),
        "[a-zA-Z0-9/_.-]{1,60}",
        "[a-zA-Z0-9/_.-]{1,60}",
        qos,
    );
    each::<St67, _>(
        values,
        |module, (seconds, [keep, retain], topic, message, qos)| {
            let user = SetUser::new(Scheme::Tcp, "id", "", b"", None).unwrap();
            module.command(&user).unwrap();
            let (keep, retain) = (Switch::from(keep), Switch::from(retain));
            let will = Will {
                topic: &topic,
                message: message.as_bytes(),
                qos,
                retain,
            };
            let keep_alive_s = Ranged::new(seconds).unwrap();
            let set = SetConnection::new(keep_alive_s, keep, Some(will)).unwrap();
            let told = set_then_query(module, &set, &GetConnection);
            assert_eq!(told.keep_alive_s, seconds);
            assert_eq!(told.will_topic.as_str(), Some(&topic[..]));
            assert_eq!(told.will_message.as_str(), Some(&message[..]));
            assert_eq!(told.will_qos, qos);
            assert_eq!(told.will_retain, retain);
        },
    );
}

#[test]
fn tls() {
    let values = ("[a-z0-9.-]{1,64}", vec("[a-z0-9/.]{1,15}", 0..=5));
    each::<St67, _>(values, |module, (host, protocols)| {
        let name = Text::new(host.as_bytes()).unwrap();
        let told = set_then_query(module, &SetServerName { name }, &GetServerName);
        assert_eq!(told.name.as_str(), Some(&host[..]));
        let protocol = |n: usize| {
            protocols
                .get(n)
                .map(|name| Text::new(name.as_bytes()).unwrap())
        };
        let set = SetProtocols {
            count: Ranged::new(protocols.len() as u8).unwrap(),
            first: protocol(0),
            second: protocol(1),
            third: protocol(2),
            fourth: protocol(3),
            fifth: protocol(4),
        };
        module.command(&set).unwrap();
        let mut told = Vec::new();
        module
            .command_for_rows(&GetProtocols, |line| {
                let row = ProtocolsRow::parse(line).unwrap();
                told.extend(row.names().map(<[u8]>::to_vec));
            })
            .unwrap();
        assert!(told.iter().eq(protocols.iter().map(|name| name.as_bytes())));
    });
}
