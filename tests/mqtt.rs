//! MQTT in the module: what was published arrives exactly or is refused before a byte, what arrives is handed
//! out whole or counted, and who has no session is told how it ended.

use std::time::Duration;

use crate::common::service::{connected, echoes, in_weathers};
use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::{
    Arrival, Cause, Closed, Error, Lent, Mqtt, MqttConfig, MqttMemory, MqttWill, Psk, Qos,
    SocketMemory, TlsConfig, Usage,
};
use atwifi_simulator::services::{MqttMessage, TlsServer};
use atwifi_simulator::{Faults, Profile, Simulation};
use embedded_nal::TcpClientStack;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

const QUALITIES: [Qos; 3] = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];

const BROKER: MqttConfig<'static> = MqttConfig::new(NAME, MQTT, "sensor, \"17\"");

/// Runs `test` on each firmware with a driver that has joined, and memory for `N` bytes of messages.
fn each<D: UnderTest, const N: usize>(test: impl Fn(&Simulation, &Network, &mut Driver<'_, D>)) {
    for config in configs::<D>() {
        let network = Network::default();
        let simulation = Simulation::new(config, network.build());
        let (mut memory, mut line) = (MqttMemory::<D, N>::new(), [0; 1024]);
        let mut sockets = [const { SocketMemory::<512>::new() }; 2];
        let clock = SimClock::new(&simulation);
        let module = Driver::<D>::new(wire_of(&simulation), clock, &mut line, &mut sockets);
        let mut module = module.expect("the buffers suffice");
        module.lend_messages(&mut memory);
        module.reset().expect("reset");
        module.join(SSID, PASSWORD).expect("join");
        test(&simulation, &network, &mut module);
    }
}

/// A message as it was received: its topic, and what it says.
type Received = (Vec<u8>, Vec<u8>);

/// Receives, in pieces of at most `chunk` bytes, until there are so many whole messages, or five virtual seconds
/// pass.
fn receive<D: UnderTest>(
    session: &mut Mqtt<'_>,
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    chunk: usize,
    count: usize,
) -> Result<Vec<Received>, Failure<D>> {
    let mut got: Vec<Received> = Vec::new();
    let (mut to_come, mut buffer) = (0, vec![0; chunk]);
    let deadline = simulation.now() + Duration::from_secs(5);
    while got.len() < count || to_come > 0 {
        match session.receive(module, &mut buffer)? {
            Some(Arrival::Message {
                topic,
                payload,
                rest,
            }) => {
                assert_eq!(to_come, 0, "the message before was not over");
                got.push((topic.to_vec(), payload.to_vec()));
                to_come = rest;
            }
            Some(Arrival::More { payload, rest }) => {
                assert_eq!(payload.len() + rest, to_come, "as announced");
                let (_, whole) = got.last_mut().expect("a message was begun");
                whole.extend(payload);
                to_come = rest;
            }
            None if simulation.now() < deadline => simulation.idle(),
            other => panic!("{other:?} behind {got:?}\n{}", simulation.transcript()),
        }
    }
    Ok(got)
}

/// Subscribes; of the ST67 nobody knows when the broker has heard it.
fn subscribe<'c, D: UnderTest>(
    session: &mut Mqtt<'c>,
    module: &mut Driver<'_, D>,
    simulation: &Simulation,
    topic: &'c str,
) {
    assert_eq!(session.subscribe(module, topic, Qos::AtMostOnce), Ok(true));
    simulation.advance(Duration::from_secs(1));
}

/// Whether this firmware publishes with flags, and with every byte.
fn publishes_everything<D: UnderTest>(module: &mut Driver<'_, D>) -> (bool, bool) {
    let version = module.versions().unwrap().numbers();
    let is_microchip = !D::HAS_FILES;
    (
        is_microchip || version >= [2, 0, 97],
        is_microchip || version >= [2, 0, 89],
    )
}

/// Whether nothing but this went to the module: nothing.
fn says_nothing<R>(simulation: &Simulation, call: impl FnOnce() -> R) -> R {
    let before = simulation.to_module();
    let told = call();
    assert_eq!(simulation.to_module(), before, "a byte was sent");
    told
}

