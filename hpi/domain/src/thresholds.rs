//! What a user wants of a sensor's thresholds, checked as the standard says.

use hpi_model::{HpiError, Reading, SensorRec, Thresholds};

/// The place of the upper thresholds' hysteresis; that of the lower ones' follows.
const HYSTERESIS: usize = 6;

/// What is to be set, in millionths: lower minor, major, critical; upper minor, major, critical;
/// hysteresis up and down. What is `None` stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdChange(pub [Option<i64>; 8]);

impl ThresholdChange {
    /// Reads values in the order of the fields; whether they are in order is told by
    /// [`Self::over`] what stays, with [`Thresholds::in_order`].
    ///
    /// Choice: a hysteresis may be as large as the range of readings, where that is known.
    ///
    /// Source: SAI-HPI-B.03.02, `saHpiSensorThresholdsSet`, return values.
    pub fn read(new: &[Option<Reading>; 8], rec: &SensorRec) -> Result<Self, HpiError> {
        let writable = rec.thresholds.writable.0;
        let format = rec.data_format.ok_or(HpiError::InvalidCmd)?;
        if writable == 0 {
            return Err(HpiError::InvalidCmd);
        }
        let (min, max) = (format.range.min_micro, format.range.max_micro);
        let mut change = Self([None; 8]);
        for (at, value) in new.iter().enumerate() {
            let Some(value) = value else { continue };
            if writable & 1 << at == 0 {
                return Err(HpiError::InvalidCmd);
            }
            if value.kind() != format.reading {
                return Err(HpiError::InvalidData);
            }
            // What is too large to be counted is larger than any limit.
            let micro = value.micro().ok_or(HpiError::InvalidCmd)?;
            let is_beyond = if at >= HYSTERESIS {
                if micro < 0 {
                    return Err(HpiError::InvalidData);
                }
                let span = max.zip(min).map(|(max, min)| max.saturating_sub(min));
                span.is_some_and(|span| micro > span)
            } else {
                max.is_some_and(|max| micro > max) || min.is_some_and(|min| micro < min)
            };
            if is_beyond {
                return Err(HpiError::InvalidCmd);
            }
            change.0[at] = Some(micro);
        }
        Ok(change)
    }

    /// What holds once it is done.
    pub fn over(self, present: Thresholds) -> Thresholds {
        let [
            low_minor,
            low_major,
            low_critical,
            up_minor,
            up_major,
            up_critical,
            up,
            down,
        ] = self.0;
        Thresholds {
            low_minor_micro: low_minor.or(present.low_minor_micro),
            low_major_micro: low_major.or(present.low_major_micro),
            low_critical_micro: low_critical.or(present.low_critical_micro),
            up_minor_micro: up_minor.or(present.up_minor_micro),
            up_major_micro: up_major.or(present.up_major_micro),
            up_critical_micro: up_critical.or(present.up_critical_micro),
            pos_hysteresis_micro: up.or(present.pos_hysteresis_micro),
            neg_hysteresis_micro: down.or(present.neg_hysteresis_micro),
        }
    }
}
