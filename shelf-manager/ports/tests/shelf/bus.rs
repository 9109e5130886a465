//! A simulated I²C bus with several masters: arbitration by bits, acknowledgement by address, lines
//! that get stuck, and noise.

use ports::ipmb::{Fault, Master, MasterError, Slave, Wire, WriteError};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// Masters that start within this time do not see each other's start, and go into arbitration.
const START_WINDOW: Duration = Duration::from_micros(20);
/// Nine bits at 100 kHz.
const BYTE_TIME: Duration = Duration::from_micros(90);
/// How long an adapter waits for lines that do not move.
const STUCK_TIME: Duration = Duration::from_millis(35);
/// How many frames a controller has room for; with more, it does not acknowledge.
const SLAVE_ROOM: usize = 2;

/// One bus; clones are the same bus.
#[derive(Clone, Default)]
pub(crate) struct Bus(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    slaves: BTreeMap<u8, mpsc::Sender<Vec<u8>>>,
    stuck: Option<Fault>,
    /// Addresses that do not acknowledge here.
    deaf: BTreeSet<u8>,
    /// Each n-th frame is disturbed; 0: none.
    noise: u64,
    busy_until: Option<Instant>,
    /// Masters that started, with what they send; and when it is decided.
    contest: Option<(Instant, Vec<Vec<u8>>)>,
    counts: Counts,
}

/// What happened on a bus.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Frames that were carried.
    pub(crate) carried: u64,
    /// Arbitrations that were lost.
    pub(crate) lost: u64,
    /// Frames that were disturbed.
    pub(crate) disturbed: u64,
    /// Frames that nobody acknowledged.
    pub(crate) naks: u64,
}

impl Bus {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Gets a line stuck, or loose again.
    pub(crate) fn stick(&self, fault: Option<Fault>) {
        self.lock().stuck = fault;
    }

    /// Takes the controller at this address off this bus.
    pub(crate) fn isolate(&self, address: u8) {
        self.lock().deaf.insert(address);
    }

    /// Disturbs each n-th frame from now on.
    pub(crate) fn disturb_each(&self, n: u64) {
        self.lock().noise = n;
    }

    /// What happened so far.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Attaches a controller.
    pub(crate) fn attach(&self, address: u8) -> mpsc::Receiver<Vec<u8>> {
        let (sender, receiver) = mpsc::channel(SLAVE_ROOM);
        self.lock().slaves.insert(address, sender);
        receiver
    }

    /// Writes a frame as one of the masters.
    pub(crate) async fn write(&self, frame: &[u8]) -> Result<(), WriteError> {
        self.wait_until_free().await?;
        let decided_at = {
            let mut state = self.lock();
            let decided_at = Instant::now() + START_WINDOW;
            let contest = state.contest.get_or_insert((decided_at, Vec::new()));
            contest.1.push(frame.to_vec());
            contest.0
        };
        sleep_until(decided_at).await;
        let done_at = self.decide(frame)?;
        sleep_until(done_at).await;
        self.carry(frame)
    }

    async fn wait_until_free(&self) -> Result<(), WriteError> {
        loop {
            let (stuck, busy_until) = {
                let state = self.lock();
                (state.stuck, state.busy_until)
            };
            if let Some(fault) = stuck {
                sleep(STUCK_TIME).await;
                return Err(WriteError::Bus(fault));
            }
            match busy_until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// A zero bit wins against a one: the smallest frame goes on. Equal ones do not notice.
    fn decide(&self, frame: &[u8]) -> Result<Instant, WriteError> {
        let mut state = self.lock();
        let bytes = u32::try_from(frame.len()).unwrap();
        let is_first = match &state.contest {
            Some((_, frames)) => frames.iter().min().is_some_and(|first| first == frame),
            // Decided already, by somebody with the same frame, or with another one.
            None => false,
        };
        if !is_first {
            state.counts.lost += 1;
            return Err(WriteError::ArbitrationLost);
        }
        state.contest = None;
        let done_at = Instant::now() + BYTE_TIME * bytes;
        state.busy_until = Some(done_at);
        Ok(done_at)
    }

    fn carry(&self, frame: &[u8]) -> Result<(), WriteError> {
        let mut state = self.lock();
        if let Some(fault) = state.stuck {
            return Err(WriteError::Bus(fault));
        }
        let address = frame[0];
        let slave = state.slaves.get(&address);
        let slave = slave.filter(|_| !state.deaf.contains(&address)).cloned();
        let mut frame = frame.to_vec();
        if state.noise != 0 && (state.counts.carried + 1).is_multiple_of(state.noise) {
            let place = 1 + state.counts.carried as usize % (frame.len() - 1);
            frame[place] ^= 0x10;
            state.counts.disturbed += 1;
        }
        match slave.map(|slave| slave.try_send(frame)) {
            Some(Ok(())) => {
                state.counts.carried += 1;
                Ok(())
            }
            Some(Err(_)) | None => {
                state.counts.naks += 1;
                Err(WriteError::Nak)
            }
        }
    }
}

/// A controller's place on a bus.
pub(crate) struct At(pub(crate) Bus, pub(crate) u8);

impl Wire for At {
    type Master = End;
    type Slave = Ear;

    async fn open(&self) -> io::Result<(End, Ear)> {
        Ok((End(self.0.clone()), Ear(self.0.attach(self.1))))
    }
}

/// The writing end.
pub(crate) struct End(Bus);

impl Master for End {
    async fn write(&mut self, frame: Vec<u8>) -> Result<(), MasterError> {
        self.0.write(&frame).await.map_err(MasterError::Refused)
    }
}

/// The end that hears.
pub(crate) struct Ear(mpsc::Receiver<Vec<u8>>);

impl Slave for Ear {
    async fn receive(&mut self) -> io::Result<Vec<u8>> {
        let frame = self.0.recv().await;
        frame.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}
