use super::*;
use crate::tests::bytes;
use alloc::vec;
use proptest::collection::vec as any_vec;
use proptest::prelude::*;

fn description(text: &str) -> [u8; DESCRIPTION_LEN] {
    let mut description = [0; DESCRIPTION_LEN];
    description[..text.len()].copy_from_slice(text.as_bytes());
    description
}

fn image() -> Image {
    let version = FirmwareVersion {
        major: 1,
        minor: 0x25,
        auxiliary: [0, 0, 0, 7],
    };
    Image {
        header: Header {
            device_id: 0x10,
            manufacturer: U24::new(12634),
            product: 0x100,
            time: 0x6500_0000,
            capabilities: 0xe0,
            components: 0b11,
            self_test_timeout: 2,
            rollback_timeout: 6,
            inaccessibility_timeout: 3,
            earliest: [1, 0],
            version: version.clone(),
            oem: vec![0xaa, 0xbb],
        },
        actions: vec![
            Action::Backup { components: 0b10 },
            Action::Prepare { components: 0b11 },
            Action::Upload(Upload {
                components: 0b10,
                version,
                description: description("Application"),
                data: b"hello".to_vec(),
            }),
        ],
    }
}

/// Written by hand from the standard's tables, with Python's `hashlib` for the digest.
const FROZEN: &str = "
    5049434d4746575500105a3100000100000065e0030206030100012500000007
    0200aabb1a0002fe0103fc0202fc0125000000074170706c69636174696f6e00
    0000000000000000000500000068656c6c6fa06dfbee2d9ca77f41811e1fe550
    8f73";

/// Puts the right digest behind a body that was changed.
fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let digest = Md5::digest(&body);
    body.extend_from_slice(&digest);
    body
}

fn body() -> Vec<u8> {
    let mut whole = bytes(FROZEN);
    whole.truncate(whole.len() - DIGEST_LEN);
    whole
}

#[test]
fn frozen_bytes() {
    assert_eq!(encode(&image()), bytes(FROZEN));
    assert_eq!(decode(&bytes(FROZEN)), Ok(image()));
}

/// An upload record whose checksum is over its first 34 bytes is as good.
#[test]
fn the_other_checksum() {
    let mut body = body();
    let record = body.len() - 5 - UPLOAD_LEN - RECORD_LEN;
    assert_eq!(body[record..record + 2], [2, 2]);
    body[record + 2] = 86;
    let whole = sealed(body);
    assert_eq!(decode(&whole), Ok(image()));
    let digest = bytes("58d22cb86a28f82bb962016625b4569f");
    assert_eq!(whole[whole.len() - DIGEST_LEN..], digest);
}

/// Any bit that flips, and any byte that is missing, shows in the digest.
#[test]
fn damaged() {
    let whole = bytes(FROZEN);
    for len in 0..whole.len() {
        assert!(decode(&whole[..len]).is_err(), "{len}");
        let mut changed = whole.clone();
        changed[len] ^= 0x10;
        assert_eq!(decode(&changed), Err(ImageError::Digest), "{len}");
    }
}

/// The digest alone makes no image: each part has to be whole and right in itself.
#[test]
fn wrong_in_themselves() {
    let change = |at: usize, value: u8| {
        let mut body = body();
        body[at] = value;
        decode(&sealed(body))
    };
    assert_eq!(change(0, b'p'), Err(ImageError::Signature));
    assert_eq!(change(8, 1), Err(ImageError::Format(1)));
    assert_eq!(change(9, 0x11), Err(ImageError::HeaderChecksum));
    let first = HEADER_LEN + 2 + 1;
    let index = 0;
    assert_eq!(
        change(first + 1, 3),
        Err(ImageError::RecordChecksum { index })
    );
    let with = |record: [u8; 3]| {
        let mut body = body();
        body.truncate(first);
        body.extend_from_slice(&record);
        body.extend_from_slice(&[0; UPLOAD_LEN]);
        decode(&sealed(body))
    };
    assert_eq!(with([3, 1, 0xfc]), Err(ImageError::UnknownAction(3)));
    assert_eq!(with([2, 3, 0xfb]), Err(ImageError::NotOneComponent(3)));
    assert_eq!(with([2, 0, 0xfe]), Err(ImageError::NotOneComponent(0)));
    let body = body();
    // Between two action records an image may end, and nowhere else.
    for len in (0..body.len()).filter(|len| ![first, first + 3, first + 6].contains(len)) {
        let cut = sealed(body[..len].to_vec());
        assert_eq!(decode(&cut), Err(ImageError::Truncated), "{len}");
    }
}

#[test]
fn too_many_actions() {
    let mut image = image();
    image.actions = vec![Action::Prepare { components: 1 }; ACTIONS_MAX];
    assert_eq!(decode(&encode(&image)), Ok(image.clone()));
    image.actions.push(Action::Prepare { components: 1 });
    assert_eq!(decode(&encode(&image)), Err(ImageError::TooManyActions));
}

fn any_action() -> impl Strategy<Value = Action> {
    let version = (any::<[u8; 6]>()).prop_map(|[major, minor, a, b, c, d]| FirmwareVersion {
        major,
        minor,
        auxiliary: [a, b, c, d],
    });
    let upload = (
        0u8..8,
        version,
        any::<[u8; DESCRIPTION_LEN]>(),
        any_vec(any::<u8>(), 0..100),
    );
    prop_oneof![
        any::<u8>().prop_map(|components| Action::Backup { components }),
        any::<u8>().prop_map(|components| Action::Prepare { components }),
        upload.prop_map(|(component, version, description, data)| {
            let components = 1 << component;
            Action::Upload(Upload {
                components,
                version,
                description,
                data,
            })
        }),
    ]
}

proptest! {
    #[test]
    fn round_trip(actions in any_vec(any_action(), 0..8), oem in any_vec(any::<u8>(), 0..40)) {
        let mut image = image();
        image.actions = actions;
        image.header.oem = oem;
        prop_assert_eq!(decode(&encode(&image)), Ok(image));
    }

    /// Whatever stands before a right digest is read or refused, and what is read is written again.
    #[test]
    fn any_body(cut in 0usize..90, tail in any_vec(any::<u8>(), 0..80)) {
        let mut body = body();
        body.truncate(cut);
        body.extend(tail);
        if let Ok(image) = decode(&sealed(body)) {
            prop_assert_eq!(decode(&encode(&image)), Ok(image));
        }
    }
}
