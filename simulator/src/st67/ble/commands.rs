//! The commands.

use crate::st67::St67;
use crate::st67::line::command::{Command, command};

pub(in crate::st67) const COMMANDS: &[Command] = &[
    command("+BLEINIT")
        .query(St67::ble_role)
        .set(St67::set_ble_role),
    command("+BLEADDR")
        .query(St67::ble_own_address)
        .set(St67::set_ble_own_address),
    command("+BLENAME")
        .query(St67::ble_name)
        .set(St67::set_ble_name),
    command("+BLESCANPARAM")
        .query(St67::ble_scan_settings)
        .set(St67::set_ble_scan_settings),
    command("+BLESCAN").set(St67::ble_scan),
    command("+BLESCANRSPDATA").set(St67::set_ble_scan_response),
    command("+BLEADVPARAM")
        .query(St67::ble_advertising_settings)
        .set(St67::set_ble_advertising_settings),
    command("+BLEADVDATA").set(St67::set_ble_advertisement),
    command("+BLEADVSTART").execute(St67::ble_advertise),
    command("+BLEADVSTOP").execute(St67::ble_stop_advertising),
    command("+BLECONN")
        .query(St67::ble_connections)
        .set(St67::ble_connect),
    command("+BLECONNPARAM")
        .query(St67::ble_parameters)
        .set(St67::set_ble_parameters),
    command("+BLEDISCONN").set(St67::ble_disconnect),
    command("+BLEDATALEN").set(St67::set_ble_data_length),
    command("+BLEEXCHANGEMTU").set(St67::exchange_ble_mtu),
    command("+BLEGATTSSRV").query(St67::ble_services),
    command("+BLEGATTSSRVCRE").set(St67::create_ble_service),
    command("+BLEGATTSSRVDEL").set(St67::delete_ble_service),
    command("+BLEGATTSREGISTER").set(St67::register_ble_services),
    command("+BLEGATTSCHAR").query(St67::ble_characteristics),
    command("+BLEGATTSCHARCRE").set(St67::create_ble_characteristic),
    command("+BLEGATTSNTFY").set(St67::ble_notify),
    command("+BLEGATTSIND").set(St67::ble_indicate),
    command("+BLEGATTSRD").set(St67::set_ble_answer),
    command("+BLEGATTCSRVDIS").set(St67::discover_ble_services),
    command("+BLEGATTCCHARDIS").set(St67::discover_ble_characteristics),
    command("+BLEGATTCWR").set(St67::ble_write),
    command("+BLEGATTCRD").set(St67::ble_read),
    command("+BLEGATTCSUBSCRIBE").set(St67::ble_subscribe),
    command("+BLEGATTCUNSUBSCRIBE").set(St67::ble_unsubscribe),
    command("+BLETXPWR")
        .query(St67::ble_power)
        .set(St67::set_ble_power),
    command("+BLESECPARAM")
        .query(St67::ble_capability)
        .set(St67::set_ble_capability),
    command("+BLESECCANNEL").set(St67::cancel_ble_pairing),
    command("+BLESECPASSKEYCONFIRM").set(St67::confirm_ble_passkey),
    command("+BLESECPAIRINGCONFIRM").set(St67::confirm_ble_pairing),
    command("+BLESECPASSKEY").set(St67::enter_ble_passkey),
    command("+BLESECGETLTKLIST").query(St67::ble_bonds),
    command("+BLESECUNPAIR").set(St67::ble_unpair),
    command("+BLESECSTART").set(St67::ble_pair),
    command("+BLEBASINIT").execute(|module, _, _| module.offer_ble_battery(true)),
    command("+BLEBASDEINIT").execute(|module, _, _| module.offer_ble_battery(false)),
    command("+BLEBASLVLGET").query(St67::ble_battery),
    command("+BLEBASLVLSET").set(St67::set_ble_battery),
    command("+BLEIASINIT").execute(|module, _, _| module.offer_ble_alert(true)),
    command("+BLEIASDEINIT").execute(|module, _, _| module.offer_ble_alert(false)),
    command("+BLEDISINIT").set(St67::begin_ble_information),
    command("+BLEDISDEINIT").execute(St67::end_ble_information),
    command("+BLEDISSET").set(St67::set_ble_information),
];
