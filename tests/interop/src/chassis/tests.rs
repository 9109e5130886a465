//! What other programs print is understood.

use super::*;

// Lines of ipmitool 1.8.19, of a threshold sensor and of a discrete one.
#[test]
fn a_line_of_ipmitool_is_a_reading() {
    let reading = |line| SensorReading::parse(0x82, line).micro;
    assert_eq!(reading("PEM B -48V,48.250,Volts,ok"), Some(48_250_000));
    assert_eq!(reading("Fan 1,6000,RPM,ok"), Some(6_000_000_000));
    assert_eq!(reading("x,-0.5,degrees C,ok"), Some(-500_000));
    assert_eq!(reading("HS Blade1,00h,ok,160.96,Transition to M4"), None);
}
