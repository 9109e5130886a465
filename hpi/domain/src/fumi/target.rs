//! Targets of HPM.1 as HPI sees them, and the fixture's own instruments.
//!
//! Source: PICMG HPM.1 R1.0 Tables 3-3 and 3-5.

use super::{Backing, Bank, Fumi, job::version};
use alloc::vec::Vec;
use hpi_model::TextBuffer;
use hpi_model::firmware::{
    BankState, FirmwareInfo, FirmwareInstance, UpgradeImpact, fumi_capability as can,
};
use ipmi::command::hpm::{FirmwareVersion, capabilities, properties};
use ipmi::description::{UpgradeComponent, UpgradeTarget};

/// Bits of the properties that say how a backup is made.
const BACKUP: u8 = 0b11;
/// Size of the fixture's banks.
const OWN_SIZE_KIB: u32 = 64;
/// Explicit banks of the fixture.
const OWN_BANKS: u8 = 3;

impl Fumi {
    /// The firmware of the controller at this address.
    pub(crate) fn of_target(address: u8, target: &UpgradeTarget) -> Self {
        let mut fumi = Self::new(Backing::Target(address), 0);
        fumi.learn(target);
        fumi
    }

    /// The target was discovered anew: what it has holds, what users set stays.
    pub(crate) fn renew(&mut self, found: Self) {
        let known = core::mem::replace(self, found);
        self.auto_rollback_disabled = known.auto_rollback_disabled;
        self.banks = known.banks;
        let instances = [&mut self.main, &mut self.pending, &mut self.rollback];
        for instance in instances.into_iter().flatten() {
            let known = [&known.main, &known.pending, &known.rollback];
            recognise(instance, known.into_iter().flatten());
        }
    }

    /// Takes in what a target says of itself.
    pub(super) fn learn(&mut self, target: &UpgradeTarget) {
        let flags = target.capabilities.flags;
        let any = |is: fn(&UpgradeComponent) -> bool| target.components.iter().any(is);
        let bit = |is: bool, bit: u32| if is { bit } else { 0 };
        let can_roll_back = flags & capabilities::MANUAL_ROLLBACK != 0;
        let goes_back = flags & capabilities::AUTOMATIC_ROLLBACK != 0;
        self.capabilities = can::COMPONENTS
            | bit(can_roll_back, can::ROLLBACK)
            | bit(
                goes_back,
                can::AUTO_ROLLBACK | can::AUTO_ROLLBACK_CAN_BE_DISABLED,
            )
            | bit(
                any(|found| found.properties & BACKUP == properties::BACKUP_BY_ACTION),
                can::BACKUP,
            )
            | bit(
                any(|found| found.properties & properties::COMPARISON != 0),
                can::TARGET_VERIFY_MAIN,
            );
        self.hpm = Some(target.capabilities.version);
        let suffers = capabilities::SERVICES_AFFECTED | capabilities::DEGRADED;
        self.impact = match flags & suffers {
            0 => UpgradeImpact::Nondegrading,
            _ => UpgradeImpact::Degrading,
        };
        let has_backup = any(|found| found.properties & BACKUP != 0);
        let defers = any(|found| found.properties & properties::DEFERRED_ACTIVATION != 0);
        self.places = 1 + u8::from(has_backup) + u8::from(defers);
        let mut known: Vec<FirmwareInstance> = Vec::new();
        known.extend(
            [&self.main, &self.pending, &self.rollback]
                .into_iter()
                .flatten()
                .cloned(),
        );
        let sources = self.banks.values().filter_map(|bank| bank.source.as_ref());
        known.extend(sources.filter_map(|source| source.firmware.clone()));
        let new = |version: fn(&UpgradeComponent) -> Option<&FirmwareVersion>| {
            let mut found = instance(target, version)?;
            recognise(&mut found, known.iter());
            Some(found)
        };
        self.main = new(|found| found.current.as_ref());
        self.pending = new(|found| found.deferred.as_ref());
        self.rollback = new(|found| found.rollback.as_ref());
    }

    /// The fixture's firmware without explicit banks.
    pub(crate) fn own() -> Self {
        let mut fumi = Self::new(Backing::Own, OWN_SIZE_KIB);
        fumi.capabilities = can::ROLLBACK
            | can::BACKUP
            | can::TARGET_VERIFY
            | can::TARGET_VERIFY_MAIN
            | can::COMPONENTS
            | can::AUTO_ROLLBACK
            | can::AUTO_ROLLBACK_CAN_BE_DISABLED;
        fumi.places = 3;
        fumi.main = Some(own_firmware());
        fumi
    }

    /// The fixture's firmware with explicit banks, of which the first runs.
    pub(crate) fn own_with_banks() -> Self {
        let mut fumi = Self::own();
        fumi.capabilities |= can::BANK_COPY | can::BANK_REORDER;
        fumi.order = (1..=OWN_BANKS).collect();
        for number in fumi.order.clone() {
            let mut bank = Bank::new(OWN_SIZE_KIB);
            bank.firmware = (number == 1).then(own_firmware);
            bank.state = match number {
                1 => BankState::Active,
                // There is nothing in it that could run.
                _ => BankState::Corrupted,
            };
            fumi.banks.insert(number, bank);
        }
        fumi
    }
}

/// What the components have of one instance; `None` when none has any.
///
/// Choice: the version of the whole is that of the component with the highest number, as boot
/// loaders and the like have low ones.
fn instance(
    target: &UpgradeTarget,
    version_of: fn(&UpgradeComponent) -> Option<&FirmwareVersion>,
) -> Option<FirmwareInstance> {
    let components = target.components.iter().filter_map(|component| {
        let text =
            |bytes: &[u8]| TextBuffer::english(&alloc::string::String::from_utf8_lossy(bytes));
        let info = FirmwareInfo {
            identifier: text(b""),
            description: text(&component.description),
            date_time: text(b""),
            version: version(version_of(component)?),
        };
        Some((u32::from(component.number), info))
    });
    let components: Vec<_> = components.collect();
    let info = components.last()?.1.clone();
    Some(FirmwareInstance {
        info,
        components,
        len: 0,
        digest: None,
    })
}

/// Gives an instance the names of one that is known and has the same versions in all components
/// that it names.
fn recognise<'a>(
    instance: &mut FirmwareInstance,
    known: impl Iterator<Item = &'a FirmwareInstance>,
) {
    let has = |(number, info): &(u32, FirmwareInfo)| {
        let mut components = instance.components.iter();
        components.any(|(other, found)| other == number && found.version == info.version)
    };
    let mut named = known.filter(|known| {
        known.digest.is_some() && !known.components.is_empty() && known.components.iter().all(has)
    });
    if let Some(known) = named.next() {
        instance.info = FirmwareInfo {
            version: instance.info.version,
            ..known.info.clone()
        };
        (instance.len, instance.digest) = (known.len, known.digest);
    }
}

/// What the fixture left the factory with.
fn own_firmware() -> FirmwareInstance {
    let info = |name: &str| FirmwareInfo {
        identifier: TextBuffer::english(name),
        description: TextBuffer::english("Firmware of the fixture"),
        date_time: TextBuffer::english("2026-01-01T00:00:00Z"),
        version: hpi_model::firmware::FirmwareNumber {
            major: 1,
            minor: 0,
            auxiliary: 0,
        },
    };
    FirmwareInstance {
        info: info("factory"),
        components: [(1, info("application"))].into(),
        len: 1024,
        digest: None,
    }
}
