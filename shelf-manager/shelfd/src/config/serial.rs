//! A serial line to the chassis.

use serde::Deserialize;

/// IPMI over a serial line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Serial {
    /// A device as `/dev/ttyS0`, or `tcp:HOST:PORT` of a terminal server that carries plain bytes.
    pub(crate) device: String,
    /// Bits per second of a device.
    #[serde(default = "default_baud")]
    pub(crate) baud: u32,
    /// How messages look on the line.
    pub(crate) mode: SerialMode,
    /// How requests reach other controllers.
    #[serde(default)]
    pub(crate) bridging: SerialBridging,
    /// IPMI user, where the line asks for a login.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Its password.
    #[serde(default)]
    pub(crate) password: Option<String>,
}

/// How messages look on the line. Source: IPMI v2.0 §14.4, §14.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SerialMode {
    /// Frames of bytes.
    Basic,
    /// Lines of text.
    Terminal,
}

/// How requests reach other controllers. Source: IPMI v2.0 Table 22-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SerialBridging {
    /// Their answers come back on the line.
    #[default]
    Tracked,
    /// Their answers are fetched with Get Message: the line is a system interface.
    Queued,
}

fn default_baud() -> u32 {
    115_200
}
