//! Lines of a GPIO character device.
//!
//! Source: linux/gpio.h, version 2 of its interface, since Linux 5.10.

use rustix::ioctl::{self, Opcode, Updater, opcode};
use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};

/// `GPIO_V2_LINES_MAX`.
const LINES_MAX: usize = 64;
/// `GPIO_MAX_NAME_SIZE`.
const NAME_MAX: usize = 32;
/// `GPIO_V2_LINE_NUM_ATTRS_MAX`.
const ATTRIBUTES_MAX: usize = 10;
/// `GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING`.
const INPUT_WITH_EDGES: u64 = 1 << 2 | 1 << 4 | 1 << 5;
/// `GPIO_V2_GET_LINE_IOCTL`.
const GET_LINE: Opcode = opcode::read_write::<LineRequest>(0xB4, 0x07);
/// `GPIO_V2_LINE_GET_VALUES_IOCTL`.
const GET_VALUES: Opcode = opcode::read_write::<LineValues>(0xB4, 0x0E);

/// Who uses the line, for the eyes of operators.
const CONSUMER: &[u8] = b"openshelf";

/// `struct gpio_v2_line_config_attribute`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Attribute {
    id: u32,
    padding: u32,
    value: u64,
    mask: u64,
}

/// `struct gpio_v2_line_config`.
#[repr(C)]
struct LineConfig {
    flags: u64,
    attributes_count: u32,
    padding: [u32; 5],
    attributes: [Attribute; ATTRIBUTES_MAX],
}

/// `struct gpio_v2_line_request`.
#[repr(C)]
pub(super) struct LineRequest {
    offsets: [u32; LINES_MAX],
    consumer: [u8; NAME_MAX],
    config: LineConfig,
    lines_count: u32,
    event_buffer_size: u32,
    padding: [u32; 5],
    fd: i32,
}

/// `struct gpio_v2_line_values`.
#[repr(C)]
pub(super) struct LineValues {
    bits: u64,
    mask: u64,
}

impl LineRequest {
    /// One line, as an input that tells its edges.
    pub(super) fn of(offset: u32) -> Self {
        let attribute = Attribute {
            id: 0,
            padding: 0,
            value: 0,
            mask: 0,
        };
        let mut request = Self {
            offsets: [0; LINES_MAX],
            consumer: [0; NAME_MAX],
            config: LineConfig {
                flags: INPUT_WITH_EDGES,
                attributes_count: 0,
                padding: [0; 5],
                attributes: [attribute; ATTRIBUTES_MAX],
            },
            lines_count: 1,
            event_buffer_size: 0,
            padding: [0; 5],
            fd: -1,
        };
        request.offsets[0] = offset;
        request.consumer[..CONSUMER.len()].copy_from_slice(CONSUMER);
        request
    }
}

/// Asks a chip for one of its lines.
pub(crate) fn request(chip: impl AsFd, offset: u32) -> io::Result<OwnedFd> {
    let mut request = LineRequest::of(offset);
    // SAFETY: the structure is the one that this request reads and writes.
    unsafe { ioctl::ioctl(chip, Updater::<GET_LINE, _>::new(&mut request)) }?;
    if request.fd < 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // SAFETY: the kernel opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(request.fd) })
}

/// Whether the line is active.
pub(crate) fn is_active(line: impl AsFd) -> io::Result<bool> {
    let mut values = LineValues { bits: 0, mask: 1 };
    // SAFETY: the structure is the one that this request reads and writes.
    unsafe { ioctl::ioctl(line, Updater::<GET_VALUES, _>::new(&mut values)) }?;
    Ok(values.bits & 1 == 1)
}

/// The request as the kernel sees it.
#[cfg(test)]
pub(super) fn bytes_of(request: &LineRequest) -> &[u8] {
    let start: *const LineRequest = request;
    // SAFETY: the structure has no padding between its fields, and all of them are written.
    unsafe { std::slice::from_raw_parts(start.cast(), size_of::<LineRequest>()) }
}

/// The numbers of both requests.
#[cfg(test)]
pub(super) fn numbers() -> [u64; 2] {
    [u64::from(GET_LINE), u64::from(GET_VALUES)]
}
