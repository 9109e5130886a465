//! Whatever a controller answers, and whatever happens in whatever order, the domain stays sound.

use super::shelf;
use crate::{Domain, Input, ShelfAction};
use alloc::vec::Vec;
use hpi_model::handover::{Action, ActionError};
use hpi_model::{Capabilities, ConditionType};
use ipmi::description::Controller;
use machine::{Machine, Pos};

fn next(seed: &mut u64) -> u8 {
    // Constants of Knuth's MMIX generator.
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 40).to_le_bytes()[0]
}

#[track_caller]
fn sound(domain: &Domain) {
    let frus: Vec<_> = domain.by_fru.values().copied().collect();
    let with_fru = domain.resources().filter(|it| it.fru.is_some());
    assert_eq!(frus.len(), with_fru.count());
    let mut paths = Vec::new();
    for resource in domain.resources() {
        let is_fru = frus.contains(&resource.rpt.resource);
        assert_eq!(is_fru, resource.fru.is_some());
        assert_eq!(
            domain.ids.get(&resource.rpt.entity),
            Some(&resource.rpt.resource)
        );
        let managed = resource.rpt.capabilities.has(Capabilities::MANAGED_HOTSWAP);
        assert_eq!(resource.hot_swap.is_some(), managed);
        let sensors = resource.sensors.len() + resource.kept.sensors.len();
        assert_eq!(resource.sensor_records().count(), sensors);
        paths.push(&resource.rpt.entity);
    }
    let alarms = domain.alarms();
    for alarm in alarms.entries().iter() {
        let resource = domain.resource(alarm.condition.resource).unwrap();
        let sensor = resource.sensors.get(&alarm.condition.sensor);
        match alarm.condition.kind {
            ConditionType::Resource => assert!(resource.rpt.failed),
            ConditionType::Sensor => {
                assert!(sensor.unwrap().asserted.has(alarm.condition.state));
            }
            ConditionType::Oem | ConditionType::User => panic!("nobody added one"),
        }
    }
    let shelf = domain.resource(crate::SHELF_RESOURCE).unwrap();
    let (_, telco) = shelf.annunciator(0x1000).unwrap();
    assert_eq!(telco.entries().len(), alarms.entries().len().min(256));
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), domain.resources.len());
}

/// Records and inventories cut off at each byte.
#[test]
fn truncated_answers() {
    for controller in shelf::controllers()
        .into_iter()
        .filter(|c| [0x20, 0x82].contains(&c.address))
    {
        for length in 0..80 {
            let mut cut = controller.clone();
            cut.device_id.truncate(length);
            cut.sdrs.iter_mut().for_each(|sdr| sdr.truncate(length));
            cut.frus
                .iter_mut()
                .for_each(|fru| fru.inventory.truncate(length * 4));
            let mut domain = Domain::new(1);
            domain.apply(
                Pos::default(),
                &Input::ControllerAdded(cut),
                &mut Vec::new(),
            );
            sound(&domain);
        }
    }
}

fn damaged(shelf: &[Controller], seed: &mut u64) -> Controller {
    let mut controller = shelf[usize::from(next(seed)) % shelf.len()].clone();
    let Controller { sdrs, frus, .. } = &mut controller;
    for bytes in sdrs
        .iter_mut()
        .chain(frus.iter_mut().map(|fru| &mut fru.inventory))
    {
        if next(seed).is_multiple_of(4) && !bytes.is_empty() {
            let at = usize::from(next(seed)) % bytes.len();
            bytes[at] = next(seed);
        }
    }
    for fru in frus {
        fru.hot_swap_state = Some(next(seed) % 9);
    }
    controller
}

fn any_input(shelf: &[Controller], domain: &Domain, seed: &mut u64) -> Input {
    let address = shelf[usize::from(next(seed)) % shelf.len()].address;
    let path = || {
        let mut known = domain.ids.keys().cloned();
        known
            .next_back()
            .unwrap_or(hpi_model::EntityPath(Vec::new()))
    };
    match next(seed) % 11 {
        0..3 => Input::ControllerAdded(damaged(shelf, seed)),
        3 => Input::ControllerRemoved { address },
        4 => Input::ControllerFailed { address },
        5 => Input::ControllerRestored { address },
        6 | 7 => Input::FruHotSwap {
            address,
            fru_id: 0,
            previous: next(seed),
            current: next(seed) % 9,
            cause: next(seed) % 16,
        },
        8 => Input::SensorEvent {
            address,
            event: ipmi::sel::Event {
                generator: address,
                generator_lun: next(seed) % 4,
                revision: 4,
                sensor_type: next(seed),
                number: next(seed) % 4,
                assertion: next(seed).is_multiple_of(2),
                event_type: [1, 0x6f, 3, next(seed)][usize::from(next(seed) % 4)],
                data: [next(seed), next(seed), next(seed)],
            },
        },
        9 => {
            let fru = crate::FruAddress { address, fru_id: 0 };
            match next(seed) % 4 {
                0 => Input::Tick,
                1 => Input::ShelfDone(ShelfAction::Power { fru, on: false }),
                2 => Input::ShelfFailed(ShelfAction::Deactivate(fru), ActionError::InvalidState),
                _ => Input::ShelfFailed(ShelfAction::Activate(fru), ActionError::NoResponse),
            }
        }
        _ => Input::Action(match next(seed) % 5 {
            4 => Action::CancelPolicy(path()),
            0 => Action::SetActive(path()),
            1 => Action::SetInactive(path()),
            2 => Action::Request(path(), next(seed).is_multiple_of(2)),
            _ => Action::Reset(path()),
        }),
    }
}

/// Forty runs of two hundred inputs; the run is the seed.
#[test]
fn whatever_comes() {
    let shelf = shelf::controllers();
    for run in 0..40 {
        let mut seed = run;
        let mut domain = Domain::new(1);
        for index in 1..=200 {
            let input = any_input(&shelf, &domain, &mut seed);
            let at = Pos {
                index,
                ..Pos::default()
            };
            domain.apply(at, &input, &mut Vec::new());
            sound(&domain);
        }
    }
}
