//! Upgrades of a scripted target.

use super::source::shown;
use super::{BLOCK_LEN_MAX, abandon, run};
use crate::folder::Folder;
use crate::hpi_server::jobs::{Hardware, Jobs, Turn};
use hpi_domain::{FirmwareJob, FirmwareOutcome};
use hpi_model::TextBuffer;
use hpi_model::firmware::SourceStatus;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::hpm::{Action, Header, Image, Upload, encode};
use ipmi::message::{CompletionCode, Request, Response};
use ipmi::wire::U24;
use std::collections::VecDeque;

/// Its address.
const TARGET: u8 = 0x82;

/// A target that has one component, 1, and takes blocks of so many bytes.
struct Target {
    block_len_max: usize,
    /// What it answers out of the order: command, completion code, data behind the group's id.
    says: VecDeque<(u8, u8, Vec<u8>)>,
    asked: Vec<u8>,
    uploaded: Vec<u8>,
}

impl Target {
    fn new(block_len_max: usize) -> Self {
        Self {
            block_len_max,
            says: VecDeque::new(),
            asked: Vec::new(),
            uploaded: Vec::new(),
        }
    }

    fn answer(&mut self, request: &Request) -> Response {
        let of = |code: u8, data: &[u8]| Response {
            code: CompletionCode(code),
            data: [&[0], data].concat(),
        };
        self.asked.push(request.command);
        let next = self.says.front().filter(|says| says.0 == request.command);
        if next.is_some()
            && let Some((_, code, data)) = self.says.pop_front()
        {
            return of(code, &data);
        }
        match request.command {
            // Get Device ID, which is of no group: device 3, firmware 1.05, of 315Ah, product 7.
            0x01 => Response {
                code: CompletionCode::OK,
                data: vec![3, 0, 1, 5, 2, 0, 0x5a, 0x31, 0, 7, 0],
            },
            0x2e => of(0, &[0, 0x17, 1, 1, 1, 1, 0b10]),
            0x2f if request.data[2] == 1 => of(0, &[1, 5, 0, 0, 0, 0]),
            0x2f => of(0x83, &[]),
            0x32 if request.data.len() - 2 > self.block_len_max => of(0xc8, &[]),
            0x32 => {
                self.uploaded.extend_from_slice(&request.data[2..]);
                of(0, &[])
            }
            _ => of(0, &[]),
        }
    }
}

/// What comes of a job at a target.
async fn done(target: &mut Target, job: FirmwareJob) -> FirmwareOutcome {
    let mut jobs = Jobs::new();
    let hardware = jobs.hardware(TARGET);
    let work = run(Some(&hardware), job);
    tokio::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => return result.outcome,
            turn = jobs.next() => reply(target, turn),
        }
    }
}

fn reply(target: &mut Target, turn: Turn) {
    let Turn::Ask(_, request, reply) = turn else {
        panic!("only the hardware is asked");
    };
    let _ = reply.send(target.answer(&request));
}

fn image() -> Image {
    let version = FirmwareVersion {
        major: 2,
        minor: 0x17,
        auxiliary: [0, 0, 0, 1],
    };
    let mut description = [0; 21];
    description[..4].copy_from_slice(b"Main");
    let data = (0..=u8::MAX).cycle().take(1_000).collect();
    Image {
        header: Header {
            device_id: 3,
            manufacturer: U24([0x5a, 0x31, 0]),
            product: 7,
            time: 86_400,
            capabilities: 0,
            components: 0b10,
            self_test_timeout: 0,
            rollback_timeout: 0,
            inaccessibility_timeout: 0,
            earliest: [1, 5],
            version: version.clone(),
            oem: Vec::new(),
        },
        actions: vec![
            Action::Backup { components: 0b10 },
            Action::Prepare { components: 0b10 },
            Action::Upload(Upload {
                components: 0b10,
                version,
                description,
                data,
            }),
        ],
    }
}

/// A file that holds an image: its URI, and the digest of what is in it.
fn file(folder: &Folder, bytes: &[u8]) -> (TextBuffer, Option<[u8; 16]>) {
    let path = folder.file("image");
    std::fs::write(&path, bytes).unwrap();
    let uri = TextBuffer::english(&format!("file://{}", path.display()));
    (uri, bytes.last_chunk().copied())
}

