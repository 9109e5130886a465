//! Firmware upgrades of controllers: what HPM.1 calls the upgrade agent.
//!
//! Source: PICMG HPM.1 R1.0 §3.

mod source;

use super::jobs::Hardware;
use hpi_domain::{FirmwareJob, FirmwareOutcome, FirmwareResult};
use ipmi::command::Command;
use ipmi::command::hpm::{
    AbortFirmwareUpgrade, ActivateFirmware, COMPONENTS_FAILED, FinishFirmwareUpload,
    GetTargetUpgradeCapabilities, GetUpgradeStatus, InitiateManualRollback, InitiateUpgradeAction,
    QueryRollbackStatus, QuerySelfTestResults, TargetUpgradeCapabilities, UploadFirmwareBlock,
    action, code, properties,
};
use ipmi::description::UpgradeTarget;
use ipmi::hpm::{Action, Image, Upload};
use ipmi::message::{CompletionCode, Response};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Most bytes of a block: what an IPMB message of 32 bytes has room for behind its framing, the
/// group id and the block's number.
const BLOCK_LEN_MAX: usize = 32 - 7 - 2;
/// How often a block is sent again to which nobody answers.
const TRIES: usize = 3;
/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);
/// Unit of a target's times.
const TIMEOUT_UNIT: Duration = Duration::from_secs(5);
/// A time that the target leaves to us. Choice: as ipmitool has it.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);
/// Bits of the properties that say how a backup is made.
const BACKUP: u8 = 0b11;

/// It did not work, for whatever reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failed;

/// Does a job. `hardware` is the way to its target.
pub(super) async fn run(hardware: Option<&Hardware>, job: FirmwareJob) -> FirmwareResult {
    let Some(hardware) = hardware else {
        let outcome = match job {
            FirmwareJob::Validate { uri, .. } => source::validate(None, &uri).await,
            FirmwareJob::Install { .. }
            | FirmwareJob::Compare { .. }
            | FirmwareJob::Backup { .. }
            | FirmwareJob::Activate { .. }
            | FirmwareJob::Rollback { .. } => FirmwareOutcome::Failed,
        };
        let target = None;
        return FirmwareResult { outcome, target };
    };
    let outcome = match job {
        FirmwareJob::Validate { uri, .. } => source::validate(Some(hardware), &uri).await,
        FirmwareJob::Install { uri, digest, .. } => {
            ended(with_source(hardware, (&uri, digest), action::UPLOAD).await)
        }
        FirmwareJob::Compare { uri, digest, .. } => {
            ended(with_source(hardware, (&uri, digest), action::COMPARE).await)
        }
        FirmwareJob::Backup { .. } => ended(backup(hardware).await),
        FirmwareJob::Activate { keeps, .. } => activate(hardware, keeps).await,
        FirmwareJob::Rollback { .. } => ended(roll_back(hardware).await),
    };
    let target = inspect(hardware).await;
    FirmwareResult { outcome, target }
}

/// Ends what was under way at the target of a job that is not wanted any more.
pub(super) async fn abandon(hardware: Option<&Hardware>) -> FirmwareResult {
    let outcome = FirmwareOutcome::Failed;
    let Some(hardware) = hardware else {
        let target = None;
        return FirmwareResult { outcome, target };
    };
    // A target that cannot abort goes on by itself.
    let _ = hardware.ask(&AbortFirmwareUpgrade {}).await;
    let target = inspect(hardware).await;
    FirmwareResult { outcome, target }
}

fn ended(result: Result<(), Failed>) -> FirmwareOutcome {
    match result {
        Ok(()) => FirmwareOutcome::Done,
        Err(Failed) => FirmwareOutcome::Failed,
    }
}

/// The target as it is now; `None` when it does not say.
pub(super) async fn inspect(hardware: &Hardware) -> Option<UpgradeTarget> {
    let capabilities = hardware.ask(&GetTargetUpgradeCapabilities {}).await.ok()?;
    let mut target = UpgradeTarget::new(capabilities);
    for asked in target.questions().collect::<Vec<_>>() {
        match hardware.ask(&asked).await {
            Ok(properties) => target.learn(&asked, &properties.data),
            Err(CompletionCode::TIMEOUT) => return None,
            // It has no such property.
            Err(_) => {}
        }
    }
    Some(target)
}

