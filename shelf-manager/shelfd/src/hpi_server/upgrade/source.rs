//! Sources of firmware: files of this host that hold HPM.1 images.

use crate::hpi_server::jobs::Hardware;
use hpi_domain::FirmwareOutcome;
use hpi_domain::fumi::version;
use hpi_model::firmware::{FirmwareInfo, FirmwareInstance, SourceStatus};
use hpi_model::{TextBuffer, Uri};
use ipmi::command::app::{DeviceId, GetDeviceId};
use ipmi::command::hpm::{GetTargetUpgradeCapabilities, TargetUpgradeCapabilities};
use ipmi::hpm::{self, Action, Header, IMAGE_LEN_MAX, Image};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A source that was read.
pub(super) struct Read {
    pub(super) image: Image,
    /// MD5 of the image, which it ends with.
    pub(super) digest: [u8; 16],
    len: u64,
    name: String,
}

/// Reads a source, and looks whether it is for the target.
pub(super) async fn validate(hardware: Option<&Hardware>, uri: &TextBuffer) -> FirmwareOutcome {
    let read = match read(uri).await {
        Ok(read) => read,
        Err(status) => return FirmwareOutcome::Source(status, None),
    };
    let status = match hardware {
        Some(hardware) => fits(hardware, &read.image.header).await,
        None => SourceStatus::Valid,
    };
    FirmwareOutcome::Source(status, Some(instance(&read)))
}

/// Source: PICMG HPM.1 R1.0 §4.2: header.
async fn fits(hardware: &Hardware, header: &Header) -> SourceStatus {
    let device = hardware.ask(&GetDeviceId {}).await;
    let target = hardware.ask(&GetTargetUpgradeCapabilities {}).await;
    match (device, target) {
        (Ok(device), Ok(target)) if is_for(header, &device, &target) => SourceStatus::Valid,
        (Ok(_), Ok(_)) => SourceStatus::TypeMismatch,
        _ => SourceStatus::ValidationFail,
    }
}

fn is_for(header: &Header, device: &DeviceId, target: &TargetUpgradeCapabilities) -> bool {
    let runs = [device.firmware_major & 0x7f, device.firmware_minor];
    header.device_id == device.device_id
        && header.manufacturer == device.manufacturer
        && header.product == device.product
        && header.components & !target.components == 0
        && runs >= header.earliest
}

pub(super) async fn read(uri: &TextBuffer) -> Result<Read, SourceStatus> {
    let parsed = Uri::parse(&uri.data).ok_or(SourceStatus::Unreachable)?;
    if !parsed.is_file() {
        return Err(SourceStatus::ProtocolNotSupported);
    }
    let path = parsed.local_path().ok_or(SourceStatus::Unreachable)?;
    let path = PathBuf::from(OsString::from_vec(path));
    let read = tokio::task::spawn_blocking(move || read_file(&path));
    read.await.unwrap_or(Err(SourceStatus::ValidationFail))
}

/// Choice: only what is a regular file is opened, as others may never end.
fn read_file(path: &Path) -> Result<Read, SourceStatus> {
    let unreachable = |_| SourceStatus::Unreachable;
    let metadata = std::fs::metadata(path).map_err(unreachable)?;
    let is_file = metadata.is_file();
    is_file.then_some(()).ok_or(SourceStatus::Unreachable)?;
    let len_max = u64::try_from(IMAGE_LEN_MAX).unwrap_or(u64::MAX);
    if metadata.len() > len_max {
        return Err(SourceStatus::Invalid);
    }
    let bytes = std::fs::read(path).map_err(unreachable)?;
    let image = hpm::decode(&bytes).map_err(|_| SourceStatus::Invalid)?;
    let digest = bytes.last_chunk().ok_or(SourceStatus::Invalid)?;
    let name = path.file_name().unwrap_or_default();
    Ok(Read {
        image,
        digest: *digest,
        len: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        name: name.to_string_lossy().into_owned(),
    })
}

fn instance(read: &Read) -> FirmwareInstance {
    let header = &read.image.header;
    let text = TextBuffer::english;
    let [low, middle, high] = header.manufacturer.0;
    let manufacturer = u32::from_le_bytes([low, middle, high, 0]);
    let product = header.product;
    let info = |description: &str, of: &ipmi::command::hpm::FirmwareVersion| FirmwareInfo {
        identifier: text(&read.name),
        description: text(description),
        date_time: text(&date_time(header.time)),
        version: version(of),
    };
    let uploads = read.image.actions.iter().filter_map(|action| match action {
        Action::Upload(upload) => Some(upload),
        Action::Backup { .. } | Action::Prepare { .. } => None,
    });
    let components = uploads.map(|upload| {
        let words = upload.description.split(|byte| *byte == 0).next();
        let words = String::from_utf8_lossy(words.unwrap_or_default());
        let number = upload.components.trailing_zeros();
        (number, info(&words, &upload.version))
    });
    let mut components: Vec<_> = components.collect();
    components.sort_by_key(|(number, _)| *number);
    let description = format!("manufacturer {manufacturer}, product {product}");
    FirmwareInstance {
        info: info(&description, &header.version),
        components,
        len: read.len,
        digest: Some(read.digest),
    }
}

/// ISO 8601, in UTC; empty where the image does not tell.
fn date_time(seconds: u32) -> String {
    if seconds == 0 {
        return String::new();
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u32::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
pub(super) fn shown(seconds: u32) -> String {
    date_time(seconds)
}
