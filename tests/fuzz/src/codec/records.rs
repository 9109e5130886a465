//! Records and images: SDR, SEL, HPM.1 images, PET, names, text.

use super::{Decoder, as_it_is, inventories};
use crate::{Feedback, magnitude};
use ipmi::hpm::{Action, Header, Image, Upload};
use ipmi::pet::{OEM_LEN_MAX, Pet};
use ipmi::sdr::other::OtherRecord;
use ipmi::sdr::{Converter, FullSensor, RecordBody};
use ipmi::text::Text;
use ipmi::wire::checksum;
use ipmi::{hpm, names, sdr, sel};
use md5::{Digest, Md5};

pub(super) fn all() -> Vec<Decoder> {
    let decoder = |name: &str, run: fn(&[u8], &mut Feedback), samples| Decoder {
        name: name.into(),
        run: Box::new(run),
        repair: as_it_is,
        samples,
    };
    vec![
        Decoder {
            repair: repair_sdr,
            ..decoder("SDR", run_sdr, sdr_samples())
        },
        decoder("SEL record", run_sel, sel_samples()),
        Decoder {
            repair: inventories::repair,
            ..decoder("FRU inventory", inventories::run, inventories::samples())
        },
        Decoder {
            repair: repair_image,
            ..decoder("HPM.1 image", run_image, image_samples())
        },
        decoder("PET", run_pet, vec![vec![0; 52], (0..110).collect()]),
        decoder("names", run_names, vec![vec![1, 2, 3], vec![0xf0, 0x6f, 1]]),
        decoder(
            "text",
            run_text,
            vec![b"1-2.3:4,5_6 7".to_vec(), b"IPMC".to_vec()],
        ),
    ]
}

fn run_sdr(input: &[u8], feedback: &mut Feedback) {
    let record = match sdr::decode(input) {
        Ok(record) => record,
        Err(error) => return feedback.note(("SDR", input.get(3), error.field)),
    };
    let written = sdr::encode(&record);
    assert!(written.len() <= sdr::RECORD_LEN_MAX);
    assert!(written.len() <= input.len().max(sdr::HEADER_LEN));
    assert_eq!(sdr::decode(&written).as_ref(), Ok(&record));
    match &record.body {
        RecordBody::Full(sensor) => run_full(sensor, feedback),
        RecordBody::Compact(sensor) => {
            let shared = sensor.shared();
            feedback.note(("compact", shared.len(), sensor.id_string.bytes.len()));
            assert!((1..=15).contains(&shared.len()));
        }
        RecordBody::EventOnly(sensor) => {
            let address = sensor.address();
            feedback.note(("event-only", sensor.id_string.bytes.len(), address.lun));
        }
        RecordBody::FruLocator(locator) => {
            feedback.note(("FRU", locator.is_logical(), locator.id_string.bytes.len()));
        }
        RecordBody::McLocator(locator) => feedback.note(("MC", locator.id_string.text().len())),
        RecordBody::Other { kind, bytes } => run_other(*kind, bytes, (&record, feedback)),
    }
}

fn run_full(sensor: &FullSensor, feedback: &mut Feedback) {
    let converter = Converter::of(sensor);
    feedback.note(("full", sensor.id_string.bytes.len(), converter.is_ok()));
    feedback.note(("format", format!("{:?}", sensor.common.analog_format())));
    feedback.note(("units", format!("{:?}", sensor.common.units().modifier)));
    let Ok(converter) = converter else { return };
    for raw in 0..=255 {
        let Ok(micro) = converter.micro(raw) else {
            continue;
        };
        let back = converter.raw(micro);
        feedback.note((
            "conversion",
            back.is_ok(),
            converter.difference_micro(raw).is_ok(),
        ));
        // Several raw values may stand for one reading, but not for two.
        if let Ok(back) = back {
            let again = converter.micro(back).unwrap_or(micro);
            let step = converter.difference_micro(1).unwrap_or(i64::MAX);
            let distance = again.abs_diff(micro);
            assert!(
                distance <= step.unsigned_abs(),
                "{raw} reads {micro}, {back} reads {again}"
            );
        }
    }
}

