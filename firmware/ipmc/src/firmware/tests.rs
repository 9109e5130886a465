use super::*;
use alloc::vec;
use proptest::collection::vec as any_vec;
use proptest::prelude::*;

fn version() -> FirmwareVersion {
    FirmwareVersion {
        major: 2,
        minor: 0x35,
        auxiliary: [1, 2, 3, 4],
    }
}

fn firmware(program: &[u8]) -> Firmware {
    Firmware::of(1, (U24::new(0x315a), 0x100), version(), program)
}

fn received(bytes: &[u8]) -> Result<Firmware, NoFirmware> {
    let mut receiver = Receiver::new();
    assert!(receiver.take(bytes));
    receiver.finish()
}

/// The check value that every description of CRC-32 gives.
#[test]
fn crc() {
    assert_eq!(!crc_of(b"123456789"), 0xcbf4_3926);
}

/// Written by hand, with Python's `zlib.crc32` for the checksum.
#[test]
fn frozen_bytes() {
    let firmware = firmware(b"program");
    let bytes = firmware.with(b"program");
    let mut expected = b"OSFW\x01\x01\x5a\x31\x00\x00\x01\x02\x35\x01\x02\x03\x04".to_vec();
    expected.extend_from_slice(&[7, 0, 0, 0]);
    expected.extend_from_slice(&FROZEN_CRC.to_le_bytes());
    expected.extend_from_slice(b"program");
    assert_eq!(bytes, expected);
    assert_eq!(received(&bytes), Ok(firmware));
}

const FROZEN_CRC: u32 = 0xa042_0a3d;

/// Each part that is missing or changed is noticed, and by its own name.
#[test]
fn damaged() {
    let whole = firmware(b"program").with(b"program");
    for len in 0..whole.len() {
        let error = received(&whole[..len]).unwrap_err();
        let expected = match len {
            0..HEADER_LEN => NoFirmware::TooShort,
            _ => NoFirmware::Length,
        };
        assert_eq!(error, expected, "{len}");
        let mut changed = whole.clone();
        changed[len] ^= 0x04;
        let expected = match len {
            0..4 => NoFirmware::Magic,
            4 => NoFirmware::Format(5),
            17..21 => NoFirmware::Length,
            _ => NoFirmware::Checksum,
        };
        assert_eq!(received(&changed), Err(expected), "{len}");
    }
    let mut longer = whole;
    longer.push(0);
    assert_eq!(received(&longer), Err(NoFirmware::Length));
}

/// A bank is filled to the last byte, and no further.
#[test]
fn a_bank_is_full() {
    let program = vec![0x5a; PROGRAM_LEN_MAX];
    let firmware = firmware(&program);
    let mut receiver = Receiver::new();
    assert!(receiver.take(&firmware.with(&program)));
    assert_eq!(receiver.received(), FIRMWARE_LEN_MAX);
    assert!(!receiver.take(&[0]));
    assert_eq!(receiver.finish(), Ok(firmware));
}

proptest! {
    /// However the bytes are cut into blocks, the same firmware comes out.
    #[test]
    fn any_blocks(program in any_vec(any::<u8>(), 0..200), sizes in any_vec(1usize..60, 1..300)) {
        let firmware = firmware(&program);
        let bytes = firmware.with(&program);
        let mut rest = &bytes[..];
        let mut receiver = Receiver::new();
        for size in sizes.iter().cycle() {
            let (block, behind) = rest.split_at((*size).min(rest.len()));
            prop_assert!(receiver.take(block));
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(receiver.finish(), Ok(firmware));
    }
}