fn what_is_published_arrives_and_comes_back<D: UnderTest>() {
    each::<D, 2048>(|simulation, network, module| {
        let (has_flags, has_zero) = publishes_everything(module);
        let mut session = module.mqtt(&BROKER).unwrap();
        let subscribed = session.subscribe(module, "a,\"b\"/#", Qos::ExactlyOnce);
        assert_eq!(subscribed, Ok(true), "{}", simulation.transcript());
        let mut sent = Vec::new();
        let any: Vec<u8> = (0..80).map(|n| n * 3 + u8::from(!has_zero)).collect();
        for qos in QUALITIES {
            let qos = if has_flags { qos } else { Qos::AtMostOnce };
            for payload in [&any[..], b"a \"quote\", a comma\r\nOK\r\n", b""] {
                let published = session.publish(module, "a,\"b\"/c", payload, qos, false);
                assert_eq!(published, Ok(()), "{}", simulation.transcript());
                sent.push(MqttMessage::new("a,\"b\"/c", payload).with_qos(qos as u8));
            }
        }
        let got = receive(&mut session, module, simulation, 512, sent.len()).unwrap();
        let seen = sent
            .iter()
            .map(|sent| (sent.topic.clone().into_bytes(), sent.payload.clone()));
        assert_eq!(got, seen.collect::<Vec<_>>());
        assert_eq!(network.broker.messages(), sent);
        session.disconnect(module).unwrap();
        simulation.advance(Duration::from_secs(1));
        assert!(network.broker.subscriptions().is_empty());
    });
}

fn a_client_introduces_itself_as_it_was_told<D: UnderTest>() {
    each::<D, 64>(|simulation, network, module| {
        let full = BROKER
            .with_login("us\"er", b"pass,\\word")
            .with_keep_alive_s(33)
            .with_will(
                MqttWill::new("last, will", b"go\"ne")
                    .with_qos(Qos::AtLeastOnce)
                    .retained(),
            )
            .with_kept_session();
        let (config, has_all) = match D::HAS_FILES {
            true => (full, true),
            false => (BROKER.with_login("us\"er", b""), false),
        };
        let session = module.mqtt(&config);
        assert!(session.is_ok(), "{session:?}\n{}", simulation.transcript());
        assert!(!format!("{session:?}").contains("pass,"));
        let introduced = network.broker.connects().pop().unwrap();
        assert_eq!(introduced.client_id, "sensor, \"17\"");
        assert_eq!(introduced.username, "us\"er");
        assert_eq!(introduced.clean_session, !has_all);
        if has_all {
            assert_eq!(introduced.password, "pass,\\word");
            assert_eq!(introduced.keep_alive, 33);
            let will = MqttMessage::new("last, will", "go\"ne")
                .with_qos(1)
                .retained();
            assert_eq!(introduced.will, Some(will));
        }
    });
}

fn what_cannot_be_is_refused_before_a_byte<D: UnderTest>() {
    let long = "x".repeat(300);
    let nobody = MqttConfig::new("", MQTT, "a");
    let psk = Psk {
        identity: "a",
        key: b"b",
    };
    let mut refused = vec![
        nobody,
        MqttConfig::new(NAME, 0, "a"),
        MqttConfig::new(&long, MQTT, "a"),
        MqttConfig::new(NAME, MQTT, &long),
        BROKER.with_login(&long, b""),
        BROKER.with_tls(TlsConfig::new().with_psk(psk)),
        BROKER.with_tls(TlsConfig::new().with_ca("")),
        BROKER.with_tls(TlsConfig::new().with_server_name(&long)),
    ];
    if D::HAS_FILES {
        refused.extend([
            BROKER.with_keep_alive_s(0),
            BROKER.with_keep_alive_s(7201),
            BROKER.with_login("a", b"nul\0"),
            BROKER.with_will(MqttWill::new("t", b"two\r\nlines")),
            BROKER.with_tls(TlsConfig::new().with_alpn(&["a", "b", "c", "d", "e", "f"])),
        ]);
    } else {
        refused.extend([
            BROKER.with_login("a", b"secret"),
            BROKER.with_will(MqttWill::new("t", b"gone")),
            BROKER.with_kept_session(),
            BROKER.with_tls(TlsConfig::new().with_alpn(&["mqtt"])),
        ]);
    }
    each::<D, 64>(|simulation, _, module| {
        module.link_state().unwrap();
        for config in &refused {
            let told = says_nothing(simulation, || module.mqtt(config));
            assert!(matches!(told, Err(Error::Usage(_))), "{config:?}: {told:?}");
        }
    });
}

