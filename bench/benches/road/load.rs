//! Clients that keep the daemon busy.

use crate::client::{Client, frame, runtime};
use openhpi_wire::function::RptEntryGet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};
use tokio::task::JoinSet;

/// How many ask at the same time.
pub(crate) const CLIENTS: usize = 16;

/// HPI's clients, each of which asks again as soon as it is answered, all in one thread.
pub(crate) struct Load {
    is_over: Arc<AtomicBool>,
    clients: JoinHandle<u64>,
}

impl Load {
    pub(crate) fn start(at: SocketAddr) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&is_over);
        let clients = spawn(move || runtime().block_on(ask(at, &theirs)));
        Self { is_over, clients }
    }

    /// Ends it: how often they were answered.
    pub(crate) fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.clients.join().expect("they ask and wait")
    }
}

async fn ask(at: SocketAddr, is_over: &Arc<AtomicBool>) -> u64 {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut client = Client::open(at).await;
        let call = frame(&RptEntryGet {
            session: client.session,
            entry: 0,
        });
        let is_over = Arc::clone(is_over);
        clients.spawn(async move {
            let mut count = 0_u64;
            while !is_over.load(Ordering::Relaxed) {
                let answer = client.ask(&call).await;
                assert_eq!(answer[..4], [0; 4], "SA_OK");
                count += 1;
            }
            count
        });
    }
    clients.join_all().await.into_iter().sum()
}
