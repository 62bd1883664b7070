use super::super::in_flight::{MAX_IN_FLIGHT, Ticket};
use super::*;
use rmcp::model::{RequestId, ServerResult};

#[tokio::test]
async fn keeps_its_own_answer_until_there_is_room() {
    let (out, mut taken) = mpsc::channel(1);
    let (_all_written, written) = tokio::sync::oneshot::channel();
    let input: Input = Box::new(&b"no message\n"[..]);
    let (mut stdio, _written) = Stdio::new(Pipes { input, out: out.clone(), written });
    out.send(Zeroizing::new(b"first".to_vec())).await.unwrap();
    // The receiving task stops waiting for this message and does something else.
    assert!(timeout(Duration::from_millis(20), stdio.receive()).await.is_err());
    assert_eq!(taken.recv().await.unwrap().as_slice(), b"first");
    assert!(stdio.receive().await.is_none(), "nothing else came in");
    let answer = String::from_utf8(taken.recv().await.unwrap().to_vec()).unwrap();
    assert!(answer.contains("-32700"), "{answer}");
}

/// A client that has sent all of `said`. At most `waiting` lines wait for it to read.
fn client(said: String, waiting: usize) -> (Stdio, mpsc::Receiver<Zeroizing<Vec<u8>>>) {
    let (out, taken) = mpsc::channel(waiting);
    let (_all_written, written) = tokio::sync::oneshot::channel();
    let input: Input = Box::new(io::Cursor::new(said.into_bytes()));
    let (mut stdio, _written) = Stdio::new(Pipes { input, out, written });
    stdio.began = true;
    (stdio, taken)
}

fn ping(id: i64) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n")
}

fn cancel(id: i64) -> String {
    let params = format!("{{\"requestId\":{id}}}");
    format!("{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{params}}}\n")
}

/// Returns the id of the next call that goes on to the server, and its ticket.
async fn next(stdio: &mut Stdio) -> Option<(RequestId, Ticket)> {
    match stdio.receive().await? {
        JsonRpcMessage::Request(request) => {
            let ticket = request.request.extensions().get::<Ticket>().cloned();
            Some((request.id, ticket.unwrap()))
        }
        other => panic!("{other:?}"),
    }
}

fn pong(id: &RequestId) -> TxJsonRpcMessage<RoleServer> {
    TxJsonRpcMessage::<RoleServer>::response(ServerResult::empty(()), id.clone())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_its_answers_costs_bounded_memory() {
    let (mut stdio, mut taken) = client((0..1_000).map(ping).collect(), 4);
    // Like the SDK: each answer is sent by its own task while the next message is read.
    let mut answers = tokio::task::JoinSet::new();
    let mut let_in = 0;
    while let Ok(call) = timeout(STALL_TIMEOUT / 2, next(&mut stdio)).await {
        let (id, _) = call.expect("the client is there");
        let_in += 1;
        answers.spawn(stdio.send(pong(&id)));
    }
    // Four lines may wait to be written, and each of them lets in one more call.
    assert!(let_in <= MAX_IN_FLIGHT.0 + 4, "{let_in}");
    assert!(answers.len() <= MAX_IN_FLIGHT.0 + 4);
    // When the client reads, it gets all answers, and its later calls continue.
    let heard = tokio::spawn(async move {
        let mut lines = 0;
        while taken.recv().await.is_some() {
            lines += 1;
        }
        lines
    });
    while let Some((id, _)) = next(&mut stdio).await {
        answers.spawn(stdio.send(pong(&id)));
    }
    assert!(answers.join_all().await.iter().all(Result::is_ok));
    drop(stdio);
    assert_eq!(heard.await.unwrap(), 1_000, "each is answered once");
}

#[tokio::test(start_paused = true)]
async fn stops_waiting_for_a_client_that_never_reads() {
    let (mut stdio, _taken) = client("no message\n".repeat(10), 2);
    let began = Instant::now();
    assert!(stdio.receive().await.is_none());
    assert_eq!(began.elapsed(), STALL_TIMEOUT);
}

#[tokio::test]
async fn a_call_that_was_cancelled_keeps_its_place_until_it_ended() {
    let calls = MAX_IN_FLIGHT.0;
    let taken_back = (0..).take(calls).map(|id| format!("{}{}", ping(id), cancel(id)));
    let said: String = taken_back.chain([ping(0), ping(1_000)]).collect();
    let (mut stdio, mut taken) = client(said, 4);
    let mut open = Vec::new();
    for _ in 0..calls {
        open.push(next(&mut stdio).await.unwrap());
    }
    // The next two calls aren't let in: one reuses an id, and the other exceeds the limit. Then the
    // input ends.
    assert!(stdio.receive().await.is_none());
    for id in [0, 1_000] {
        let refused = serde_json::from_slice::<serde_json::Value>(&taken.recv().await.unwrap()).unwrap();
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&id.into(), &(-32000).into()), "{refused}");
    }
    for (id, ticket) in open {
        ticket.withdrawn().await;
        stdio.send(pong(&id)).await.unwrap();
        let wants_it_again = ping(match id {
            RequestId::Number(id) => id,
            RequestId::String(_) => panic!("{id}"),
        });
        stdio.input = Box::new(io::Cursor::new(wants_it_again.into_bytes()));
        assert_eq!(next(&mut stdio).await.unwrap().0, id, "its id is free");
    }
    assert!(taken.try_recv().is_err(), "what was withdrawn isn't answered");
}
