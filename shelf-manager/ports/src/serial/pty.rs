//! A pseudo-terminal: a serial line between two programs of one machine.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_serial::{SerialPort, SerialStream};

/// Our end of a new pseudo-terminal. Others open its path, one after the other or all at once.
///
/// It carries bytes as they are, and echoes none.
#[derive(Debug)]
pub struct Pty {
    controller: SerialStream,
    /// Kept open: without it the line would hang up each time that somebody closes it.
    _terminal: SerialStream,
    path: PathBuf,
}

impl Pty {
    /// A new pseudo-terminal. Needs a tokio runtime.
    pub fn open() -> io::Result<Self> {
        let (controller, terminal) = SerialStream::pair()?;
        let path = terminal.name().map(PathBuf::from);
        let path = path.ok_or(io::ErrorKind::Unsupported)?;
        Ok(Self {
            controller,
            _terminal: terminal,
            path,
        })
    }

    /// What others open, such as `/dev/pts/3`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsyncRead for Pty {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.controller).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pty {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.controller).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.controller).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.controller).poll_shutdown(context)
    }
}
