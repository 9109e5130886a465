use super::*;
use ipmi::message::NetFn;

const LIMITS: Limits = Limits {
    waiting_max: 2,
    open_max: 3,
};

fn ask(questions: &mut Questions, ticket: u64) -> Option<(Ticket, Response)> {
    let request = Request {
        net_fn: NetFn::APP,
        lun: 0,
        command: 1,
        data: Vec::new(),
    };
    questions.ask(Ticket(ticket), (Target::ShelfManager, 4), request)
}

fn busy(ticket: u64) -> Option<(Ticket, Response)> {
    Some((Ticket(ticket), CompletionCode::NODE_BUSY.into()))
}

// Both limits hold: of questions that nobody takes, and of those that are taken and not answered.
#[tokio::test]
async fn limits() {
    let (mut questions, mut asks) = Questions::new(LIMITS);
    assert_eq!(ask(&mut questions, 1), None);
    assert_eq!(ask(&mut questions, 2), None);
    assert_eq!(ask(&mut questions, 3), busy(3), "nobody takes them");
    let first = asks.recv().await.unwrap();
    let second = asks.recv().await.unwrap();
    assert_eq!(ask(&mut questions, 4), None);
    assert_eq!(ask(&mut questions, 5), busy(5), "nobody answers them");
    // Answered or dropped, each comes back with its ticket, and makes room.
    drop(second);
    first.reply.send(CompletionCode::OK.into()).unwrap();
    let timeout = (Ticket(2), CompletionCode::TIMEOUT.into());
    assert_eq!(questions.answered().await, Some(timeout));
    let done = (Ticket(1), CompletionCode::OK.into());
    assert_eq!(questions.answered().await, Some(done));
    assert_eq!(ask(&mut questions, 6), None);
}

// All answers together find a place, though nobody looks for them meanwhile.
#[tokio::test]
async fn answers_that_wait() {
    let (mut questions, mut asks) = Questions::new(LIMITS);
    for ticket in 1..=3 {
        assert_eq!(ask(&mut questions, ticket), None);
        let question = asks.recv().await.unwrap();
        question.reply.send(CompletionCode::OK.into()).unwrap();
    }
    assert_eq!(ask(&mut questions, 4), busy(4));
    for ticket in 1..=3 {
        let done = (Ticket(ticket), CompletionCode::OK.into());
        assert_eq!(questions.answered().await, Some(done));
    }
}

// Without the asker an answer comes back to whoever gives it; without anybody to answer, who asks
// is told so.
#[tokio::test]
async fn ends() {
    let (mut questions, mut asks) = Questions::new(LIMITS);
    assert_eq!(ask(&mut questions, 1), None);
    let question = asks.recv().await.unwrap();
    drop(asks);
    assert_eq!(questions.answered().await, None);
    assert_eq!(ask(&mut questions, 2), busy(2));
    drop(questions);
    assert!(question.reply.is_closed());
    let response = Response::from(CompletionCode::OK);
    assert_eq!(question.reply.send(response.clone()), Err(response));
}
