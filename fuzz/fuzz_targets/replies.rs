//! Every reply parser, on any bytes: no panic.
#![no_main]

use atat::AtatCmd;
use atwifi::{microchip, st67};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|reply: &[u8]| {
    use microchip::command::{general, mqtt, network, scanning, wlan};
    use st67::command::{basic, ble, net, wifi};
    let name = net::Resolve { name: st67::Text::new(b"a").unwrap(), family: net::Family::Ipv4 };
    let _ = basic::GetErrorCodes.parse(Ok(reply));
    let _ = basic::EchoOff.parse(Ok(reply));
    let _ = basic::GetVersions.parse(Ok(reply));
    let _ = basic::CommandRow::parse(reply);
    let _ = basic::GetMemory.parse(Ok(reply));
    let _ = basic::GetTemperature.parse(Ok(reply));
    let _ = basic::GetInput { pin: 0 }.parse(Ok(reply));
    let _ = basic::PartitionRow::parse(reply);
    let _ = basic::FileRow::parse(reply);
    let _ = basic::GetFusedMacs.parse(Ok(reply));
    let _ = basic::GetPartNumber.parse(Ok(reply));
    let _ = wifi::GetState.parse(Ok(reply));
    let _ = wifi::GetJoined.parse(Ok(reply));
    for bits in [0, 2, 0x1f, 0x69f, 0x7ff] {
        let _ = wifi::ScanRow::parse(reply, wifi::Columns::from_bits(bits));
    }
    let _ = wifi::GetSoftAp.parse(Ok(reply));
    let _ = wifi::ClientRow::parse(reply);
    let _ = wifi::GetDhcp.parse(Ok(reply));
    let _ = wifi::GetDhcpServer.parse(Ok(reply));
    let _ = wifi::GetStationMac.parse(Ok(reply));
    let _ = wifi::GetSoftApAddresses.parse(Ok(reply));
    let _ = wifi::GetHostName.parse(Ok(reply));
    let _ = wifi::GetCountry.parse(Ok(reply));
    let _ = wifi::GetAntennaDiversity.parse(Ok(reply));
    let _ = wifi::GetAddresses.parse(Ok(reply));
    let _ = name.parse(Ok(reply));
    let _ = net::GetLinks.parse(Ok(reply));
    let _ = net::GetLengths.parse(Ok(reply));
    let _ = net::LinkRow::parse(reply);
    let _ = net::GetLocalAddresses.parse(Ok(reply));
    let _ = net::GetNameServers.parse(Ok(reply));
    let _ = net::GetServer.parse(Ok(reply));
    let _ = net::GetTime.parse(Ok(reply));
    let _ = net::GetTimeServers.parse(Ok(reply));
    let _ = net::TcpOptionsRow::parse(reply);
    let _ = net::CertificatesRow::parse(reply);
    let _ = net::ServerNameRow::parse(reply);
    let _ = net::ProtocolsRow::parse(reply).map(|row| row.names().count());
    let _ = net::PskRow::parse(reply);
    let _ = st67::command::mqtt::GetUser.parse(Ok(reply));
    let _ = st67::command::mqtt::GetConnection.parse(Ok(reply));
    let _ = st67::command::mqtt::GetState.parse(Ok(reply));
    let _ = st67::command::mqtt::SubscriptionRow::parse(reply);
    let _ = st67::command::mqtt::ProtocolsRow::parse(reply).map(|row| row.names().count());
    for bits in 0..16 {
        let is = |bit| bits & bit != 0;
        let _ = st67::Event::parse_delivered(reply, st67::Delivery {
            is_active: is(1),
            is_single: is(2),
            has_no_sender: is(4),
            has_notify_handle: is(8),
        });
    }
    let _ = ble::GetRole.parse(Ok(reply));
    let _ = ble::GetAddress.parse(Ok(reply));
    let _ = ble::GetName.parse(Ok(reply));
    let _ = ble::GetScanParameters.parse(Ok(reply));
    let _ = ble::GetAdvertisingParameters.parse(Ok(reply));
    let _ = ble::GetConnections.parse(Ok(reply));
    let _ = ble::GetConnectionParameters.parse(Ok(reply));
    let _ = ble::GetServices.parse(Ok(reply));
    let _ = ble::GetCharacteristics.parse(Ok(reply));
    let _ = ble::GetBonds.parse(Ok(reply));
    let _ = ble::GetBatteryLevel.parse(Ok(reply));
    let _ = general::GetRevision.parse(Ok(reply));
    let _ = wlan::GetStation.parse(Ok(reply));
    let _ = network::Open { protocol: network::Protocol::Tcp }.parse(Ok(reply));
    let _ = network::GetSockets.parse(Ok(reply));
    let _ = general::GetModel.parse(Ok(reply));
    let _ = wlan::GetAccessPoint.parse(Ok(reply));
    let _ = wlan::GetProvisioning.parse(Ok(reply));
    let _ = mqtt::GetMqttConnection.parse(Ok(reply));
    let _ = network::SocketRow::parse(reply);
    let _ = network::ReceivedRow::parse(reply);
    let _ = network::TlsRow::parse(reply);
    let _ = scanning::ScanRow::parse(reply);
    let _ = wlan::StationState::parse(reply);
    let _ = wlan::StationRow::parse(reply);
    let _ = wlan::AccessPointRow::parse(reply);
    let _ = wlan::ProvisioningRow::parse(reply);
    let _ = mqtt::MqttRow::parse(reply);
    let _ = microchip::Event::parse(reply);
    if let Some(text) = microchip::Literal::parse(reply) {
        assert!(text.len() <= reply.len());
    }
});
