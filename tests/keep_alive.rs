//! Connections that the module probes while they are silent.

use crate::common::*;
use atwifi::microchip::Microchip;
use atwifi::st67::St67;
use atwifi::st67::command::net::{GetTcpOptions, TcpOptionsRow};
use atwifi::{Error, Usage};
use embedded_nal::TcpClientStack;

/// What the module has noted for each link.
fn keep_alive(module: &mut Driver<'_, St67>) -> Vec<u16> {
    let mut rows = Vec::new();
    let asked = module.command_for_rows(&GetTcpOptions, |row| {
        rows.push(TcpOptionsRow::parse(row).unwrap().keep_alive_s);
    });
    asked.unwrap();
    rows
}

#[test]
fn the_st67_probes_connections_that_are_opened_from_now_on() {
    each_joined::<St67>(|_, module| {
        module.set_keep_alive(75).unwrap();
        for mut socket in [module.socket().unwrap(), module.socket().unwrap()] {
            flat(module.connect(&mut socket, at(ECHO))).unwrap();
        }
        assert!(keep_alive(module).iter().all(|&seconds| seconds == 75));
        module.set_keep_alive(0).unwrap();
        assert!(keep_alive(module).iter().all(|&seconds| seconds == 0));
        let range = Usage::OutOfRange { min: 0, max: 7200 };
        assert_eq!(module.set_keep_alive(7201), Err(Error::Usage(range)));
    });
}

#[test]
fn the_microchip_module_cannot() {
    each_joined::<Microchip>(|simulation, module| {
        let before = simulation.to_module();
        let unsupported = Err(Error::Usage(Usage::Unsupported("keep-alive")));
        assert_eq!(module.set_keep_alive(75), unsupported);
        assert_eq!(simulation.to_module(), before, "nothing was sent");
    });
}
