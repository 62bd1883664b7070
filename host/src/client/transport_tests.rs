//! How a request ends, whatever the server sends: exact bytes on a loopback connection.

use super::*;
use crate::audit::{CallLog, Trail};
use crate::client::transport_error::{BadCertificate, TlsFault};
use infisical_emulator::tls::Authority;
use infisical_skill_audit::Asked;
use infisical_skill_policy::Grant;
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The most bytes of a body that this transport accepts.
const MOST: usize = 64;

const ALL: [TransportError; 20] = [
    TransportError::TimedOut,
    TransportError::Unreachable,
    TransportError::Certificate(BadCertificate::Authority),
    TransportError::Certificate(BadCertificate::Expired),
    TransportError::Certificate(BadCertificate::NotYetValid),
    TransportError::Certificate(BadCertificate::OtherName),
    TransportError::Certificate(BadCertificate::UnknownIssuer),
    TransportError::Certificate(BadCertificate::Purpose),
    TransportError::Certificate(BadCertificate::Unsupported),
    TransportError::Certificate(BadCertificate::Other),
    TransportError::Tls(TlsFault::NotTls),
    TransportError::Tls(TlsFault::NothingInCommon),
    TransportError::Tls(TlsFault::UnknownName),
    TransportError::Tls(TlsFault::Other),
    TransportError::ClientCertificate,
    TransportError::CutShort,
    TransportError::NotHttp,
    TransportError::TooLarge,
    TransportError::Encoded,
    TransportError::Unsendable,
];

/// The request that a server gets which answers with these bytes, and the result.
async fn asked(answer: &str) -> (String, Result<Answer, TransportError>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    let answer = answer.replace('\n', "\r\n");
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\nbody") {
            assert!(connection.read_buf(&mut heard).await.unwrap() > 0, "{heard:?}");
        }
        // A client that has seen enough doesn't read the rest.
        let _ = connection.write_all(answer.as_bytes()).await;
        String::from_utf8(heard).unwrap()
    });
    let transport = Transport::new(origin, &TrustRoots::WebPki, MOST).unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    let log = CallLog::new(Trail::none(), Asked::default(), Grant::Reads, deadline);
    let outgoing = Outgoing {
        route: Route { name: "a test", identity: IdentityKind::Read },
        method: http::Method::POST,
        path_and_query: "/api/x?y=z",
        headers: &[(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body: Bytes::from_owner(Body(Zeroizing::new("body".to_owned()))),
        connection: Connection::Own,
    };
    let came = transport.send(log.note().await.unwrap(), outgoing, deadline).await;
    (server.await.unwrap(), came)
}

/// The result of requesting the root.
async fn got(transport: &Transport, connection: Connection) -> Result<Answer, TransportError> {
    let deadline = Instant::now() + Duration::from_secs(5);
    let log = CallLog::new(Trail::none(), Asked::default(), Grant::Reads, deadline);
    let outgoing = Outgoing {
        route: Route { name: "a test", identity: IdentityKind::Read },
        method: http::Method::GET,
        path_and_query: "/",
        headers: &[],
        body: Bytes::new(),
        connection,
    };
    transport.send(log.note().await.unwrap(), outgoing, deadline).await
}

async fn came(answer: &str) -> Result<Answer, TransportError> {
    asked(answer).await.1
}

#[tokio::test]
async fn sends_requests_as_written_without_accept_encoding() {
    let (heard, answer) =
        asked("HTTP/1.1 200 OK\ncontent-type: application/json\nretry-after: 7\ncontent-length: 2\n\n{}").await;
    assert!(
        heard.starts_with("POST /api/x?y=z HTTP/1.1\r\n") && heard.contains("accept-encoding: identity\r\n"),
        "{heard}"
    );
    assert!(heard.contains("content-type: application/json\r\n") && !heard.contains("cookie"), "{heard}");
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    assert_eq!((answer.content_type.as_deref(), answer.retry_after.as_deref()), (Some("application/json"), Some("7")));
    let bare = came("HTTP/1.1 404 Not Found\ncontent-length: 0\n\n").await.unwrap();
    assert_eq!((bare.status, bare.content_type, bare.retry_after), (404, None, None));
}

#[tokio::test]
async fn accepts_a_body_up_to_its_limit_in_any_framing() {
    let whole = |length: usize| format!("HTTP/1.1 200 OK\ncontent-length: {length}\n\n{}", "x".repeat(length));
    let chunked = |parts: &[usize]| {
        let parts: String = parts.iter().map(|length| format!("{length:x}\n{}\n", "x".repeat(*length))).collect();
        format!("HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n{parts}0\n\n")
    };
    for (answer, length) in [
        (whole(0), Some(0)),
        (whole(MOST), Some(MOST)),
        (whole(MOST + 1), None),
        (chunked(&[]), Some(0)),
        (chunked(&[MOST]), Some(MOST)),
        (chunked(&[MOST - 1, 1]), Some(MOST)),
        (chunked(&[MOST - 1, 2]), None),
        (chunked(&[MOST + 1]), None),
        (chunked(&[1, MOST]), None),
    ] {
        let came = came(&answer).await.map(|answer| answer.body.len());
        assert_eq!(came, length.ok_or(TransportError::TooLarge), "{answer}");
    }
}

#[tokio::test]
async fn rejects_compressed_truncated_and_non_http_answers() {
    let with = |header: &str| format!("HTTP/1.1 200 OK\n{header}\ncontent-length: 2\n\n{{}}");
    assert!(came(&with("content-encoding: identity")).await.is_ok());
    for (answer, error) in [
        (with("content-encoding: gzip"), TransportError::Encoded),
        (with("content-encoding: identity\ncontent-encoding: gzip"), TransportError::Encoded),
        ("HTTP/1.1 200 OK\ncontent-length: 9\n\n{}".to_owned(), TransportError::CutShort),
        ("HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\n{}\n".to_owned(), TransportError::CutShort),
        (String::new(), TransportError::CutShort),
        ("SSH-2.0-OpenSSH\n\n".to_owned(), TransportError::NotHttp),
    ] {
        assert_eq!(came(&answer).await.err(), Some(error), "{answer:?}");
    }
}

/// If an answer gives its length twice, another reader may see a different answer in the same
/// bytes.
#[tokio::test]
async fn rejects_an_answer_of_ambiguous_length() {
    let with = |headers: &str| format!("HTTP/1.1 200 OK\n{headers}\n\n2\n{{}}\n0\n\n");
    for plain in ["transfer-encoding: chunked", "Transfer-Encoding: Chunked"] {
        assert_eq!(came(&with(plain)).await.unwrap().body.as_slice(), b"{}", "{plain}");
    }
    for headers in [
        "content-length: 2\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\ncontent-length: 2",
        "transfer-encoding: chunked\ncontent-length: 12\ncontent-length: 2",
        "content-length: 0\ntransfer-encoding: identity",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked, chunked",
        "transfer-encoding: chunked\ntransfer-encoding: chunked",
        "transfer-encoding: identity",
        "content-length: 2\ncontent-length: 3",
    ] {
        assert_eq!(came(&with(headers)).await.err(), Some(TransportError::NotHttp), "{headers}");
    }
}

#[tokio::test]
async fn drops_a_connection_after_an_ambiguous_answer() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    let server = tokio::spawn(async move {
        let framings = ["content-length: 2\r\ntransfer-encoding: chunked", "transfer-encoding: chunked"];
        for framing in framings {
            let (mut connection, _) = listener.accept().await.unwrap();
            assert!(connection.read(&mut [0; 1024]).await.unwrap() > 0);
            let answer = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
            connection.write_all(answer.as_bytes()).await.unwrap();
            if framing != framings[1] {
                assert_eq!(connection.read(&mut [0; 1024]).await.unwrap_or(0), 0, "nothing more is asked there");
            }
        }
    });
    let transport = Transport::new(origin, &TrustRoots::WebPki, MOST).unwrap();
    assert_eq!(got(&transport, Connection::Kept).await.err(), Some(TransportError::NotHttp));
    assert_eq!(got(&transport, Connection::Kept).await.unwrap().body.as_slice(), b"{}");
    server.await.unwrap();
}