/// Uploads what a source holds, or has it compared with what runs; what was begun and fails is
/// aborted.
async fn with_source(
    hardware: &Hardware,
    (uri, digest): (&hpi_model::TextBuffer, Option<[u8; 16]>),
    wanted: u8,
) -> Result<(), Failed> {
    let read = source::read(uri).await.map_err(|_| Failed)?;
    if Some(read.digest) != digest {
        // It is not any more what was found good.
        return Err(Failed);
    }
    let agent = Agent::new(hardware).await?;
    let done = agent.walk(&read.image, wanted).await;
    if done.is_err() {
        let _ = hardware.ask(&AbortFirmwareUpgrade {}).await;
    }
    done
}

async fn backup(hardware: &Hardware) -> Result<(), Failed> {
    let target = inspect(hardware).await.ok_or(Failed)?;
    let components = target.components.iter();
    let by_action =
        components.filter(|found| found.properties & BACKUP == properties::BACKUP_BY_ACTION);
    let mask = by_action.fold(0, |mask, found| mask | 1 << found.number);
    let agent = Agent::new(hardware).await?;
    agent.initiate(mask, action::BACKUP).await
}

/// Lets what was uploaded run, and waits for its self test and, if it must be, its rollback.
async fn activate(hardware: &Hardware, keeps: bool) -> FirmwareOutcome {
    let Ok(agent) = Agent::new(hardware).await else {
        return FirmwareOutcome::Failed;
    };
    let order = ActivateFirmware {
        rollback_override: keeps.then_some(1),
    };
    if agent.order(&order, agent.silence()).await.is_err() {
        return FirmwareOutcome::Failed;
    }
    let test = agent
        .settled(&QuerySelfTestResults {}, agent.self_test())
        .await;
    let results = test.and_then(|test| QuerySelfTestResults::read_response(&test).ok());
    if results.is_none_or(|results| results.result != COMPONENTS_FAILED) {
        // It passed, or there is no such test.
        return FirmwareOutcome::Done;
    }
    let status = agent
        .settled(&QueryRollbackStatus {}, agent.rollback())
        .await;
    let Some(Response { code, data }) = status else {
        return FirmwareOutcome::Failed;
    };
    // Behind the group's id.
    let components = data.get(1).copied().unwrap_or(0);
    match code {
        CompletionCode::OK if components != 0 => FirmwareOutcome::WentBack(true),
        code::ROLLBACK_FAILED => FirmwareOutcome::WentBack(false),
        _ => FirmwareOutcome::Failed,
    }
}

async fn roll_back(hardware: &Hardware) -> Result<(), Failed> {
    let agent = Agent::new(hardware).await?;
    let time = agent.rollback();
    agent.order(&InitiateManualRollback {}, time).await?;
    let status = agent.settled(&QueryRollbackStatus {}, time).await;
    let is_done = status.is_some_and(|status| status.code == CompletionCode::OK);
    is_done.then_some(()).ok_or(Failed)
}

/// An upgrade of one target.
struct Agent<'a> {
    hardware: &'a Hardware,
    target: TargetUpgradeCapabilities,
}

impl<'a> Agent<'a> {
    async fn new(hardware: &'a Hardware) -> Result<Self, Failed> {
        let target = hardware.ask(&GetTargetUpgradeCapabilities {}).await;
        let target = target.map_err(|_| Failed)?;
        Ok(Self { hardware, target })
    }

    fn upgrade(&self) -> Duration {
        time(self.target.upgrade_timeout)
    }

    fn self_test(&self) -> Duration {
        time(self.target.self_test_timeout)
    }

    fn rollback(&self) -> Duration {
        time(self.target.rollback_timeout) + self.silence()
    }

    fn silence(&self) -> Duration {
        time(self.target.inaccessibility_timeout)
    }

    /// Does what an image says, in its order; for a comparison only what is uploaded counts.
    async fn walk(&self, image: &Image, wanted: u8) -> Result<(), Failed> {
        for step in &image.actions {
            match step {
                Action::Backup { components } if wanted == action::UPLOAD => {
                    self.initiate(*components, action::BACKUP).await?;
                }
                Action::Prepare { components } if wanted == action::UPLOAD => {
                    self.initiate(*components, action::PREPARE).await?;
                }
                Action::Upload(upload) => self.upload(upload, wanted).await?,
                Action::Backup { .. } | Action::Prepare { .. } => {}
            }
        }
        Ok(())
    }

