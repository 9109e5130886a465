use super::{AddressError, Duration, Keeper, Place, Standing, spawn};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::time::{Instant, advance, sleep};

const NOT_PERMITTED: AddressError = AddressError::NotPermitted { capability: "it" };

/// A place that writes down when it was asked for what.
#[derive(Clone)]
struct Paper {
    start: Instant,
    lines: Arc<Mutex<Vec<String>>>,
    /// Answers to come; `Ok` when there are none.
    answers: Arc<Mutex<VecDeque<Result<(), AddressError>>>>,
}

impl Paper {
    fn new(answers: &[Result<(), AddressError>]) -> Self {
        Self {
            start: Instant::now(),
            lines: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().cloned().collect())),
        }
    }

    fn note(&self, what: &str) -> Result<(), AddressError> {
        let line = format!("{what} {}", self.start.elapsed().as_millis());
        self.lines.lock().unwrap().push(line);
        self.answers.lock().unwrap().pop_front().unwrap_or(Ok(()))
    }

    /// What was written since the last look.
    fn lines(&self) -> String {
        std::mem::take(&mut *self.lines.lock().unwrap()).join(", ")
    }
}

impl Place for Paper {
    fn take(&self) -> Result<(), AddressError> {
        self.note("take")
    }

    fn release(&self) -> Result<(), AddressError> {
        self.note("release")
    }
}

/// The clock stands still but for this.
async fn pass(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}

fn standing(keeper: &Keeper) -> Standing {
    keeper.standing().borrow().clone()
}

/// The active CMM tells thrice in the first second, and goes on before the lease ends; the next
/// order ends that at once, and is itself carried out once.
#[tokio::test(start_paused = true)]
async fn taken_and_released() {
    let paper = Paper::new(&[]);
    let keeper = spawn(paper.clone());
    keeper.own(true);
    pass(7000).await;
    let times = "take 0, take 300, take 900, take 3900, take 6900";
    assert_eq!(paper.lines(), times);
    assert_eq!(standing(&keeper), Standing::Held);
    keeper.own(false);
    pass(60_000).await;
    assert_eq!(paper.lines(), "release 7000");
    assert_eq!(standing(&keeper), Standing::Released);
    keeper.own(true);
    pass(1000).await;
    assert_eq!(paper.lines(), "take 67000, take 67300, take 67900");
}

/// What was said already changes no times.
#[tokio::test(start_paused = true)]
async fn said_again() {
    let paper = Paper::new(&[]);
    let keeper = spawn(paper.clone());
    for _ in 0..10 {
        keeper.own(true);
        pass(100).await;
    }
    assert_eq!(paper.lines(), "take 0, take 300, take 900");
}

/// Until somebody decides, what a former daemon left is not touched, even by the end.
#[tokio::test(start_paused = true)]
async fn undecided() {
    let paper = Paper::new(&[]);
    let keeper = spawn(paper.clone());
    pass(60_000).await;
    assert_eq!(standing(&keeper), Standing::Undecided);
    drop(keeper);
    pass(1).await;
    assert_eq!(paper.lines(), "");
}

/// A standby that starts releases what a former daemon left, and tries until it is gone.
#[tokio::test(start_paused = true)]
async fn a_leftover() {
    let paper = Paper::new(&[Err(NOT_PERMITTED), Err(NOT_PERMITTED)]);
    let keeper = spawn(paper.clone());
    keeper.own(false);
    pass(1500).await;
    assert_eq!(standing(&keeper), Standing::NotReleased(NOT_PERMITTED));
    pass(8500).await;
    assert_eq!(paper.lines(), "release 0, release 1000, release 2000");
    assert_eq!(standing(&keeper), Standing::Released);
}

/// What cannot be taken is tried each second, told once, and announced thrice once it is there.
#[tokio::test(start_paused = true)]
async fn not_taken() {
    let paper = Paper::new(&[Err(NOT_PERMITTED), Ok(()), Err(NOT_PERMITTED)]);
    let keeper = spawn(paper.clone());
    let mut changes = keeper.standing();
    keeper.own(true);
    for expected in [
        Standing::NotTaken(NOT_PERMITTED),
        Standing::Held,
        Standing::NotTaken(NOT_PERMITTED),
        Standing::Held,
    ] {
        changes.changed().await.unwrap();
        assert_eq!(*changes.borrow_and_update(), expected);
    }
    pass(1000).await;
    let times = "take 0, take 1000, take 1300, take 2300, take 2600, take 3200";
    assert_eq!(paper.lines(), times);
}

/// A daemon that was stopped learns what happened meanwhile before it takes the address again; one
/// that was busy goes on.
#[tokio::test(start_paused = true)]
async fn stopped() {
    let paper = Paper::new(&[]);
    let keeper = spawn(paper.clone());
    keeper.own(true);
    pass(1000).await;
    assert_eq!(paper.lines(), "take 0, take 300, take 900");
    advance(Duration::from_millis(4000)).await;
    pass(3500).await;
    assert_eq!(paper.lines(), "take 5000, take 8000");
    advance(Duration::from_secs(60)).await;
    pass(1000).await;
    assert_eq!(paper.lines(), "");
    keeper.own(false);
    pass(10_000).await;
    assert_eq!(paper.lines(), "release 69500");
    keeper.own(true);
    pass(1000).await;
    assert_eq!(paper.lines(), "take 79500, take 79800, take 80400");
    advance(Duration::from_secs(60)).await;
    pass(3500).await;
    assert_eq!(paper.lines(), "take 143500");
}

/// It goes when its keeper goes.
#[tokio::test(start_paused = true)]
async fn dropped() {
    let paper = Paper::new(&[]);
    let keeper = spawn(paper.clone());
    keeper.own(true);
    pass(100).await;
    drop(keeper);
    pass(60_000).await;
    assert_eq!(paper.lines(), "take 0, release 100");
}

/// It goes when the daemon ends, whatever the task was about to do.
#[test]
fn the_runtime_ends() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    let (keeper, paper) = runtime.block_on(async {
        let paper = Paper::new(&[]);
        let keeper = spawn(paper.clone());
        keeper.own(true);
        pass(100).await;
        (keeper, paper)
    });
    assert_eq!(paper.lines(), "take 0");
    drop(runtime);
    assert!(paper.lines().starts_with("release "));
    drop(keeper);
    assert_eq!(paper.lines(), "");
}