async fn status(target: &mut Target, uri: TextBuffer) -> (SourceStatus, Option<u32>) {
    let job = FirmwareJob::Validate {
        target: Some(TARGET),
        uri,
    };
    let FirmwareOutcome::Source(status, firmware) = done(target, job).await else {
        panic!("a source is told of");
    };
    (status, firmware.map(|firmware| firmware.info.version.minor))
}

/// Each reason why a source is not good has its own status.
#[tokio::test]
async fn sources_are_told_apart() {
    let folder = Folder::new();
    let mut target = Target::new(BLOCK_LEN_MAX);
    let (good, _) = file(&folder, &encode(&image()));
    assert_eq!(
        status(&mut target, good).await,
        (SourceStatus::Valid, Some(17))
    );
    let elsewhere = TextBuffer::english("tftp://10.0.0.1/good");
    let told = status(&mut target, elsewhere).await;
    assert_eq!(told, (SourceStatus::ProtocolNotSupported, None));
    for missing in [
        "file:///nowhere/at/all",
        "file:///",
        "file://other/good",
        "file:good",
    ] {
        let told = status(&mut target, TextBuffer::english(missing)).await;
        assert_eq!(told, (SourceStatus::Unreachable, None), "{missing}");
    }
    let mut damaged = encode(&image());
    damaged[100] ^= 1;
    let (damaged, _) = file(&folder, &damaged);
    assert_eq!(
        status(&mut target, damaged).await,
        (SourceStatus::Invalid, None)
    );
    let strange: [fn(&mut Image); 4] = [
        |image| image.header.product = 8,
        |image| image.header.device_id = 4,
        |image| image.header.components = 0b100,
        |image| image.header.earliest = [1, 6],
    ];
    for change in strange {
        let mut other = image();
        change(&mut other);
        let (other, _) = file(&folder, &encode(&other));
        let told = status(&mut target, other).await;
        assert_eq!(told, (SourceStatus::TypeMismatch, Some(17)));
    }
    let (good, _) = file(&folder, &encode(&image()));
    let silent = (0x01, CompletionCode::TIMEOUT.0, Vec::new());
    target.says.push_back(silent);
    let told = status(&mut target, good).await;
    assert_eq!(told, (SourceStatus::ValidationFail, Some(17)));
}

/// What is uploaded is what the file holds, in whatever pieces the target takes.
#[tokio::test]
async fn an_image_is_uploaded_block_by_block() {
    let folder = Folder::new();
    for block_len_max in [BLOCK_LEN_MAX, 10] {
        let mut target = Target::new(block_len_max);
        let (uri, digest) = file(&folder, &encode(&image()));
        let job = || FirmwareJob::Install {
            target: TARGET,
            uri: uri.clone(),
            digest,
        };
        // The second block is lost once, the erasure takes its time, and so does the end.
        target.says.extend([
            (0x31, 0x80, vec![]),
            (0x34, 0x00, vec![0x31, 0x80, 50]),
            (0x34, 0x00, vec![0x31, 0x00]),
        ]);
        assert_eq!(done(&mut target, job()).await, FirmwareOutcome::Done);
        let Some(Action::Upload(upload)) = image().actions.pop() else {
            panic!("the image ends with it");
        };
        assert_eq!(target.uploaded, upload.data);
        let orders: Vec<u8> = target
            .asked
            .iter()
            .copied()
            .filter(|it| *it == 0x31)
            .collect();
        assert_eq!(orders.len(), 3, "backup, preparation, upload");
        assert!(!target.asked.contains(&0x30), "nothing is aborted");
    }
}