#[tokio::test]
async fn forged_tls_record_after_sending_counts_as_cut_short() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("own").unwrap());
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let acceptor = authority.certify("localhost", false).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(connection).await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        // Begins like an encrypted TLS record, and nobody encrypted it.
        let (connection, _) = stream.get_mut();
        connection.write_all(b"\x17\x03\x03\x00\x20forged forged forged forged forg").await.unwrap();
        // Until the other end has read it.
        while connection.read(&mut [0; 1024]).await.is_ok_and(|bytes| bytes > 0) {}
    });
    let origin = Origin::parse(&origin, false).unwrap();
    let transport = Transport::new(origin, &TrustRoots::File(file), MOST).unwrap();
    assert_eq!(got(&transport, Connection::Own).await.err(), Some(TransportError::CutShort));
    server.await.unwrap();
}

#[tokio::test]
async fn refused_connection_means_nothing_left() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    drop(listener);
    let transport = Transport::new(origin.clone(), &TrustRoots::WebPki, MOST).unwrap();
    assert_eq!(transport.origin(), &origin);
    assert_eq!(got(&transport, Connection::Kept).await.err(), Some(TransportError::Unreachable));
}

#[test]
fn only_connection_failures_mean_nothing_left() {
    for error in ALL {
        use TransportError::{Certificate, Tls, Unreachable, Unsendable};
        assert_eq!(
            error.is_before_sending(),
            matches!(error, Unreachable | Certificate(_) | Tls(_) | Unsendable),
            "{error:?}"
        );
        // Once there was a connection, none of these errors says that nothing left. The other
        // errors stay as they are.
        let connected = error.once_connected();
        assert!(!connected.is_before_sending(), "{error:?}");
        assert_eq!(connected == error, !error.is_before_sending(), "{error:?}");
    }
}

