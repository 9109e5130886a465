//! `ipmi-rs` 0.5: a client in Rust that we did not write. It knows cipher suite 3 only.

use crate::shelf::Shelf;
use crate::{PASSWORD, USER};
use ipmi_rs::app::GetDeviceId;
use ipmi_rs::connection::CompletionErrorCode;
use ipmi_rs::rmcp::{ActivationError, Rmcp, V2_0ActivationError};
use ipmi_rs::sensor_event::{GetSensorReading, ThresholdReading};
use ipmi_rs::storage::sdr::record::{IdentifiableSensor, InstancedSensor, RecordContents};
use ipmi_rs::storage::sdr::{GetSdrRepositoryInfo, record::SensorOwner};
use ipmi_rs::storage::sel::{ClearSel, GetSelInfo, ReserveSel};
use ipmi_rs::{Ipmi, IpmiError};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// For each answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// PICMG's enterprise number.
const PICMG: u32 = 12634;

/// It binds an IPv6 socket, whatever it is to reach.
fn connect(shelf: &Shelf, user: &str, password: &str) -> Result<Ipmi<Rmcp>, ActivationError> {
    let at = match shelf.at().ip() {
        IpAddr::V4(ip) => IpAddr::V6(ip.to_ipv6_mapped()),
        IpAddr::V6(ip) => IpAddr::V6(ip),
    };
    let at = SocketAddr::from((at, shelf.at().port()));
    let mut rmcp = Rmcp::new(at, TIMEOUT).expect("an address");
    rmcp.activate(true, Some(user), Some(password.as_bytes()))?;
    Ok(Ipmi::new(rmcp))
}

// It opens a session, and reads what a management program begins with.
#[test]
fn ipmi_rs_reads_device_records_and_log() {
    for start in Shelf::BOTH {
        let shelf = start();
        let mut ipmi = connect(&shelf, USER, PASSWORD).expect("a session");
        let device = ipmi.send_recv(GetDeviceId).expect("a device id");
        assert_eq!(device.manufacturer_id, PICMG);
        assert!(device.sdr_repository_support && device.sel_device_support);
        // It stays with the privilege that a session begins with, user, and is held to it.
        let reservation = ipmi.send_recv(ReserveSel).expect("a reservation");
        let cleared = ipmi.send_recv(ClearSel::initiate(Some(reservation)));
        assert!(
            matches!(
                cleared,
                Err(IpmiError::Failed {
                    completion_code: CompletionErrorCode::InsufficientPrivilege,
                    ..
                })
            ),
            "{cleared:?}"
        );
        let log = ipmi.send_recv(GetSelInfo).expect("the log");
        assert_eq!((log.version_maj, log.version_min), (1, 5));
        let repository = ipmi
            .send_recv(GetSdrRepositoryInfo)
            .expect("the repository");
        let records: Vec<_> = ipmi.sdrs().collect();
        assert_eq!(records.len(), usize::from(repository.record_count));
        let name =
            |full: &ipmi_rs::storage::sdr::record::FullSensorRecord| full.id_string().to_string();
        let mut sensors = records.iter().filter_map(|record| {
            if let RecordContents::FullSensor(full) = &record.contents {
                Some(full)
            } else {
                None
            }
        });
        let inlet = sensors.clone().find(|full| name(full) == "Inlet Temp");
        let inlet = inlet.expect("the sensor of 20h");
        assert!(sensors.any(|full| name(full) == "B1 CPU Temp"));
        assert_eq!(inlet.key_data().owner_id, SensorOwner::I2C(0x10));
        let reading = ipmi.send_recv(GetSensorReading::for_sensor_key(inlet.key_data()));
        let reading: ThresholdReading = (&reading.expect("a reading")).into();
        let shown = reading.reading.and_then(|raw| inlet.display_reading(raw));
        assert_eq!(shown.as_deref(), Some("25.00 °C"));
    }
}

// Who has no password gets no session. It cannot say why for an unknown user, as it looks for the
// status of RAKP message 2 one byte too far.
#[test]
fn ipmi_rs_is_told_why_it_gets_no_session() {
    for start in Shelf::BOTH {
        let shelf = start();
        let wrong = connect(&shelf, USER, "wrong").err();
        assert!(
            matches!(
                wrong,
                Some(ActivationError::V2_0(
                    V2_0ActivationError::ServerAuthenticationFailed
                ))
            ),
            "{wrong:?}"
        );
        let unknown = connect(&shelf, "nobody", PASSWORD).err();
        assert!(
            matches!(
                unknown,
                Some(ActivationError::V2_0(
                    V2_0ActivationError::RakpMessage2Parse(_)
                ))
            ),
            "{unknown:?}"
        );
    }
}