fn a_message_that_would_be_cut_is_refused_before_a_byte<D: UnderTest>() {
    each::<D, 64>(|simulation, network, module| {
        let (has_flags, has_zero) = publishes_everything(module);
        let mut session = module.mqtt(&BROKER).unwrap();
        let most = if D::HAS_FILES {
            1470
        } else {
            255 - "AT+MQTTPUB=0,0,0,\"t\",\"\"\r\n".len()
        };
        let mut publish = |module: &mut Driver<'_, D>, topic: &str, payload: &[u8], qos, retain| {
            session.publish(module, topic, payload, qos, retain)
        };
        let mut refused = vec![
            publish(module, "", b"x", Qos::AtMostOnce, false),
            publish(module, "a/+", b"x", Qos::AtMostOnce, false),
            publish(module, "#", b"x", Qos::AtMostOnce, false),
            publish(module, &"t".repeat(256), b"x", Qos::AtMostOnce, false),
        ];
        let before = simulation.to_module();
        let too_long = publish(module, "t", &vec![b'x'; most + 1], Qos::AtMostOnce, false);
        assert_eq!(too_long, Err(Error::Usage(Usage::TooLong(most))));
        if !D::HAS_FILES {
            let binary = publish(
                module,
                "t",
                &vec![0xff; most / 2 + 1],
                Qos::AtMostOnce,
                false,
            );
            assert_eq!(binary, Err(Error::Usage(Usage::TooLong(most / 2))));
        }
        if !has_flags {
            refused.push(publish(module, "t", b"x", Qos::AtLeastOnce, false));
            refused.push(publish(module, "t", b"x", Qos::AtMostOnce, true));
        }
        if !has_zero {
            refused.push(publish(module, "t", b"a\0b", Qos::AtMostOnce, false));
        }
        assert_eq!(simulation.to_module(), before, "a byte was sent");
        for told in refused {
            assert!(matches!(told, Err(Error::Usage(_))), "{told:?}");
        }
        let whole = vec![b'x'; most];
        assert_eq!(publish(module, "t", &whole, Qos::AtMostOnce, false), Ok(()));
        simulation.advance(Duration::from_secs(1));
        assert_eq!(network.broker.messages(), [MqttMessage::new("t", whole)]);
    });
}

fn nobody_is_taken_for_a_broker<D: UnderTest>() {
    each::<D, 64>(|simulation, network, module| {
        let nowhere = MqttConfig::new("nowhere.test", MQTT, "a");
        let refused = MqttConfig::new(NAME, REFUSED, "a");
        for config in [nowhere, refused] {
            let told = module.mqtt(&config);
            assert!(matches!(told, Err(Error::Unconnected(_))), "{told:?}");
        }
        network.broker.answer_with(5);
        let told = module.mqtt(&BROKER).expect_err("the broker refuses");
        assert!(matches!(told, Error::Unconnected(_)), "{told:?}");
        let cause = told.cause().unwrap();
        let causes = [
            Cause::RefusedOrUnreachable,
            Cause::ConnectionRefused,
            Cause::Authentication,
        ];
        assert!(causes.contains(&cause), "{cause:?}");
        network.broker.answer_with(0);
        let told = module.mqtt(&BROKER);
        assert!(told.is_ok(), "{told:?}\n{}", simulation.transcript());
    });
}

