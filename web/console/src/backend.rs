//! The one door between the console and the daemon's core.

use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use web_api::{Notice, Order, Outcome, Query, Refusal, RefusalCode, Reply};

/// Queries that may wait for the core.
const QUERIES_MAX: usize = 64;
/// Orders that may wait for the core.
const ORDERS_MAX: usize = 16;
/// Notices that a slow receiver may lag behind before it loses some.
const NOTICES_MAX: usize = 1024;
/// How long the core may take to answer a query.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the core may take to carry out an order.
const ORDER_TIMEOUT: Duration = Duration::from_secs(30);

/// The console's side of the door.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Questions, each with where its answer goes.
    pub queries: mpsc::Sender<(Query, oneshot::Sender<Reply>)>,
    /// Orders, each with where its outcome goes.
    pub orders: mpsc::Sender<(Order, oneshot::Sender<Outcome>)>,
    /// What changes; the core sends, each browser and follower receives.
    pub notices: broadcast::Sender<Notice>,
}

/// The core's side of the door.
#[derive(Debug)]
pub struct Desk {
    /// Questions to answer.
    pub queries: mpsc::Receiver<(Query, oneshot::Sender<Reply>)>,
    /// Orders to carry out.
    pub orders: mpsc::Receiver<(Order, oneshot::Sender<Outcome>)>,
    /// Where the core tells what changes. Sending fails while nobody listens, which does not
    /// matter.
    pub notices: broadcast::Sender<Notice>,
}

impl Backend {
    /// A new door: the console's side and the core's.
    pub fn new() -> (Self, Desk) {
        let (queries, queries_out) = mpsc::channel(QUERIES_MAX);
        let (orders, orders_out) = mpsc::channel(ORDERS_MAX);
        let (notices, _) = broadcast::channel(NOTICES_MAX);
        let desk = Desk {
            queries: queries_out,
            orders: orders_out,
            notices: notices.clone(),
        };
        (
            Self {
                queries,
                orders,
                notices,
            },
            desk,
        )
    }

    /// Asks the core. A reply that is a refusal comes back as `Err`, as does silence.
    pub(crate) async fn query(&self, query: Query) -> Result<Reply, Refusal> {
        match ask(&self.queries, query, QUERY_TIMEOUT).await? {
            Reply::Refused(refusal) => Err(refusal),
            reply @ (Reply::Snapshot(_)
            | Reply::Shelf(_)
            | Reply::Boards(_)
            | Reply::Frus(_)
            | Reply::Sensors(_)
            | Reply::Log(_)
            | Reply::Sel(_)
            | Reply::Alarms(_)
            | Reply::Events(_)
            | Reply::Amf(_)
            | Reply::Clm(_)
            | Reply::Plm(_)
            | Reply::Imm(_)
            | Reply::Members(_)
            | Reply::Status(_)) => Ok(reply),
        }
    }

    /// Hands an order to the core and waits for its outcome.
    pub(crate) async fn order(&self, order: Order) -> Outcome {
        ask(&self.orders, order, ORDER_TIMEOUT)
            .await
            .unwrap_or_else(Outcome::Refused)
    }
}

async fn ask<Q, A>(
    to: &mpsc::Sender<(Q, oneshot::Sender<A>)>,
    question: Q,
    patience: Duration,
) -> Result<A, Refusal> {
    let gone = || Refusal::new(RefusalCode::TryAgain, "the daemon is stopping");
    let (sender, answer) = oneshot::channel();
    let exchange = async {
        to.send((question, sender)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    };
    tokio::time::timeout(patience, exchange)
        .await
        .unwrap_or_else(|_| {
            let text = format!(
                "the daemon's core did not answer within {} s",
                patience.as_secs()
            );
            Err(Refusal::new(RefusalCode::Timeout, text))
        })
}
