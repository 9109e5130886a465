//! Each function of SaHpi.h with good and with bad arguments, from C, through Debian's libopenhpi.

use super::discovered;
use chassis::firmware::image;
use interop::{Place, Shelfd, demo_with, program, repository};
use ipmi::command::app::DeviceId;
use ipmi::command::hpm::FirmwareVersion;
use ipmi::hpm::encode;
use ipmi::wire::U24;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian's libopenhpi-dev has the standard's header.
const HEADER: &str = "/usr/include/openhpi/SaHpi.h";
/// The entity that the C program believes to run on.
const ENTITY: &str = "{ADVANCEDTCA_CHASSIS,1}{SHELF_MANAGER,0}";
/// Longest that the C program may take, in seconds.
const LIMIT_S: &str = "300";

/// The C program, built in `place`.
///
/// It names the header's folder itself: `pkg-config openhpi` also asks for the headers of GLib,
/// which the standard's header does not need.
fn build(place: &Place) -> PathBuf {
    let header = Path::new(HEADER);
    assert!(
        header.is_file(),
        "{HEADER} is missing: apt-get install libopenhpi-dev"
    );
    let folder = repository().join("tests/interop/hpi-conformance");
    let files = std::fs::read_dir(&folder).expect("it is in the repository");
    let files = files.map(|file| file.expect("a readable folder").path());
    let sources = files.filter(|file| file.extension().is_some_and(|it| it == "c"));
    let built = place.file("hpi-conformance");
    let mut compiler = Command::new(program("cc", "gcc"));
    compiler
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&built)
        .arg("-I")
        .arg(header.parent().expect("it is in a folder"))
        .args(sources)
        .args(["-lopenhpi", "-lm", "-pthread"]);
    let status = compiler.status().expect("it is installed");
    assert!(status.success(), "{compiler:?}: {status}");
    built
}

/// URI of an image of HPM.1. What the domain itself upgrades takes those of any device.
fn firmware(place: &Place) -> String {
    let device = DeviceId {
        device_id: 1,
        revision: 0,
        firmware_major: 1,
        firmware_minor: 0,
        ipmi_version: 0x02,
        support: 0,
        manufacturer: U24([0x5a, 0x31, 0]),
        product: 1,
        auxiliary: None,
    };
    let version = FirmwareVersion {
        major: 2,
        minor: 0x17,
        auxiliary: [0, 0, 0, 1],
    };
    let file = place.file("firmware.hpm");
    std::fs::write(&file, encode(&image(&device, &version))).expect("a folder of our own");
    format!("file://{}", file.display())
}

/// What the C program prints, and whether it was content.
fn run(shelfd: &Shelfd, place: &Place) -> (String, bool) {
    let config = place.write("openhpiclient.conf", &format!("my_entity = \"{ENTITY}\"\n"));
    let output = Command::new("timeout")
        .arg(LIMIT_S)
        .arg(build(place))
        .env("OPENHPI_DAEMON_HOST", shelfd.hpi().ip().to_string())
        .env("OPENHPI_DAEMON_PORT", shelfd.hpi().port().to_string())
        .env("OPENHPICLIENT_CONF", config)
        .env("HPI_FUMI_SOURCE", firmware(place))
        .stdin(Stdio::null())
        .output()
        .expect("it was built");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (printed, output.status.success())
}

// The last line counts the functions that the header declares: none was left out.
#[test]
fn each_function_answers_as_the_standard_asks() {
    let shelfd = demo_with(&["--fixture", "hpi-full"]);
    discovered(&shelfd);
    let place = Place::new("hpi-conformance");
    let (printed, is_content) = run(&shelfd, &place);
    let failed: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("FAIL"))
        .collect();
    let last = printed.lines().last().unwrap_or_default();
    println!("{last}");
    assert!(is_content, "{last}\n{}", failed.join("\n"));
    assert!(last.ends_with("0 failed, 122 functions"), "{last}");
}