fn a_session_that_is_over_says_how_until_it_is_made_anew<D: UnderTest>() {
    each::<D, 512>(|simulation, network, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, simulation, "t");
        let expect = |module: &mut Driver<'_, D>, session: &mut Mqtt<'_>, how| {
            let told = [
                session
                    .publish(module, "t", b"x", Qos::AtMostOnce, false)
                    .err(),
                session.receive(module, &mut [0; 64]).err(),
                session.subscribe(module, "u", Qos::AtMostOnce).err(),
                session.unsubscribe(module, "t").err(),
            ];
            assert_eq!(told, [Some(how); 4], "{}", simulation.transcript());
        };
        let come_back = |module: &mut Driver<'_, D>, session: &mut Mqtt<'_>| {
            session.reconnect(module).unwrap();
            simulation.advance(Duration::from_secs(1));
            network.broker.publish(MqttMessage::new("t", "again"));
            let got = receive(session, module, simulation, 64, 1).unwrap();
            assert_eq!(got, [(b"t".to_vec(), b"again".to_vec())]);
        };
        network.broker.publish(MqttMessage::new("t", "before"));
        network.broker.disconnect_all();
        simulation.advance(Duration::from_secs(2));
        let got = receive(&mut session, module, simulation, 64, 1).unwrap();
        assert_eq!(
            got,
            [(b"t".to_vec(), b"before".to_vec())],
            "what came before it ended"
        );
        expect(module, &mut session, Error::Closed(Closed::ByPeer));
        come_back(module, &mut session);

        simulation.lose_link();
        simulation.advance(Duration::from_secs(2));
        expect(module, &mut session, Error::Closed(Closed::StationDown));
        module.join(SSID, PASSWORD).unwrap();
        come_back(module, &mut session);

        simulation.reset_module();
        simulation.advance(Duration::from_secs(5));
        expect(module, &mut session, Error::ModuleReset);
        module.join(SSID, PASSWORD).unwrap();
        come_back(module, &mut session);

        let mut other = module.mqtt(&BROKER).unwrap();
        expect(module, &mut session, Error::Closed(Closed::NotConnected));
        assert_eq!(other.receive(module, &mut [0; 64]), Ok(None));
        // Of a session that is not there any more it takes no leave.
        session.disconnect(module).unwrap();
        assert_eq!(
            other.publish(module, "t", b"x", Qos::AtMostOnce, false),
            Ok(())
        );
    });
}

/// Of an end of which no word was heard.
fn an_end_that_was_not_heard_is_found_out<D: UnderTest>() {
    each::<D, 512>(|simulation, network, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        let to_host = simulation.to_host();
        let kind = atwifi_simulator::FaultKind::Drop(1000);
        simulation.set_faults(crate::common::service::spoilt(false, to_host, kind));
        network.broker.disconnect_all();
        simulation.advance(Duration::from_secs(2));
        simulation.set_faults(Faults::default());
        let told = session.publish(module, "t", b"x", Qos::AtMostOnce, false);
        assert_eq!(
            told,
            Err(Error::Closed(Closed::ByPeer)),
            "{}",
            simulation.transcript()
        );
    });
}

fn topics_are_known_twice_unknown_and_too_many<D: UnderTest>() {
    each::<D, 64>(|simulation, _, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        let topics: Vec<String> = (0..9).map(|n| format!("topic/{n}")).collect();
        let most = if D::HAS_FILES { 8 } else { 4 };
        for topic in &topics[..most] {
            assert_eq!(session.subscribe(module, topic, Qos::AtMostOnce), Ok(true));
            assert_eq!(session.subscribe(module, topic, Qos::AtMostOnce), Ok(false));
        }
        let one_more = says_nothing(simulation, || {
            session.subscribe(module, &topics[most], Qos::AtMostOnce)
        });
        assert_eq!(one_more, Err(Error::Usage(Usage::TooLong(most))));
        assert_eq!(session.unsubscribe(module, "unknown"), Ok(false));
        assert_eq!(session.unsubscribe(module, &topics[0]), Ok(true));
        assert_eq!(session.unsubscribe(module, &topics[0]), Ok(false));
        assert_eq!(
            session.subscribe(module, &topics[most], Qos::AtMostOnce),
            Ok(true)
        );
    });
}

