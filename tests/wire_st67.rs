//! What the ST67's types carry and name. The bytes of each command and reply are in
//! `vocabulary/`.

use atwifi::Usage;
use atwifi::st67::{ErrorCode, JoinError, Reason, Subcategory, Text};

#[test]
fn text_is_refused_before_a_byte_is_sent_where_it_cannot_be_carried() {
    for byte in 0..=255_u8 {
        let bytes = [b'a', byte, b'b'];
        let text = Text::<32>::new(&bytes);
        match byte {
            0 | b'\r' | b'\n' => assert_eq!(text, Err(Usage::Byte(byte))),
            _ => assert!(text.is_ok()),
        }
    }
    assert_eq!(Text::<32>::new(&[b'x'; 33]), Err(Usage::TooLong(32)));
    // Escapes count: no text may push its command over the module's line.
    assert!(Text::<127>::new(&[b','; 100]).is_err());
}

#[test]
fn every_code_of_the_reference_has_a_name() {
    for n in 1..=25 {
        assert_ne!(Reason::from(n), Reason::Unknown(n));
        assert!(!Reason::from(n).to_string().starts_with("reason"));
    }
    assert_eq!(Reason::from(26), Reason::Unknown(26));
    assert_eq!(Reason::from(12), Reason::NoAccessPoint);
    for n in 1..=4 {
        assert_ne!(JoinError::from(n), JoinError::Unknown(n));
    }
    for n in 0..=0x14_u32 {
        let code = ErrorCode(0x0100_0000 | n << 16);
        assert!(!matches!(code.subcategory(), Subcategory::Unknown(_)));
    }
    // `AT+FAKE` of section 2.2.9.
    assert_eq!(
        ErrorCode(0x0109_0000).subcategory(),
        Subcategory::UnsupportedCommand
    );
    // Two parameters needed, one given (wire notes 1).
    assert_eq!(ErrorCode(0x0106_0201).extension(), 0x0201);
}
