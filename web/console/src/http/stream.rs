//! The event stream: a snapshot first, then what changes.
//!
//! Choice: `Last-Event-ID` is not needed and not looked at. A browser that comes back gets a
//! snapshot, which is never
//! older than what it missed.

use super::Site;
use crate::Backend;
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast};
use warp::reply::{Reply as _, Response};
use warp::sse::Event;
use web_api::{Notice, Query, Refusal, RefusalCode, Reply, SnapshotView};

/// How often a stream without news says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// Answers `/api/v1/stream`.
pub(super) fn respond(site: &Site) -> Result<Response, Refusal> {
    let place = site.streams.clone().try_acquire_owned().map_err(|_| {
        Refusal::new(
            RefusalCode::TooMany,
            "too many event streams: close another page",
        )
    })?;
    let events = warp::sse::keep_alive()
        .interval(KEEP_ALIVE)
        .stream(events(&site.backend, place));
    Ok(warp::sse::reply(events).into_response())
}

struct Stage {
    backend: Backend,
    notices: broadcast::Receiver<Notice>,
    /// `None` as long as a snapshot is due; then the number of the last notice that was sent or is
    /// contained in it.
    seen: Option<u64>,
    has_ended: bool,
    _place: OwnedSemaphorePermit,
}

fn events(
    backend: &Backend,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
    let stage = Stage {
        backend: backend.clone(),
        // Listening starts before the snapshot is asked for, so that nothing falls between them.
        notices: backend.notices.subscribe(),
        seen: None,
        has_ended: false,
        _place: place,
    };
    stream::unfold(stage, |mut stage| async move {
        let event = stage.next().await?;
        Some((Ok(event), stage))
    })
}

impl Stage {
    async fn next(&mut self) -> Option<Event> {
        if self.has_ended {
            return None;
        }
        let Some(seen) = self.seen else {
            return Some(self.snapshot().await);
        };
        loop {
            match self.notices.recv().await {
                Ok(notice) if notice.sequence <= seen => {}
                Ok(notice) => {
                    self.seen = Some(notice.sequence);
                    return Some(json("notice", &notice).id(notice.sequence.to_string()));
                }
                Err(RecvError::Lagged(missed)) => {
                    self.seen = None;
                    return Some(json("lagged", &missed));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The snapshot; when there is none, why, and the stream ends so that the browser tries again.
    async fn snapshot(&mut self) -> Event {
        match self
            .backend
            .query(Query::Snapshot)
            .await
            .and_then(only_snapshot)
        {
            Ok(snapshot) => {
                self.seen = Some(snapshot.sequence);
                let event = json("snapshot", &snapshot).id(snapshot.sequence.to_string());
                event.retry(RETRY)
            }
            Err(refusal) => {
                self.has_ended = true;
                json("refused", &refusal).retry(RETRY)
            }
        }
    }
}

fn only_snapshot(reply: Reply) -> Result<Box<SnapshotView>, Refusal> {
    if let Reply::Snapshot(snapshot) = reply {
        return Ok(snapshot);
    }
    Err(Refusal::new(
        RefusalCode::Failed,
        "the core answered another question",
    ))
}

fn json(name: &'static str, value: &impl serde::Serialize) -> Event {
    let text = serde_json::to_string(value).expect("views have string keys only");
    Event::default().event(name).data(text)
}