    async fn initiate(&self, components: u8, action: u8) -> Result<(), Failed> {
        let order = InitiateUpgradeAction { components, action };
        self.order(&order, self.upgrade()).await
    }

    async fn upload(&self, upload: &Upload, wanted: u8) -> Result<(), Failed> {
        self.initiate(upload.components, wanted).await?;
        let (mut rest, mut number, mut len) = (upload.data.as_slice(), 0_u8, BLOCK_LEN_MAX);
        while !rest.is_empty() {
            let (block, behind) = rest.split_at(len.min(rest.len()));
            let data = block.to_vec();
            match self.block(&UploadFirmwareBlock { number, data }).await {
                CompletionCode::OK => {
                    rest = behind;
                    number = number.wrapping_add(1);
                }
                // It does not take so much at once.
                CompletionCode::LENGTH_INVALID | CompletionCode::LENGTH_LIMIT if len > 1 => {
                    len -= 1;
                }
                _ => return Err(Failed),
            }
        }
        let component = upload.components.trailing_zeros();
        let finish = FinishFirmwareUpload {
            component: u8::try_from(component).map_err(|_| Failed)?,
            length: u32::try_from(upload.data.len()).map_err(|_| Failed)?,
        };
        self.order(&finish, self.upgrade()).await
    }

    /// Sends a block, again when nobody answers: the target knows the last one by its number.
    async fn block(&self, block: &UploadFirmwareBlock) -> CompletionCode {
        let end = Instant::now() + self.upgrade();
        let mut silences = 0;
        loop {
            match self.hardware.request(block.request()).await.code {
                CompletionCode::TIMEOUT if silences < TRIES => silences += 1,
                CompletionCode::NODE_BUSY if Instant::now() < end => sleep(PAUSE).await,
                // It is written, but not yet ready for more.
                code::IN_PROGRESS => {
                    let done = self.finished(self.upgrade()).await;
                    return done.map_or_else(
                        |Failed| CompletionCode::UNSPECIFIED,
                        |()| CompletionCode::OK,
                    );
                }
                code => return code,
            }
        }
    }

    /// Gives an order, and waits until it is done.
    async fn order<C: Command>(&self, order: &C, timeout: Duration) -> Result<(), Failed> {
        let end = Instant::now() + timeout;
        loop {
            match self.hardware.request(order.request()).await.code {
                CompletionCode::OK => return Ok(()),
                code::IN_PROGRESS => return self.finished(timeout).await,
                CompletionCode::NODE_BUSY if Instant::now() < end => sleep(PAUSE).await,
                _ => return Err(Failed),
            }
        }
    }

    /// Waits until the command of long duration is done. The target may be silent meanwhile.
    async fn finished(&self, timeout: Duration) -> Result<(), Failed> {
        let end = Instant::now() + timeout;
        while Instant::now() < end {
            sleep(PAUSE).await;
            let Ok(status) = self.hardware.ask(&GetUpgradeStatus {}).await else {
                continue;
            };
            match CompletionCode(status.code) {
                code::IN_PROGRESS => {}
                CompletionCode::OK => return Ok(()),
                _ => return Err(Failed),
            }
        }
        Err(Failed)
    }

    /// Asks until the answer is a result; `None` when there is none in time.
    async fn settled<C: Command>(&self, question: &C, timeout: Duration) -> Option<Response> {
        let end = Instant::now() + timeout;
        loop {
            let response = self.hardware.request(question.request()).await;
            let is_settled = ![
                code::IN_PROGRESS,
                CompletionCode::TIMEOUT,
                CompletionCode::NODE_BUSY,
                CompletionCode::NOT_PRESENT,
            ]
            .contains(&response.code);
            if is_settled {
                return Some(response);
            }
            if Instant::now() >= end {
                return None;
            }
            sleep(PAUSE).await;
        }
    }
}

fn time(units: u8) -> Duration {
    match units {
        0 => TIMEOUT_DEFAULT,
        units => TIMEOUT_UNIT * u32::from(units),
    }
}

#[cfg(test)]
mod tests;
