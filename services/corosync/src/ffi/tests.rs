use super::gpio::{LineRequest, bytes_of, numbers};
use super::*;

/// The layout of linux/gpio.h, as a C compiler makes it: `_IOWR` has the sizes in it.
#[test]
fn requests_for_a_line() {
    assert_eq!(numbers(), [0xC250_B407, 0xC010_B40E]);
    let request = LineRequest::of(0x0102_0304);
    let bytes = bytes_of(&request);
    assert_eq!(bytes.len(), 592);
    let mut expected = [0; 592];
    expected[0..4].copy_from_slice(&0x0102_0304_u32.to_ne_bytes());
    expected[256..265].copy_from_slice(b"openshelf");
    expected[288..296].copy_from_slice(&0x34_u64.to_ne_bytes());
    expected[560..564].copy_from_slice(&1_u32.to_ne_bytes());
    expected[588..592].copy_from_slice(&(-1_i32).to_ne_bytes());
    assert_eq!(bytes, expected);
}

/// What is no chip says so.
#[test]
fn no_chip() {
    let null = std::fs::File::open("/dev/null").unwrap();
    let error = gpio::request(&null, 1).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(25)); // ENOTTY
    assert!(gpio::is_active(&null).is_err());
}

/// A missing library is named with what to install.
#[test]
fn a_missing_library() {
    let error = load("libno.so.9", "libno9").map(|_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("libno.so.9 cannot be loaded: apt-get install libno9 corosync ("));
    assert_eq!((error.file, error.package), ("libno.so.9", "libno9"));
}

/// Errors say what the call was, and what they mean.
#[test]
fn errors() {
    let error = answer("cpg_join", 14).unwrap_err();
    let text = "cpg_join: error 14 this process is in the group already";
    assert_eq!(error.to_string(), text);
    assert!(answer("cpg_join", 6).unwrap_err().is_try_again());
    assert!(answer("cpg_join", 1).is_ok());
}

/// C hands over empty lists as it likes.
#[test]
fn lists() {
    // SAFETY: nothing is read.
    assert_eq!(unsafe { elements::<u8>(std::ptr::null(), 3) }, []);
    let list = [1_u32, 2, 3];
    // SAFETY: there are as many.
    assert_eq!(unsafe { elements(list.as_ptr(), 2) }, [1, 2]);
}