fn messages_wait_while_other_calls_run_and_what_has_no_room_is_counted<D: UnderTest>() {
    each::<D, 256>(|simulation, network, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, simulation, "t");
        for n in 0..30_u8 {
            network
                .broker
                .publish(MqttMessage::new("t", [b'a' + n % 26; 20]));
            simulation.advance(Duration::from_millis(100));
            // A call that has no patience.
            module.link_state().unwrap();
        }
        let (mut got, mut lost) = (0, 0);
        let mut buffer = [0; 64];
        while let Some(arrival) = session.receive(module, &mut buffer).unwrap() {
            match arrival {
                Arrival::Message { payload, rest, .. } => {
                    assert_eq!(
                        (payload, rest),
                        (&[b'a' + got; 20][..], 0),
                        "in their order"
                    );
                    got += 1;
                }
                Arrival::Lost(count) => lost += count,
                other => panic!("{other:?}"),
            }
        }
        assert!(got >= 7, "{got}");
        assert_eq!(u16::from(got) + lost, 30, "{}", simulation.transcript());
        // Nothing of it is told to whoever polls.
        while let Some(event) = module.poll().unwrap() {
            assert!(!format!("{event:?}").contains("Lost"), "{event:?}");
        }
    });
}

fn who_only_receives_loses_no_message_to_events_that_nobody_polls<D: UnderTest>() {
    each::<D, 256>(|simulation, network, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, simulation, "t");
        for n in 0..40_u8 {
            for _ in 0..4 {
                simulation.emit(D::ANY_TIME[0]);
            }
            network.broker.publish(MqttMessage::new("t", [n + 1; 20]));
            let got = receive(&mut session, module, simulation, 64, 1).unwrap();
            assert_eq!(got, [(b"t".to_vec(), vec![n + 1; 20])]);
        }
    });
}

fn a_long_message_comes_in_announced_pieces<D: UnderTest>() {
    let payload: Vec<u8> = (0..1400_u32).map(|n| b'a' + (n % 26) as u8).collect();
    each::<D, 300>(|simulation, network, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, simulation, "t/#");
        // The Microchip module prints a message as a line, which must fit.
        let length = if D::HAS_FILES { 1400 } else { 250 };
        for chunk in [11, 64, 299, 2000] {
            for length in [1, length / 2, length] {
                let payload = &payload[..length];
                network.broker.publish(MqttMessage::new("t/long", payload));
                network.broker.publish(MqttMessage::new("t/short", "x"));
                let got = receive(&mut session, module, simulation, chunk, 2).unwrap();
                let long = (b"t/long".to_vec(), payload.to_vec());
                assert_eq!(got, [long, (b"t/short".to_vec(), b"x".to_vec())], "{chunk}");
            }
        }
        network.broker.publish(MqttMessage::new("t/long", "xyz"));
        simulation.advance(Duration::from_secs(1));
        let which = Lent::Data;
        for small in 0..7 {
            let mut memory = [0; 7];
            let told = session.receive(module, &mut memory[..small]);
            assert_eq!(
                told,
                Err(Error::Usage(Usage::BufferTooSmall { which, needed: 7 }))
            );
        }
        let got = receive(&mut session, module, simulation, 7, 1).unwrap();
        assert_eq!(
            got,
            [(b"t/long".to_vec(), b"xyz".to_vec())],
            "it has stayed"
        );
    });
}

/// A message at any moment of a publication, between the prompt and the payload too.
fn a_message_in_any_gap_of_a_publication_changes_nothing<D: UnderTest>() {
    let publish = |simulation: &Simulation, gap: Option<u64>| {
        let mut gaps = 0..0;
        with_joined::<D, _>(simulation, |module| {
            let mut session = module.mqtt(&BROKER).unwrap();
            let first = simulation.gaps();
            simulation.set_faults(Faults {
                event_in_gap: gap.map(|gap| (first + gap, D::MESSAGE.to_vec())),
                ..Faults::default()
            });
            for n in 0..3_u8 {
                let told = session.publish(module, "u", &[b'a' + n; 40], Qos::AtMostOnce, false);
                assert_eq!(told, Ok(()), "{gap:?}\n{}", simulation.transcript());
            }
            gaps = 0..simulation.gaps() - first;
            if gap.is_some() {
                let got = receive(&mut session, module, simulation, 64, 1).unwrap();
                assert_eq!(got, [(b"t".to_vec(), b"hello".to_vec())]);
            }
            assert_eq!(session.receive(module, &mut [0; 64]), Ok(None));
        });
        gaps
    };
    for config in configs::<D>() {
        let network = Network::default();
        let new = || Simulation::new(config.clone(), network.build());
        let gaps = publish(&new(), None);
        assert!(gaps.end > 5);
        for gap in gaps {
            publish(&new(), Some(gap));
        }
        let sent = network.broker.messages();
        let whole = |sent: &MqttMessage| sent.payload.len() == 40;
        assert!(sent.iter().all(whole) && sent.len() > 12, "{}", sent.len());
    }
}

