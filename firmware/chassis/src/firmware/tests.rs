//! A blade is upgraded over the bus, from the image that a tool would be given.

use super::*;
use crate::shelf::{Chassis, Effect, Input};
use crate::{Config, blade_address};
use ipmi::command::app::GetDeviceId;
use ipmi::command::hpm::{
    ActivateFirmware, FinishFirmwareUpload, GetUpgradeStatus, InitiateUpgradeAction,
    QuerySelfTestResults, UploadFirmwareBlock, action, code,
};
use ipmi::command::{Command, ResponseError};
use ipmi::hpm::{Action, Upload, decode, encode};
use ipmi::port::{PortEvent, PortOrder, RequestError, Target};
use machine::{Machine, Pos, Time};

struct Agent {
    chassis: Chassis,
    now: Time,
    /// How often the blade was silent.
    silences: u32,
}

impl Agent {
    fn apply(&mut self, input: &Input) -> Option<Result<ipmi::message::Response, RequestError>> {
        let at = Pos {
            index: 1,
            time: self.now,
        };
        let mut effects = vec![];
        self.chassis.apply(at, input, &mut effects);
        effects.into_iter().find_map(|effect| match effect {
            Effect::Event(PortEvent::Answer { result, .. }) => Some(result),
            Effect::Event(_) | Effect::Handled(_) | Effect::Payload { .. } => None,
        })
    }

    /// Asks the blade, and lets time go by until it answers.
    fn ask<C: Command>(&mut self, asked: &C) -> Result<C::Response, ResponseError> {
        let order = PortOrder {
            token: 1,
            target: Target::Ipmb(blade_address(3)),
            request: asked.request(),
        };
        loop {
            let mut answer = self.apply(&Input::Order(order.clone()));
            while answer.is_none() {
                self.now = self.chassis.deadline().unwrap().max(self.now);
                answer = self.apply(&Input::Tick);
            }
            match answer.unwrap() {
                Ok(response) => return C::read_response(&response),
                Err(error) => assert_eq!(error, RequestError::Timeout),
            }
            self.silences += 1;
        }
    }

    /// Waits for a command of long duration.
    fn done<C: Command>(&mut self, order: &C) {
        match self.ask(order) {
            Ok(_) => return,
            Err(error) => assert_eq!(error, ResponseError::Refused(code::IN_PROGRESS)),
        }
        loop {
            let status = self.ask(&GetUpgradeStatus {}).unwrap();
            assert_eq!(status.command, C::COMMAND);
            if status.code == 0 {
                return;
            }
            assert_eq!(status.code, code::IN_PROGRESS.0);
            self.now = self.now.after(Duration::from_millis(100));
            self.apply(&Input::Tick);
        }
    }

    fn upload(&mut self, upload: &Upload) {
        let components = upload.components;
        let action = action::UPLOAD;
        self.done(&InitiateUpgradeAction { components, action });
        for (number, data) in upload.data.chunks(ipmc::hpm::BLOCK_LEN_MAX).enumerate() {
            let data = data.to_vec();
            let number = number as u8;
            self.ask(&UploadFirmwareBlock { number, data }).unwrap();
        }
        let component = components.trailing_zeros() as u8;
        let length = upload.data.len() as u32;
        self.done(&FinishFirmwareUpload { component, length });
    }
}

/// The procedure of an upgrade agent; the blade is silent in the end, and then it is a newer one.
#[test]
fn a_blade_is_upgraded() {
    let mut agent = Agent {
        chassis: Chassis::new(Config::default()),
        now: Time(1_000_000_000),
        silences: 0,
    };
    let before = agent.ask(&GetDeviceId {}).unwrap();
    assert_eq!(before.firmware_major, 1);
    let version = FirmwareVersion {
        major: 2,
        minor: 0x17,
        auxiliary: [0, 0, 0, 1],
    };
    let image = decode(&encode(&image(&before, &version))).unwrap();
    for step in image.actions {
        match step {
            Action::Backup { components } => {
                let action = action::BACKUP;
                agent.done(&InitiateUpgradeAction { components, action });
            }
            Action::Prepare { components } => {
                let action = action::PREPARE;
                agent.done(&InitiateUpgradeAction { components, action });
            }
            Action::Upload(upload) => agent.upload(&upload),
        }
    }
    assert_eq!(agent.silences, 0);
    let rollback_override = None;
    agent.done(&ActivateFirmware { rollback_override });
    assert!(agent.silences > 0);
    let found = loop {
        match agent.ask(&QuerySelfTestResults {}) {
            Ok(found) => break found,
            Err(error) => assert_eq!(error, ResponseError::Refused(code::IN_PROGRESS)),
        }
        agent.now = agent.now.after(Duration::from_millis(100));
        agent.apply(&Input::Tick);
    };
    assert_eq!((found.result, found.detail), (0x55, 0));
    let after = agent.ask(&GetDeviceId {}).unwrap();
    assert_eq!((after.firmware_major, after.firmware_minor), (2, 0x17));
    assert_eq!(after.auxiliary, Some([0, 0, 0, 1]));
}
