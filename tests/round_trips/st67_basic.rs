//! Chapter 2, "Basic AT commands".

use atwifi::danger::IUnderstand;
use atwifi::st67::command::basic::*;
use atwifi::st67::{St67, Text};
use atwifi::{Download, Ranged, Switch};
use proptest::collection;
use proptest::prelude::*;

use super::{each, set_then_query};
use crate::common::Driver;

#[test]
fn switches() {
    each::<St67, _>(any::<[bool; 2]>(), |module, [codes, store]| {
        let (codes, store) = (Switch::from(codes), Switch::from(store));
        let told = set_then_query(module, &SetErrorCodes { codes }, &GetErrorCodes);
        assert_eq!(told.codes, codes);
        let told = set_then_query(module, &SetStore { store }, &GetStore);
        assert_eq!(told.store, store);
    });
}

#[test]
fn messages() {
    each::<St67, _>(0..=7_u32, |module, bits| {
        let messages = Messages::from_bits(bits);
        let told = set_then_query(module, &SetMessages { messages }, &GetMessages);
        assert_eq!(told.messages, messages);
    });
}

#[test]
fn pins() {
    each::<St67, _>((0..35_u8, any::<bool>()), |module, (pin, up)| {
        let pull = Some(if up { Pull::Up } else { Pull::Down });
        let told = set_then_query(module, &SetInput { pin, pull }, &GetInput { pin });
        assert_eq!((told.pin, told.state == 1), (pin, up));
    });
}

#[test]
fn efuses() {
    let words = (0..32_u32, collection::vec(any::<[u8; 4]>(), 1..=32));
    each::<St67, _>(words, |module, (start, words)| {
        let address = Address(0x80 + 4 * start);
        let data = words.concat();
        let count = Ranged::new(words.len() as u32).unwrap();
        let write = danger::WriteEfuse::new(count, address, IUnderstand);
        module.command_with_data(&write, &data).unwrap();
        let read = ReadEfuse {
            length: Ranged::new(data.len() as u32).unwrap(),
            address,
            reload: Some(Switch::Off),
        };
        assert_eq!(get(module, &read), data);
    });
}

#[test]
fn flash() {
    let data = (0..4096_u32, collection::vec(any::<u8>(), 1..=2048));
    each::<St67, _>(data, |module, (start, data)| {
        let address = Address(0x21_0000 + start);
        let length = Ranged::new(data.len() as u32).unwrap();
        let erase = danger::EraseFlash::new(8192, Address(0x21_0000), IUnderstand);
        module.command(&erase).unwrap();
        let write = danger::WriteFlash::new(length, address, IUnderstand);
        module.command_with_data(&write, &data).unwrap();
        assert_eq!(get(module, &ReadFlash { length, address }), data);
    });
}

#[test]
fn files() {
    // Firmware 2.0.75 reads a file up to its first NUL.
    let file = ("[ -~]{1,60}", collection::vec(1..=u8::MAX, 1..=1000));
    each::<St67, _>(file, |module, (name, data)| {
        if name.contains('/') || name.starts_with('.') {
            return;
        }
        let name = Text::new(name.as_bytes()).unwrap();
        let length = data.len() as u32;
        module.command(&CreateFile { name }).unwrap();
        let write = WriteFile {
            name,
            offset: 0,
            length,
        };
        module.command_with_data(&write, &data).unwrap();
        assert_eq!(module.command(&GetFileSize { name }).unwrap().bytes, length);
        for offset in [0, length / 2, length - 1] {
            let read = ReadFile {
                name,
                offset,
                length,
            };
            assert_eq!(get(module, &read), data[offset as usize..]);
        }
        module.command(&DeleteFile { name }).unwrap();
    });
}

fn get(module: &mut Driver<'_, St67>, command: &impl Download) -> Vec<u8> {
    let mut data = vec![0; command.length()];
    let n = module.command_for_data(command, &mut data).unwrap();
    data.truncate(n);
    data
}