fn a_session_and_sockets_disturb_each_other_not<D: UnderTest>() {
    each::<D, 512>(|simulation, network, module| {
        let mut socket = connected(module);
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, simulation, "t");
        for n in 0..20_u8 {
            network.broker.publish(MqttMessage::new("t", [n + 1; 30]));
            echoes(module, simulation, &mut socket).unwrap();
            session
                .publish(module, "u", &[n + 1; 30], Qos::AtMostOnce, false)
                .unwrap();
            let got = receive(&mut session, module, simulation, 64, 1).unwrap();
            assert_eq!(got, [(b"t".to_vec(), vec![n + 1; 30])]);
        }
        simulation.advance(Duration::from_secs(1));
        assert_eq!(network.broker.messages().len(), 20);
        module.close(socket).unwrap();
        session.disconnect(module).unwrap();
    });
}

fn waiting_ends_with_a_message_with_the_session_or_with_its_time<D: UnderTest>() {
    each::<D, 512>(|simulation, network, module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, simulation, "t");
        let before = simulation.now();
        assert_eq!(session.wait(module, 3000), Ok(false));
        let taken = simulation.now() - before;
        assert!((2990..3200).contains(&taken.as_millis()), "{taken:?}");
        network.broker.publish(MqttMessage::new("t", "x"));
        assert_eq!(session.wait(module, 3000), Ok(true));
        receive(&mut session, module, simulation, 64, 1).unwrap();
        network.broker.disconnect_all();
        assert_eq!(session.wait(module, 30_000), Ok(true));
        let mut memory = [0; 64];
        let told = session.receive(module, &mut memory);
        assert_eq!(told, Err(Error::Closed(Closed::ByPeer)));
    });
}

fn without_memory_there_is_no_session<D: UnderTest>() {
    let uart = met::<D>();
    with_mock::<D, _>(&uart, |module| {
        let needed = 64;
        let which = Lent::Messages;
        let told = module.mqtt(&BROKER).map(drop);
        assert_eq!(
            told,
            Err(Error::Usage(Usage::BufferTooSmall { which, needed }))
        );
    });
}

/// An authority, and a server whose certificate it has issued.
fn authority(name: &str) -> (String, Vec<u8>, TlsServer) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let issued = params.signed_by(&key, &issuer).unwrap();
    let server = TlsServer::new(issued.pem(), key.serialize_pem());
    (own.pem(), own.der().to_vec(), server)
}

fn a_broker_behind_tls_is_checked_or_refused<D: UnderTest>() {
    const SECURE: u16 = 8883;
    for config in configs::<D>() {
        let (_, right, server) = authority(NAME);
        let (_, wrong, _) = authority(NAME);
        let network = Network::default();
        let broker = network.broker.clone();
        let built = network.build();
        let built = built.serve(at(SECURE), move |_| server.serve(broker.serve()).unwrap());
        let simulation = Simulation::new(config, built);
        with_joined::<D, _>(&simulation, |module| {
            let tls = TlsConfig::new().with_ca("ca.der").with_server_name(NAME);
            let config = MqttConfig::new(NAME, SECURE, "a").with_tls(tls);
            let unchecked = says_nothing(&simulation, || network.broker.connects().len());
            let told = module.mqtt(&config).expect_err("no authority");
            assert_eq!(told.cause(), Some(Cause::NoAuthority), "{told:?}");
            module.load_certificate("ca.der", &wrong).unwrap();
            let told = module.mqtt(&config);
            let is_refused = matches!(told, Err(Error::Unconnected(_)));
            assert!(is_refused, "{told:?}\n{}", simulation.transcript());
            assert_eq!(network.broker.connects().len(), unchecked);
            module.load_certificate("ca.der", &right).unwrap();
            let mut session = module.mqtt(&config).unwrap();
            session
                .publish(module, "t", b"secret", Qos::AtMostOnce, false)
                .unwrap();
            simulation.advance(Duration::from_secs(1));
            assert_eq!(network.broker.messages(), [MqttMessage::new("t", "secret")]);
            // Without it, whoever answers is the broker.
            let plain = MqttConfig::new(NAME, SECURE, "b").with_tls(TlsConfig::new());
            module.mqtt(&plain).unwrap();
        });
    }
}