#[tokio::test]
async fn an_upload_that_fails_is_aborted() {
    let folder = Folder::new();
    let (uri, digest) = file(&folder, &encode(&image()));
    let job = |digest| FirmwareJob::Install {
        target: TARGET,
        uri: uri.clone(),
        digest,
    };
    let mut target = Target::new(BLOCK_LEN_MAX);
    target.says.push_back((0x33, 0x82, vec![]));
    assert_eq!(
        done(&mut target, job(digest)).await,
        FirmwareOutcome::Failed
    );
    assert!(target.asked.contains(&0x30));
    let mut target = Target::new(BLOCK_LEN_MAX);
    let changed = Some([0; 16]);
    assert_eq!(
        done(&mut target, job(changed)).await,
        FirmwareOutcome::Failed
    );
    assert!(
        target.uploaded.is_empty(),
        "another file than was found good"
    );
}

#[tokio::test]
async fn what_runs_is_compared() {
    let folder = Folder::new();
    let (uri, digest) = file(&folder, &encode(&image()));
    let job = || FirmwareJob::Compare {
        target: TARGET,
        uri: uri.clone(),
        digest,
    };
    let mut target = Target::new(BLOCK_LEN_MAX);
    assert_eq!(done(&mut target, job()).await, FirmwareOutcome::Done);
    target.says.push_back((0x33, 0x83, vec![]));
    assert_eq!(done(&mut target, job()).await, FirmwareOutcome::Failed);
}

/// The self test and the rollback say how an activation ended; the target may be silent meanwhile.
#[tokio::test]
async fn an_activation_ends_as_the_target_says() {
    let ends = [
        (vec![(0x36, 0x00, vec![0x55, 0])], FirmwareOutcome::Done),
        (vec![(0x36, 0xd5, vec![])], FirmwareOutcome::Done),
        (
            vec![
                (0x36, 0x80, vec![]),
                (0x36, CompletionCode::TIMEOUT.0, vec![]),
                (0x36, 0x00, vec![0x60, 2]),
                (0x37, 0x80, vec![0, 10]),
                (0x37, 0x00, vec![2]),
            ],
            FirmwareOutcome::WentBack(true),
        ),
        (
            vec![(0x36, 0x00, vec![0x60, 2]), (0x37, 0x81, vec![2])],
            FirmwareOutcome::WentBack(false),
        ),
        (
            vec![(0x36, 0x00, vec![0x60, 2]), (0x37, 0x82, vec![2])],
            FirmwareOutcome::Failed,
        ),
    ];
    for (says, outcome) in ends {
        let mut target = Target::new(BLOCK_LEN_MAX);
        target.says = says.into();
        let (target_address, keeps) = (TARGET, false);
        let job = FirmwareJob::Activate {
            target: target_address,
            keeps,
        };
        assert_eq!(done(&mut target, job).await, outcome);
    }
}

#[tokio::test]
async fn a_rollback_and_a_backup_are_ordered() {
    let mut target = Target::new(BLOCK_LEN_MAX);
    let rollback = FirmwareJob::Rollback { target: TARGET };
    target.says.push_back((0x37, 0x00, vec![2]));
    assert_eq!(
        done(&mut target, rollback.clone()).await,
        FirmwareOutcome::Done
    );
    target.says.push_back((0x38, 0xd5, vec![]));
    assert_eq!(done(&mut target, rollback).await, FirmwareOutcome::Failed);
    let backup = FirmwareJob::Backup { target: TARGET };
    assert_eq!(done(&mut target, backup).await, FirmwareOutcome::Done);
}

/// What is not wanted any more is aborted, and the target looked at.
#[tokio::test]
async fn a_job_is_abandoned() {
    let (mut jobs, mut target) = (Jobs::new(), Target::new(BLOCK_LEN_MAX));
    let hardware: Hardware = jobs.hardware(TARGET);
    let work = abandon(Some(&hardware));
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            turn = jobs.next() => reply(&mut target, turn),
        }
    };
    assert_eq!(target.asked[0], 0x30);
    let found = result.target.expect("it answers");
    let current = found.components[0].current.as_ref();
    assert_eq!(current.map(|version| version.minor), Some(5));
}

#[test]
fn build_times_are_dates() {
    let dates = [
        (0, ""),
        (1, "1970-01-01T00:00:01Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_735_689_599, "2024-12-31T23:59:59Z"),
        (u32::MAX, "2106-02-07T06:28:15Z"),
    ];
    for (seconds, date) in dates {
        assert_eq!(shown(seconds), date);
    }
}
