//! Thresholds and hysteresis, as the hardware has them.

use super::sensor::{Found, of};
use super::{Outcome, Step, Then, View, check, hardware_error, reply, wire};
use hpi_domain::ThresholdChange;
use hpi_model::{HpiError, ReadingType, SensorRec, ThresholdMask, Thresholds};
use ipmi::command::Command;
use ipmi::command::sensor as ask;
use ipmi::message::{CompletionCode, Response};
use ipmi::sdr::Converter;
use openhpi_wire::ByteOrder;
use openhpi_wire::function::{SensorThresholdsGet, SensorThresholdsSet};
use openhpi_wire::types::SensorThresholds;

/// Of whatever has hardware.
const FLOAT64: ReadingType = ReadingType::Float64;

/// Thresholds and hysteresis, as the hardware has them now.
pub(super) fn get(view: View<'_>, order: ByteOrder, sensor: (u32, u32)) -> Outcome {
    let done = move |result: Result<Thresholds, HpiError>| -> Step {
        Step::Reply(reply::<SensorThresholdsGet>(
            order,
            &result.map(|it| wire::thresholds(FLOAT64, &it)),
        ))
    };
    let found = match of(view, sensor) {
        Ok(found) if found.rec.thresholds.readable.0 != 0 => found,
        Ok(_) => return done(Err(HpiError::InvalidCmd)).into(),
        Err(why) => return done(Err(why)).into(),
    };
    match found.converter() {
        Some(converter) => ask_thresholds(&found, converter, Box::new(done)).into(),
        None => done(Err(HpiError::InvalidCmd)).into(),
    }
}

/// As if there had been something to set.
const OK: Response = Response {
    code: CompletionCode::OK,
    data: Vec::new(),
};

type WithThresholds = Box<dyn FnOnce(Result<Thresholds, HpiError>) -> Step + Send>;

/// Asks for the thresholds and, where there is one, the hysteresis: both at once, as users ask for
/// those of many sensors, one after the other.
fn ask_thresholds(found: &Found<'_>, converter: Converter, then: WithThresholds) -> Step {
    let number = found.number();
    let target = found.target();
    let thresholds = found.request(&ask::GetSensorThresholds { number });
    if found.rec.thresholds.readable.0 & ThresholdMask::UP_HYSTERESIS == 0 {
        let read = move |response| then(read_thresholds(&response, converter));
        return Step::Ask(target, thresholds, Box::new(read));
    }
    let hysteresis = found.request(&ask::GetSensorHysteresis { number, mask: 0xff });
    let read = move |[thresholds, hysteresis]: [Response; 2]| {
        let thresholds = read_thresholds(&thresholds, converter);
        then(thresholds.and_then(|it| with_hysteresis(it, &hysteresis, converter)))
    };
    Step::AskBoth(target, [thresholds, hysteresis], Box::new(read))
}

fn read_thresholds(response: &Response, converter: Converter) -> Result<Thresholds, HpiError> {
    let read = ask::GetSensorThresholds::read_response(response);
    let read = read.map_err(|_| hardware_error(response))?;
    Ok(from_raw(&read, converter))
}

fn with_hysteresis(
    thresholds: Thresholds,
    response: &Response,
    converter: Converter,
) -> Result<Thresholds, HpiError> {
    let read = ask::GetSensorHysteresis::read_response(response);
    let read = read.map_err(|_| hardware_error(response))?;
    let micro = |raw| converter.difference_micro(raw).ok();
    Ok(Thresholds {
        pos_hysteresis_micro: micro(read.positive),
        neg_hysteresis_micro: micro(read.negative),
        ..thresholds
    })
}

fn from_raw(read: &ask::SensorThresholds, converter: Converter) -> Thresholds {
    let at = |index: usize| {
        let is_there = read.mask & 1 << index != 0;
        let raw = read.thresholds[index];
        is_there.then(|| converter.micro(raw).ok()).flatten()
    };
    Thresholds {
        low_minor_micro: at(0),
        low_major_micro: at(1),
        low_critical_micro: at(2),
        up_minor_micro: at(3),
        up_major_micro: at(4),
        up_critical_micro: at(5),
        pos_hysteresis_micro: None,
        neg_hysteresis_micro: None,
    }
}