fn run_other(kind: u8, bytes: &[u8], (record, feedback): (&sdr::Record, &mut Feedback)) {
    match OtherRecord::decode(kind, bytes) {
        Ok(Some(other)) => {
            feedback.note(("other", kind, bytes.len().min(32)));
            let again = other.record(record.id);
            let RecordBody::Other {
                kind: same,
                bytes: written,
            } = &again.body
            else {
                panic!("{other:?} is another record");
            };
            assert_eq!(*same, kind);
            assert!(written.len() <= bytes.len());
            assert_eq!(OtherRecord::decode(kind, written), Ok(Some(other)));
        }
        Ok(None) => feedback.note(("other", kind >> 4)),
        Err(error) => feedback.note(("other", kind, error.field)),
    }
}

/// The length in the header becomes that of the record.
fn repair_sdr(input: &mut [u8]) {
    let len = input.len().saturating_sub(sdr::HEADER_LEN).min(255);
    if let Some(byte) = input.get_mut(sdr::HEADER_LEN - 1) {
        *byte = len as u8;
    }
}

fn sdr_samples() -> Vec<Vec<u8>> {
    let kinds = [
        0x01, 0x02, 0x03, 0x08, 0x09, 0x10, 0x11, 0x12, 0x13, 0x14, 0xc0,
    ];
    let sample = |kind: u8| {
        let mut bytes = vec![1, 0, sdr::VERSION, kind, 0];
        bytes.extend((0..64).map(|index| if index == 42 { 0xc4 } else { 1 }));
        repair_sdr(&mut bytes);
        bytes
    };
    kinds.into_iter().map(sample).collect()
}

fn run_sel(input: &[u8], feedback: &mut Feedback) {
    let Some((bytes, _)) = input.split_first_chunk::<{ sel::RECORD_LEN }>() else {
        return;
    };
    let record = sel::Record::decode(bytes);
    assert_eq!(&record.encode(), bytes);
    feedback.note((
        "SEL",
        record.body.kind() >> 4,
        record.body.timestamp().is_some(),
    ));
    if let sel::RecordBody::Event { event, .. } = record.body {
        feedback.note(("class", format!("{:?}", event.class())));
        feedback.note(("trigger", event.trigger_reading().is_some(), event.offset()));
        feedback.note((
            "threshold",
            event.trigger_threshold().is_some(),
            event.sensor().lun,
        ));
        run_names(
            &[event.sensor_type, event.event_type, event.offset()],
            feedback,
        );
        if let Some(swap) = event.hot_swap() {
            feedback.note(("swap", swap.current, swap.previous));
            if swap.cause.is_some() && swap.previous.is_some() && swap.fru_id.is_some() {
                assert_eq!(swap.data()[0] & 0x0f, event.data[0] & 0x0f);
            }
        }
    }
}