/// A byte lost, changed or added, a restart, a cut line or an event at any place.
fn a_session_stands_all_weathers<D: UnderTest>() {
    in_weathers::<D>(
        23,
        |config| config,
        |module| {
            let mut session = module.mqtt(&BROKER)?;
            session.subscribe(module, "t", Qos::AtMostOnce)?;
            session.publish(module, "t", b"hello", Qos::AtMostOnce, false)?;
            if !session.wait(module, 3000)? {
                return Err(Error::Timeout);
            }
            let mut buffer = [0; 64];
            let got = session.receive(module, &mut buffer)?;
            let told = format!("{got:?}");
            session.unsubscribe(module, "t")?;
            session.disconnect(module)?;
            Ok(told)
        },
    );
}

on_both_dialects! {
    what_is_published_arrives_and_comes_back
    a_client_introduces_itself_as_it_was_told
    what_cannot_be_is_refused_before_a_byte
    a_message_that_would_be_cut_is_refused_before_a_byte
    nobody_is_taken_for_a_broker
    a_session_that_is_over_says_how_until_it_is_made_anew
    an_end_that_was_not_heard_is_found_out
    topics_are_known_twice_unknown_and_too_many
    messages_wait_while_other_calls_run_and_what_has_no_room_is_counted
    who_only_receives_loses_no_message_to_events_that_nobody_polls
    a_long_message_comes_in_announced_pieces
    a_message_in_any_gap_of_a_publication_changes_nothing
    a_session_and_sockets_disturb_each_other_not
    waiting_ends_with_a_message_with_the_session_or_with_its_time
    without_memory_there_is_no_session
    a_broker_behind_tls_is_checked_or_refused
    a_session_stands_all_weathers
}

/// What 2.0.75 sends of a message with a NUL in it.
#[test]
fn a_message_that_the_module_cuts_is_told_as_cut() {
    let network = Network::default();
    let simulation = Simulation::new(config(Profile::St67Fw2_0_75), network.build());
    with_joined::<St67, _>(&simulation, |module| {
        let mut session = module.mqtt(&BROKER).unwrap();
        subscribe(&mut session, module, &simulation, "t");
        network.broker.publish(MqttMessage::new("t", *b"ab\0cdef"));
        let mut buffer = [0; 64];
        assert_eq!(session.wait(module, 5000), Ok(true));
        let got = session.receive(module, &mut buffer).unwrap();
        let (topic, payload) = (&b"t"[..], &b"ab\r\n"[..]);
        assert_eq!(
            got,
            Some(Arrival::Message {
                topic,
                payload,
                rest: 3
            })
        );
        assert_eq!(session.receive(module, &mut buffer), Ok(Some(Arrival::Cut)));
    });
}

/// Firmware 0.2.0 keeps an own time, others take what they are told.
#[test]
fn a_keep_alive_that_a_microchip_module_would_not_keep_is_refused() {
    for (profile, is_kept) in [
        (Profile::MicrochipReference, false),
        (Profile::MicrochipFw0_2_0, false),
        (Profile::MicrochipFw0_3_2, true),
    ] {
        let network = Network::default();
        let simulation = Simulation::new(config(profile), network.build());
        with_joined::<Microchip, _>(&simulation, |module| {
            let told = module.mqtt(&BROKER.with_keep_alive_s(30));
            match is_kept {
                true => assert_eq!(network.broker.connects()[0].keep_alive, 30),
                false => assert!(matches!(told, Err(Error::Usage(Usage::Unsupported(_))))),
            }
            module.mqtt(&BROKER).unwrap();
            assert_eq!(network.broker.connects().pop().unwrap().keep_alive, 60);
        });
    }
}