/// Sets thresholds: checked against those that stay, then all at once, then the hysteresis.
pub(super) fn set(
    view: View<'_>,
    order: ByteOrder,
    (sensor, new): ((u32, u32), &SensorThresholds),
) -> Outcome {
    let done = move |result: Result<(), HpiError>| -> Step {
        Step::Reply(reply::<SensorThresholdsSet>(order, &result))
    };
    let prepared = of(view, sensor).and_then(|found| {
        let converter = found.converter().ok_or(HpiError::InvalidCmd)?;
        let change = Change::read(new, found.rec, converter)?;
        Ok((found, converter, change))
    });
    let (found, converter, change) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return done(Err(why)).into(),
    };
    let number = found.number();
    let (target, lun) = (found.target(), found.sensor.address.lun);
    let then = move |present: Result<Thresholds, HpiError>| -> Step {
        let present = match present {
            Ok(present) => present,
            Err(why) => return done(Err(why)),
        };
        if !change.0.over(present).in_order() {
            return done(Err(HpiError::InvalidData));
        }
        let set_hysteresis = change
            .hysteresis(present, converter)
            .map(|(positive, negative)| {
                let mask = 0xff;
                let command = ask::SetSensorHysteresis {
                    number,
                    mask,
                    positive,
                    negative,
                };
                command.request_on(lun)
            });
        let after: Then = Box::new(move |response: Response| {
            let is_done = response.code == CompletionCode::OK;
            match set_hysteresis.filter(|_| is_done) {
                Some(request) => Step::Ask(target, request, finish(done)),
                None => finish(done)(response),
            }
        });
        match change.raw(converter) {
            (0, _) => after(OK),
            (mask, thresholds) => {
                let command = ask::SetSensorThresholds {
                    number,
                    mask,
                    thresholds,
                };
                Step::Ask(target, command.request_on(lun), after)
            }
        }
    };
    ask_thresholds(&found, converter, Box::new(then)).into()
}

/// The last answer decides.
fn finish(
    done: impl FnOnce(Result<(), HpiError>) -> Step + Send + 'static,
) -> Box<dyn FnOnce(Response) -> Step + Send> {
    Box::new(move |response| {
        let is_done = response.code == CompletionCode::OK;
        done(if is_done {
            Ok(())
        } else {
            Err(hardware_error(&response))
        })
    })
}

/// What is to be set, which the hardware can hold.
#[derive(Clone, Copy)]
struct Change(ThresholdChange);

impl Change {
    /// What the standard's checks leave, the hardware must be able to hold.
    fn read(
        new: &SensorThresholds,
        rec: &SensorRec,
        converter: Converter,
    ) -> Result<Self, HpiError> {
        let change = ThresholdChange::read(&check::thresholds(new)?, rec)?;
        for (at, value) in change.0.iter().enumerate() {
            let Some(micro) = *value else { continue };
            let is_held = match at {
                0..6 => converter.raw(micro).is_ok(),
                _ => counts(micro, converter).is_some(),
            };
            if !is_held {
                return Err(HpiError::InvalidCmd);
            }
        }
        Ok(Self(change))
    }

    /// Mask and values of Set Sensor Thresholds.
    fn raw(self, converter: Converter) -> (u8, [u8; 6]) {
        let mut raw = [0; 6];
        let mut mask = 0;
        for (at, value) in self.0.0.iter().take(6).enumerate() {
            if let Some(value) = value.and_then(|micro| converter.raw(micro).ok()) {
                raw[at] = value;
                mask |= 1 << at;
            }
        }
        (mask, raw)
    }

    /// Values of Set Sensor Hysteresis, which sets both; `None` when neither is to be set.
    fn hysteresis(self, present: Thresholds, converter: Converter) -> Option<(u8, u8)> {
        let [.., up, down] = self.0.0;
        let raw = |new: Option<i64>, old: Option<i64>| counts(new.or(old)?, converter);
        (up.is_some() || down.is_some()).then(|| {
            (
                raw(up, present.pos_hysteresis_micro).unwrap_or(0),
                raw(down, present.neg_hysteresis_micro).unwrap_or(0),
            )
        })
    }
}

/// A hysteresis as raw counts, the nearest; `None` when it has more than a byte.
fn counts(micro: i64, converter: Converter) -> Option<u8> {
    let one = converter.difference_micro(1).ok().filter(|one| *one > 0)?;
    u8::try_from((micro + one / 2) / one).ok()
}
