//! Clients that have left the blocking traits: the newest minimq, rust-mqtt and reqwless, on the
//! traits of embedded-nal-async.

use atwifi_consumers::{
    Board, Firmware, Handle, Mosquitto, NAME, Nginx, UnderTest, on_every_firmware,
};
use embassy_futures::{block_on, join::join};
use embassy_time::{Duration, with_timeout};
use embedded_nal_async::TcpConnect;
use reqwless::client::HttpClient;
use reqwless::request::Method;

/// Far more than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes that look like what a module says, and any others.
fn content(length: usize) -> Vec<u8> {
    let words = b"\r\nOK\r\n+CIP:0,DISCONNECTED\r\n>+SOCKCL:1\r\nERROR\r\n";
    let bytes = words.iter().copied().chain(0..=255);
    bytes.cycle().take(length).collect()
}

/// Waits for what must happen, without end if the client never yields.
fn run<T>(task: impl Future<Output = T>) -> T {
    block_on(with_timeout(PATIENCE, task)).expect("in time")
}

/// minimq sends a message to itself.
async fn minimq_echo<D: UnderTest>(network: Handle<D>, broker: &Mosquitto, message: &[u8]) {
    use minimq_async::{Buffers, ConfigBuilder, Publication, QoS, Session, TopicFilter};

    let (mut incoming, mut outgoing) = ([0; 4096], [0; 8192]);
    let settings = ConfigBuilder::new(Buffers::new(&mut incoming, &mut outgoing));
    let mut session = Session::new(settings.client_id("minimq").expect("a short identifier"));
    let stream = network.connect(broker.address()).await.expect("connect");
    let mut mqtt = session.connect(stream).await.expect("a session");
    let subscribed = mqtt.subscribe(&[TopicFilter::new("minimq")], &[]).await;
    subscribed.expect("subscribe");
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce] {
        let publication = Publication::bytes("minimq", message).qos(qos);
        mqtt.publish(publication).await.expect("publish");
        let received = mqtt.recv().await.expect("the message");
        assert_eq!(received.topic(), "minimq");
        assert!(received.payload() == message, "{qos:?}");
    }
}

/// rust-mqtt, which writes a byte or two at a time, sends a message to itself.
async fn rust_mqtt_echo<D: UnderTest>(network: Handle<D>, broker: &Mosquitto, message: &[u8]) {
    use rust_mqtt::Bytes;
    use rust_mqtt::buffer::AllocBuffer;
    use rust_mqtt::client::Client;
    use rust_mqtt::client::event::Event;
    use rust_mqtt::client::options::{
        ConnectOptions, PublicationOptions, SubscriptionOptions, TopicReference,
    };
    use rust_mqtt::types::{MqttString, TopicFilter, TopicName};

    let name = MqttString::from_str("rust-mqtt").expect("a short name");
    let filter = TopicFilter::new(name.as_borrowed()).expect("a filter");
    let topic = TopicName::new(name.as_borrowed()).expect("a topic");
    let mut buffer = AllocBuffer;
    let mut mqtt = Client::<'_, '_, _, _, 1, 1, 1, 0, 0, 0, 0>::new(&mut buffer);
    let stream = network.connect(broker.address()).await.expect("connect");
    let clean = ConnectOptions::new().clean_start();
    mqtt.connect(stream, &clean, None).await.expect("a session");
    let subscribed = mqtt.subscribe(filter, &SubscriptionOptions::new()).await;
    subscribed.expect("subscribe");
    let subscribed = mqtt.poll().await.expect("an answer");
    assert!(matches!(subscribed, Event::Suback(_)));
    for _ in 0..2 {
        let options = PublicationOptions::new(TopicReference::Name(topic.as_borrowed()));
        let sent = mqtt.publish(&options, Bytes::from(message)).await;
        sent.expect("publish");
        let Event::Publish(received) = mqtt.poll().await.expect("the message") else {
            panic!("another event");
        };
        assert!(&*received.message == message);
    }
}

async fn get<D: UnderTest>(network: Handle<D>, server: &Nginx, name: &str) -> Vec<u8> {
    let url = format!("http://{NAME}:{}/{name}", server.address().port());
    let mut memory = [0; 16_384];
    let mut client = HttpClient::new(&network, &network);
    let mut request = client.request(Method::GET, &url).await.expect("connect");
    let response = request.send(&mut memory).await.expect("a response");
    assert!(response.status.is_successful());
    let body = response.body().read_to_end().await;
    body.expect("the body").to_vec()
}

fn minimq<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    run(minimq_echo(network, &broker, &content(3000)));
}

fn rust_mqtt<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    run(rust_mqtt_echo(network, &broker, &content(3000)));
}

fn reqwless<D: UnderTest>(firmware: Firmware) {
    let page = content(5000);
    let Some(server) = Nginx::start([("page", &page)]) else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    // More often than there are places for sockets.
    for _ in 0..6 {
        assert!(run(get(network, &server, "page")) == page);
    }
}

/// Two clients on one module: while one waits for its peer, the other goes on.
fn two_at_a_time<D: UnderTest>(firmware: Firmware) {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (_board, network) = Board::shared::<D>(firmware);
    let message = content(500);
    run(join(
        minimq_echo(network, &broker, &message),
        rust_mqtt_echo(network, &broker, &message),
    ));
}

on_every_firmware! {
    minimq
    rust_mqtt
    reqwless
    two_at_a_time
}