fn sel_samples() -> Vec<Vec<u8>> {
    vec![
        vec![
            1, 0, 2, 1, 2, 3, 4, 0x82, 0, 4, 0xf0, 0, 0x6f, 0xa4, 0x13, 0,
        ],
        vec![2, 0, 2, 1, 2, 3, 4, 0x82, 0, 4, 1, 1, 0x81, 0x57, 90, 85],
        vec![3, 0, 0xc1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
        vec![4, 0, 0xe1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
    ]
}

/// Lets the last byte of a piece make its sum zero.
pub(super) fn seal(bytes: &mut [u8], start: usize, len: usize) {
    let end = start.saturating_add(len);
    if let Some([piece @ .., last]) = bytes.get_mut(start..end) {
        *last = checksum(piece);
    }
}

fn run_image(input: &[u8], feedback: &mut Feedback) {
    match hpm::decode(input) {
        Ok(image) => {
            assert!(image.actions.len() <= hpm::ACTIONS_MAX);
            feedback.note((
                "image",
                image.actions.len(),
                magnitude(image.header.oem.len()),
            ));
            for action in &image.actions {
                feedback.note(("action", std::mem::discriminant(action)));
            }
            let written = hpm::encode(&image);
            assert_eq!(written.len(), input.len());
            assert_eq!(hpm::decode(&written), Ok(image));
        }
        Err(error) => feedback.note(("image", format!("{error:?}"))),
    }
}

/// The digest, and the checksums of the header and of the first actions.
fn repair_image(input: &mut [u8]) {
    // Header without OEM data: 34 bytes and their checksum.
    let Some(oem) = input.get(32..34) else { return };
    let mut start = 35 + usize::from(u16::from_le_bytes([oem[0], oem[1]]));
    seal(input, 0, start);
    while let Some([kind, _, _]) = input.get(start..start + 3) {
        let kind = *kind;
        seal(input, start, 3);
        start += 3;
        if kind == 2 {
            let Some(len) = input.get(start + 27..start + 31) else {
                break;
            };
            let len = u32::from_le_bytes([len[0], len[1], len[2], len[3]]) as usize;
            start = start.saturating_add(31).saturating_add(len);
        }
        if start >= input.len() {
            break;
        }
    }
    sign(input);
}

/// Puts the right digest at the end.
fn sign(input: &mut [u8]) {
    let Some(body_len) = input.len().checked_sub(16) else {
        return;
    };
    let digest = Md5::digest(&input[..body_len]);
    input[body_len..].copy_from_slice(&digest);
}

fn image_samples() -> Vec<Vec<u8>> {
    let version = ipmi::command::hpm::FirmwareVersion {
        major: 1,
        minor: 0x20,
        auxiliary: [0; 4],
    };
    let header = Header {
        device_id: 0x10,
        manufacturer: ipmi::wire::U24::new(0x315a),
        product: 0x100,
        time: 1,
        capabilities: 0x18,
        components: 3,
        self_test_timeout: 1,
        rollback_timeout: 1,
        inaccessibility_timeout: 1,
        earliest: [1, 0],
        version: version.clone(),
        oem: vec![1, 2, 3],
    };
    let upload = Action::Upload(Upload {
        components: 1,
        version,
        description: [b'F'; hpm::DESCRIPTION_LEN],
        data: vec![7; 40],
    });
    let actions = vec![
        Action::Backup { components: 1 },
        Action::Prepare { components: 1 },
        upload,
    ];
    let whole = Image { header, actions };
    let empty = Image {
        actions: vec![],
        ..whole.clone()
    };
    vec![hpm::encode(&whole), hpm::encode(&empty)]
}

fn run_pet(input: &[u8], feedback: &mut Feedback) {
    let Some((specific, octets)) = input.split_first_chunk() else {
        return;
    };
    match Pet::decode(u32::from_be_bytes(*specific), octets) {
        Ok(pet) => {
            feedback.note((
                "PET",
                magnitude(pet.oem.len()),
                pet.utc_offset_min.is_some(),
            ));
            let number = pet.trap.number();
            let written = pet.encode();
            if pet.oem.len() < OEM_LEN_MAX {
                assert_eq!(Pet::decode(number, &written), Ok(pet));
            }
        }
        Err(error) => feedback.note(("PET", error.field)),
    }
}

fn run_names(input: &[u8], feedback: &mut Feedback) {
    let [first, second, third, ..] = *input else {
        return;
    };
    feedback.note(("name", first, names::event(first, second, third).is_some()));
    // An unspecified unit has no name.
    feedback.note(("unit", names::unit(first).len()));
    let words = [
        names::entity(first),
        names::sensor_type(first),
        names::site_type(first),
        names::hot_swap_state(first),
        names::hot_swap_cause(first),
        names::threshold(first),
    ];
    assert!(words.iter().all(|word| !word.is_empty()), "{first}");
}

fn run_text(input: &[u8], feedback: &mut Feedback) {
    let Ok(text) = std::str::from_utf8(input) else {
        for coding in [0, 1, 2, 3] {
            let coding = match coding {
                0 => ipmi::text::Coding::Binary,
                1 => ipmi::text::Coding::BcdPlus,
                2 => ipmi::text::Coding::SixBit,
                _ => ipmi::text::Coding::Latin1,
            };
            let bytes = input.to_vec();
            let shown = Text { coding, bytes }.text();
            assert!(shown.chars().count() <= 2 * input.len());
        }
        return;
    };
    let trimmed = text.trim_end_matches([' ', '\0']);
    let packed = (Text::bcd_plus(text), Text::six_bit(text));
    feedback.note((
        "text",
        packed.0.is_some(),
        packed.1.is_some(),
        magnitude(text.len()),
    ));
    for packed in [packed.0, packed.1].into_iter().flatten() {
        assert!(packed.bytes.len() <= input.len());
        assert_eq!(packed.text(), trimmed);
    }
    let is_latin = text.chars().all(|c| u32::from(c) < 256);
    if is_latin {
        assert_eq!(Text::latin1(text).text(), trimmed);
    }
}