#[test]
fn each_failure_has_its_own_name_and_message() {
    let origin = Origin::parse("https://infisical.example", false).unwrap();
    let names: BTreeSet<_> = ALL.map(TransportError::name).into();
    let messages: BTreeSet<_> = ALL.map(|error| error.into_error(&origin).to_string()).into();
    assert_eq!((names.len(), messages.len()), (ALL.len(), ALL.len()));
    assert!(names.iter().all(|name| !name.is_empty()));
}

#[test]
fn classifies_a_failure_at_any_nesting_depth() {
    let io = |error: rustls::Error| std::io::Error::other(std::io::Error::other(error));
    let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
    assert_eq!(classify(&io(unknown)), TransportError::Certificate(BadCertificate::UnknownIssuer));
    assert_eq!(classify(&io(rustls::Error::DecryptError)), TransportError::Tls(TlsFault::Other));
    assert_eq!(classify(&std::io::Error::from(std::io::ErrorKind::ConnectionRefused)), TransportError::Unreachable);
}

#[test]
fn refuses_unreadable_roots_and_names_their_path() {
    let missing = TrustRoots::File("/nonexistent/ca.pem".into());
    let refused = client_config(&missing).err().unwrap().to_string();
    assert!(refused.contains("/nonexistent/ca.pem"), "{refused}");
}

#[test]
fn records_infisicals_request_id_only_for_failures() {
    let request = Request::get("http://localhost/api/v4/secrets?a=b").body(Full::new(Bytes::new())).unwrap();
    let recorded = |answer: Result<Answer, TransportError>| {
        let mut record = record(Route { name: "list secrets", identity: IdentityKind::Read }, &request);
        assert_eq!((record.route.as_str(), record.path.as_str()), ("list secrets", "/api/v4/secrets?a=b"));
        assert_eq!((record.failure.as_deref(), record.status), (Some("abandoned"), None));
        complete(&mut record, std::time::Instant::now(), answer.as_ref().map_err(|error| *error));
        (record.status, record.failure, record.req_id)
    };
    let answer = |status| Answer {
        status,
        #[cfg(feature = "cli")]
        date: None,
        content_type: None,
        retry_after: None,
        body: Zeroizing::new(br#"{"reqId":"req-1"}"#.to_vec()),
    };
    assert_eq!(recorded(Ok(answer(200))), (Some(200), None, None));
    for status in [400, 500] {
        assert_eq!(recorded(Ok(answer(status))), (Some(status), None, Some("req-1".to_owned())));
    }
    assert_eq!(recorded(Err(TransportError::CutShort)), (None, Some("cut-short".to_owned()), None));
}

#[test]
fn grow_keeps_contents_and_moves_only_if_needed() {
    let filled = |capacity: usize, length: usize| {
        let mut whole = Zeroizing::new(Vec::with_capacity(capacity));
        whole.extend(std::iter::repeat_n(7, length));
        whole
    };
    let mut whole = filled(100, 40);
    let at = whole.as_ptr();
    for more in [0, 59, 60] {
        grow(&mut whole, more);
        assert_eq!(whole.as_ptr(), at, "{more}");
    }
    for (capacity, length, more) in [(100, 40, 61), (100, 100, 1), (0, 0, 1), (20_000, 20_000, 50_000), (64, 1, 64)] {
        let mut whole = filled(capacity, length);
        grow(&mut whole, more);
        assert!(whole.capacity() - whole.len() >= more, "{capacity} {length} {more}");
        assert!(whole.len() == length && whole.iter().all(|byte| *byte == 7));
    }
}

/// A server that answers the first request of each connection and closes it at the second. Counts
/// the requests that it received.
async fn closing_at_the_second() -> (Origin, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap()), false).unwrap();
    let heard = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let count = std::sync::Arc::clone(&count);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                for turn in 0..2 {
                    if connection.read(&mut buffer).await.unwrap_or_default() == 0 {
                        return;
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    if turn == 0 {
                        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                    }
                }
            });
        }
    });
    (origin, heard)
}

#[tokio::test]
async fn retries_get_but_not_post_on_a_reused_connection() {
    for (method, repeated) in [(http::Method::GET, true), (http::Method::POST, false), (http::Method::DELETE, false)] {
        let (origin, heard) = closing_at_the_second().await;
        let transport = Transport::new(origin, &TrustRoots::WebPki, MOST).unwrap();
        assert!(got(&transport, Connection::Kept).await.is_ok());
        let deadline = Instant::now() + Duration::from_secs(5);
        let log = CallLog::new(Trail::none(), Asked::default(), Grant::Reads, deadline);
        let outgoing = Outgoing {
            route: Route { name: "a test", identity: IdentityKind::Read },
            method: method.clone(),
            path_and_query: "/",
            headers: &[],
            body: Bytes::new(),
            connection: Connection::Kept,
        };
        let answer = transport.send(log.note().await.unwrap(), outgoing, deadline).await;
        assert_eq!(answer.is_ok(), repeated, "{method}");
        assert_eq!(heard.load(Ordering::SeqCst), if repeated { 3 } else { 2 }, "{method}");
    }
}
