//! The control socket: one JSON object a line, for `shelfctl` and scripts on this host.
//!
//! See `docs/control-socket.md`. Whoever may open the socket may order anything, so it belongs to
//! its owner alone.

use crate::Backend;
use serde_json::from_slice;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinSet;
use web_api::{
    ANSWER_BYTES_MAX, Answer, Change, Follow, Notice, Query, REQUEST_BYTES_MAX, Refusal,
    RefusalCode, Reply, Request,
};

/// Clients at a time; the next one waits.
const CLIENTS_MAX: usize = 64;

/// Binds the control socket, readable and writable by the owner only.
///
/// A socket that a dead daemon left behind is replaced; `AddrInUse` when a living one answers on
/// it.
pub fn bind_control(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    // Connecting to an ordinary file is refused just like connecting to a dead socket; only the
    // latter may go.
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => {
            let text = format!("another shelfd answers on {}", path.display());
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        Err(error) if is_socket && error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)?;
        }
        // Not there, or not a socket: then binding says what is wrong.
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves the control socket until the future is dropped; its connections end with it.
pub async fn serve_control(listener: UnixListener, backend: Backend) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CLIENTS_MAX));
    let mut clients = JoinSet::new();
    loop {
        let place = places
            .clone()
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // No file descriptor left, most likely: that passes, and must not end the socket.
                tracing::warn!(%error, "accepting a client failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let backend = backend.clone();
        clients.spawn(async move {
            let _place = place;
            if let Err(error) = serve_client(stream, backend).await {
                tracing::debug!(%error, "a client of the control socket has gone");
            }
        });
        while clients.try_join_next().is_some() {}
    }
}

async fn serve_client(stream: UnixStream, backend: Backend) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while read_line(&mut reader, &mut line).await? {
        match from_slice(&line) {
            Ok(Request::Query(query)) => {
                let reply = backend.query(query).await.unwrap_or_else(Reply::Refused);
                send(&mut writer, &Answer::Reply(reply)).await?;
            }
            Ok(Request::Order(order)) => {
                let outcome = backend.order(order).await;
                send(&mut writer, &Answer::Outcome(outcome)).await?;
            }
            Ok(Request::Follow(wanted)) => {
                // A follower is told until it closes; what it sends meanwhile is a mistake.
                let mut byte = [0];
                return tokio::select! {
                    ended = follow(&backend, wanted, &mut writer) => ended,
                    _ = reader.read(&mut byte) => Ok(()),
                };
            }
            Err(error) => {
                let refusal = Refusal::new(RefusalCode::BadRequest, error.to_string());
                send(&mut writer, &Answer::Error(refusal)).await?;
            }
        }
    }
    if line.len() > REQUEST_BYTES_MAX {
        let text = format!("a request has at most {REQUEST_BYTES_MAX} bytes");
        send(
            &mut writer,
            &Answer::Error(Refusal::new(RefusalCode::TooLarge, text)),
        )
        .await?;
    }
    Ok(())
}

/// Reads up to the next newline into `line`, without it; `false` at the end of the stream, or when
/// the line is too
/// long, which `line` shows by its length.
async fn read_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    line.clear();
    loop {
        let bytes = reader.fill_buf().await?;
        if bytes.is_empty() {
            line.clear();
            return Ok(false);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(bytes.len());
        line.extend_from_slice(&bytes[..taken]);
        reader.consume(taken + usize::from(end.is_some()));
        if line.len() > REQUEST_BYTES_MAX {
            return Ok(false);
        }
        if end.is_some() {
            return Ok(true);
        }
    }
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    if line.len() > ANSWER_BYTES_MAX {
        let text = format!("the answer has {} bytes: ask for less", line.len());
        line = serde_json::to_vec(&Answer::Error(Refusal::new(RefusalCode::TooLarge, text)))?;
    }
    line.push(b'\n');
    writer.write_all(&line).await
}

async fn follow(
    backend: &Backend,
    wanted: Follow,
    writer: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    // Listening starts before the past is asked for, so that nothing falls between them.
    let mut notices = backend.notices.subscribe();
    let mut told = 0;
    if let Some(since) = wanted.events_since {
        match backend.query(Query::Events { since: Some(since) }).await {
            Ok(Reply::Events(past)) => {
                told = past.last;
                for event in past.events {
                    let time_us = event.time_us;
                    let change = Change::Event(Box::new(event));
                    let notice = Notice {
                        sequence: 0,
                        time_us,
                        change,
                    };
                    send(writer, &Answer::Notice(Box::new(notice))).await?;
                }
            }
            Ok(_) => {
                tracing::error!("the core answered a question about events with something else")
            }
            Err(refusal) => return send(writer, &Answer::Error(refusal)).await,
        }
    }
    while let Some(notice) = next_notice(&mut notices).await {
        let is_old = matches!(&notice.change, Change::Event(event) if event.sequence <= told);
        if !is_old {
            send(writer, &Answer::Notice(Box::new(notice))).await?;
        }
    }
    Ok(())
}

/// The next notice; `None` when the core has gone.
async fn next_notice(notices: &mut broadcast::Receiver<Notice>) -> Option<Notice> {
    match notices.recv().await {
        Ok(notice) => Some(notice),
        Err(RecvError::Lagged(missed)) => {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let time_us = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
            Some(Notice {
                sequence: 0,
                time_us,
                change: Change::Lagged { missed },
            })
        }
        Err(RecvError::Closed) => None,
    }
}
