//! Whatever a user passes as text: refused, or written as one line that fits the module's.
#![no_main]

use atat::AtatCmd;
use atwifi::{microchip, st67};
use libfuzzer_sys::fuzz_target;

fn one_line(command: &impl AtatCmd) {
    let mut wire = [0; 256];
    let n = command.write(&mut wire);
    let line = wire[..n].strip_suffix(b"\r\n").expect("ends with CR LF");
    assert!(!line.contains(&b'\r') && !line.contains(&b'\n') && !line.contains(&0), "{line:?}");
}

fuzz_target!(|input: (&[u8], &[u8])| {
    let (first, second) = input;
    if let (Ok(ssid), Ok(password)) = (st67::Text::new(first), st67::Secret::new(second)) {
        one_line(&st67::command::wifi::Join::new(ssid, password));
    }
    if let Ok(name) = st67::Text::new(first) {
        one_line(&st67::command::net::Resolve { name, family: st67::command::net::Family::Ipv4 });
    }
    use st67::command::net;
    if let (Ok(certificate), Ok(key)) = (st67::Text::new(first), st67::Text::new(second)) {
        one_line(&net::SetCertificates {
            link: net::Link::MAX,
            authentication: net::Authentication::Both,
            certificate: Some(certificate),
            key: Some(key),
            ca: Some(certificate),
        });
    }
    if let (Ok(name), Ok(other)) = (st67::Text::new(first), st67::Text::new(second)) {
        one_line(&net::SetProtocols {
            link: net::Link::MAX,
            count: atwifi::Ranged::MAX,
            first: Some(name),
            second: Some(other),
            third: Some(name),
            fourth: Some(other),
            fifth: Some(name),
        });
    }
    if let Ok(length) = net::EscapedLength::of(first) {
        one_line(&net::SendEscaped { link: net::Link::MAX, length });
    }
    {
        use st67::command::mqtt::{Publish, Qos, Scheme, SetUser};
        let text = std::str::from_utf8(first).unwrap_or_default();
        if let Ok(command) = Publish::new(text, second, Qos::ExactlyOnce, atwifi::Switch::On) {
            one_line(&command);
        }
        if let Ok(command) = SetUser::new(Scheme::TlsMutual, text, text, second, None) {
            one_line(&command);
        }
    }
    use st67::command::ble;
    if let Ok(name) = st67::Text::new(first) {
        one_line(&ble::SetName { name });
    }
    if let Ok(data) = ble::Advertisement::new(first) {
        one_line(&ble::SetAdvertisement { data });
    }
    if let Ok(command) = ble::SetDeviceInfo::new(ble::DeviceInfo::Manufacturer, second) {
        one_line(&command);
    }
    use microchip::command::{mqtt, network, wlan};
    let to = std::net::SocketAddrV4::new([255; 4].into(), u16::MAX);
    if let Ok(command) = network::SendTextTo::new(u32::MAX, to, first) {
        one_line(&command);
    }
    if let Ok(command) = mqtt::Publish::new(first, second) {
        one_line(&command);
    }
    if let Ok(name) = microchip::Text::new(second) {
        one_line(&network::ConfigureTls {
            index: atwifi::Ranged::MAX,
            parameter: network::TlsParameter::Ca(name),
        });
    }
    if let Ok(ssid) = microchip::Text::new(first) {
        let parameter = wlan::StationParameter::Ssid(ssid);
        one_line(&wlan::ConfigureStation { parameter });
    }
    if let Ok(secret) = microchip::Secret::new(second) {
        let parameter = wlan::StationParameter::Credentials(secret);
        one_line(&wlan::ConfigureStation { parameter });
    }
    if let Ok(name) = microchip::Text::new(first) {
        let record = network::RecordType::A;
        one_line(&network::Resolve { record, name });
    }
});
