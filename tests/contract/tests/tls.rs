//! Tests which servers the host trusts, and how it handles connections that TLS ends. No flag makes
//! it trust every server.

use infisical_emulator::tls::{Authority, Flaw, self_signed, self_signed_authority};
use infisical_skill::{Error, SecretFilter, TrustRoots};
use infisical_skill_contract::{
    Accept, Accepting, Break, Recorded, Reply, Scripted, Tls, Wire, builder, count_secrets, root, seen,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Sends a byte of its hello now and then, or none.
struct Slow(&'static [u8]);

impl Accept for Slow {
    fn accept(&self, mut tcp: TcpStream) -> Accepting<'_> {
        Box::pin(async move {
            let mut hello = self.0.iter().cycle();
            loop {
                if let Some(byte) = hello.next() {
                    tcp.write_all(&[*byte]).await?;
                } else if tcp.read(&mut [0; 512]).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
    }
}

fn script(request: &Recorded) -> Option<Reply> {
    request.is_list().then(|| Reply::list_of("A"))
}

/// Lists over TLS from `https://localhost`. Also returns the number of requests that the server
/// got.
async fn list(tls: TlsAcceptor, roots: TrustRoots) -> (Result<usize, Error>, usize) {
    let server = Scripted::start(false, Tls(tls), script).await.unwrap();
    let origin = format!("https://localhost:{}", server.port());
    let skill = builder(&origin).unwrap().trust_roots(roots).build().unwrap();
    let listing = skill.list_secrets(root(), SecretFilter::default()).await;
    (listing.map(|listing| listing.secrets.len()), server.requests().len())
}

fn ca_file(folder: &tempfile::TempDir, authority: &Authority) -> TrustRoots {
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    TrustRoots::File(path)
}

#[tokio::test]
async fn trusts_private_authority_only_if_configured() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (Authority::new("own").unwrap(), Authority::new("other").unwrap());
    assert_eq!(list(own.certify("localhost", false).unwrap(), ca_file(&folder, &own)).await, (Ok(1), 3));
    for roots in [TrustRoots::WebPki, ca_file(&folder, &other)] {
        let (listing, requests) = list(own.certify("localhost", false).unwrap(), roots).await;
        let error = listing.unwrap_err();
        assert_eq!(
            (error.kind(), requests),
            ("unreachable", 0),
            "no credential is sent to a server that isn't believed"
        );
        assert!(error.remedy().contains("ca_file"), "{error}");
    }
}

#[tokio::test]
async fn each_flaw_of_a_certificate_has_its_cause_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let own = Authority::new("own").unwrap();
    let with = |flaw| own.certify_with("localhost", flaw).unwrap();
    for (tls, roots, cause, remedy) in [
        (
            own.certify("evil.example", false).unwrap(),
            ca_file(&folder, &own),
            "isn't for the name `localhost`",
            "subjectAltName",
        ),
        (own.certify("localhost", true).unwrap(), ca_file(&folder, &own), "has expired", "Renew"),
        (with(Flaw::NotYetValid), ca_file(&folder, &own), "isn't valid yet", "clock"),
        (with(Flaw::ForClients), ca_file(&folder, &own), "isn't for servers", "serverAuth"),
        (with(Flaw::Authority), ca_file(&folder, &own), "marked as an authority (CA:TRUE)", "CA:FALSE"),
        (own.certify("localhost", false).unwrap(), TrustRoots::WebPki, "no trusted authority issued it", "`ca_file`"),
    ] {
        let (listing, requests) = list(tls, roots).await;
        let error = listing.unwrap_err();
        assert_eq!((error.kind(), requests), ("unreachable", 0), "{cause}");
        assert!(error.remedy().contains(cause) && error.remedy().contains(remedy), "{cause}: {error}");
        assert!(!seen(&error).contains("evil"), "the error may not quote the certificate: {error}");
    }
}

#[tokio::test]
async fn names_self_signed_authority_as_server_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, pem) = self_signed_authority("localhost").unwrap();
    let file = folder.path().join("own.pem");
    std::fs::write(&file, pem).unwrap();
    let (listing, requests) = list(tls, TrustRoots::File(file)).await;
    let error = listing.unwrap_err();
    assert_eq!((error.kind(), requests), ("unreachable", 0));
    let remedy = error.remedy();
    assert!(remedy.contains("marked as an authority (CA:TRUE) and is used as the server's own"), "{remedy}");
    assert!(remedy.contains("subjectAltName=DNS:localhost") && remedy.contains("CA:FALSE"), "{remedy}");
}

#[tokio::test]
async fn rejects_self_signed_certificate_unless_configured() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, pem) = self_signed("localhost").unwrap();
    for roots in [TrustRoots::WebPki, ca_file(&folder, &Authority::new("localhost").unwrap())] {
        let (listing, requests) = list(tls.clone(), roots).await;
        assert_eq!((listing.unwrap_err().kind(), requests), ("unreachable", 0));
    }
    let other = folder.path().join("other.pem");
    std::fs::write(&other, self_signed("localhost").unwrap().1).unwrap();
    let (listing, requests) = list(tls.clone(), TrustRoots::File(other)).await;
    assert_eq!((listing.unwrap_err().kind(), requests), ("unreachable", 0), "another one of the same name");
    let own = folder.path().join("own.pem");
    std::fs::write(&own, pem).unwrap();
    assert_eq!(list(tls, TrustRoots::File(own)).await, (Ok(1), 3));
}

#[tokio::test]
async fn abandons_endless_handshake_at_the_deadline() {
    // The start of a 16 KiB record, which is then sent byte by byte; and nothing at all.
    for hello in [&[0x16, 0x03, 0x03, 0x40, 0x00, 0x02, 0x00, 0x3f, 0xfc][..], &[]] {
        let server = Scripted::start(false, Slow(hello), script).await.unwrap();
        let skill = builder(&format!("https://localhost:{}", server.port())).unwrap().build().unwrap();
        let began = Instant::now();
        let error = count_secrets(&skill).await.unwrap_err();
        assert!(matches!(error.kind(), "timed-out" | "unreachable"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert!(server.is_left().await && server.requests().is_empty());
    }
}

#[tokio::test]
async fn plain_text_on_the_tls_port_is_refused() {
    let server = Scripted::start(false, infisical_skill_contract::Plain, script).await.unwrap();
    let skill = builder(&format!("https://localhost:{}", server.port())).unwrap().build().unwrap();
    let error = count_secrets(&skill).await.unwrap_err();
    assert!(matches!(error.kind(), "unreachable" | "timed-out"), "{error}");
    assert!(server.requests().is_empty());
}

/// Sends these bytes to every client, whatever the client sends.
struct Says(&'static [u8]);

impl Accept for Says {
    fn accept(&self, mut tcp: TcpStream) -> Accepting<'_> {
        Box::pin(async move {
            // The client's hello is read first: closing a connection with unread bytes resets it.
            let _ = tcp.read(&mut [0; 4096]).await?;
            tcp.write_all(self.0).await?;
            tcp.shutdown().await?;
            Err(std::io::ErrorKind::UnexpectedEof.into())
        })
    }
}

#[tokio::test]
async fn each_failure_of_a_handshake_has_its_cause() {
    for (bytes, cause) in [
        (&b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"[..], "doesn't speak TLS"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "doesn't speak TLS"),
        // Fatal alerts: handshake_failure, protocol_version, unrecognized_name,
        // certificate_required.
        (&[0x15, 3, 3, 0, 2, 2, 40], "neither TLS 1.2 nor TLS 1.3"),
        (&[0x15, 3, 3, 0, 2, 2, 70], "neither TLS 1.2 nor TLS 1.3"),
        (&[0x15, 3, 3, 0, 2, 2, 112], "no certificate for this host name"),
        (&[0x15, 3, 3, 0, 2, 2, 116], "asks for a client certificate"),
    ] {
        let server = Scripted::start(false, Says(bytes), script).await.unwrap();
        let skill = builder(&format!("https://localhost:{}", server.port())).unwrap().build().unwrap();
        let error = count_secrets(&skill).await.unwrap_err();
        assert_eq!(error.kind(), "unreachable", "{cause}");
        assert!(error.remedy().contains(cause), "{cause}: {error}");
    }
}

#[test]
fn a_bad_ca_file_is_refused_at_start_with_its_flaw() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let (one, two) = (Authority::new("one").unwrap(), Authority::new("two").unwrap());
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let empty_block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cut = &two.pem()[..two.pem().len() / 2];
    for (content, flaw) in [
        (Vec::new(), "holds no certificate"),
        (b"no certificate".to_vec(), "holds no certificate"),
        (vec![0x30, 0x82, 3, 0x25, 0x30, 0x82], "DER form"),
        (empty_block.into(), "certificate 1 of"),
        (format!("{}{cut}", one.pem()).into(), "certificate 2 of"),
        (format!("{}{empty_block}", one.pem()).into(), "certificate 2 of"),
        (format!("{}{key}", one.pem()).into(), "holds a private key"),
        (format!("{key}{}", one.pem()).into(), "holds a private key"),
    ] {
        std::fs::write(&path, content).unwrap();
        let built = builder("https://localhost").unwrap().trust_roots(TrustRoots::File(path.clone())).build();
        let refusal = built.unwrap_err().to_string();
        assert!(refusal.contains(flaw) && refusal.contains("ca.pem"), "{flaw}: {refusal}");
    }
    let missing = TrustRoots::File(folder.path().join("missing"));
    let refusal = builder("https://localhost").unwrap().trust_roots(missing).build().unwrap_err().to_string();
    assert!(refusal.contains("missing can't be read"), "{refusal}");
}

#[tokio::test]
async fn each_authority_of_a_ca_file_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (Authority::new("one").unwrap(), Authority::new("two").unwrap());
    let path = folder.path().join("both.pem");
    std::fs::write(&path, format!("# the two of them\n{}\n{}", one.pem(), two.pem())).unwrap();
    for authority in [&one, &two] {
        let tls = authority.certify("localhost", false).unwrap();
        assert_eq!(list(tls, TrustRoots::File(path.clone())).await, (Ok(1), 3));
    }
}

/// Replies like this to the first list, and correctly to all others.
fn once(reply: impl Fn() -> Reply + Send + Sync + 'static) -> impl Fn(&Recorded) -> Option<Reply> + Send + Sync {
    let done = AtomicBool::new(false);
    move |request| {
        request.is_list().then(|| if done.swap(true, Ordering::SeqCst) { Reply::list_of("A") } else { reply() })
    }
}

#[tokio::test]
async fn answer_cut_off_in_tls_is_never_accepted() {
    let wire = Wire::tls().unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for old in [false, true] {
        // If no header states the length, the answer ends with the connection, provided that TLS
        // confirms the end.
        let whole = format!("{head}\r\n{{\"secrets\":[]}}");
        let good = whole.clone().into_bytes();
        let server =
            Scripted::start(old, wire.clone(), once(move || Reply::BytesThenClose(good.clone()))).await.unwrap();
        let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
        assert!(skill.list_secrets(root(), SecretFilter::default()).await.unwrap().secrets.is_empty(), "old {old}");
        for begun in [
            String::new(),
            "HTTP/1.1 200".to_owned(),
            format!("{head}\r\n"),
            format!("{head}\r\n{{\"secrets\":"),
            // Too long for one read: its head is parsed before the break arrives.
            format!("{head}\r\n{{\"secrets\":[]{}", " ".repeat(200_000)),
            format!("{head}\r\n{{\"secrets\":[]}}{}", " ".repeat(200_000)),
            format!("{head}content-length: 14\r\n\r\n{{"),
            format!("{head}transfer-encoding: chunked\r\n\r\ne\r\n{{\"secrets\":[]}}\r\n"),
            whole,
        ] {
            let (is_headless, is_short) = (!begun.contains("\r\n\r\n"), begun.len() < 10_000);
            for how in [Break::Cut, Break::Record, Break::Alert] {
                let (case, begun) =
                    (format!("{:?} {how:?} old {old}", &begun[..begun.len().min(80)]), begun.clone().into_bytes());
                let script = once(move || Reply::BytesThenBreak(begun.clone(), how));
                let server = Scripted::start(old, wire.clone(), script).await.unwrap();
                let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
                if !old && (is_headless || (is_short && !matches!(how, Break::Cut))) {
                    // The probe's connection is reused, and no head was parsed: the list is sent
                    // once more, and answered. A head can be parsed before the bytes that follow it
                    // break the connection.
                    let listing = skill.list_secrets(root(), SecretFilter::default()).await;
                    match listing.map(|listing| listing.secrets.len()) {
                        Ok(found) => assert_eq!((found, server.requests().len()), (1, 4), "{case}"),
                        Err(error) => {
                            assert!(
                                !is_headless && seen(&error).contains("ended before the answer did"),
                                "{case}: {error:?}"
                            );
                            assert_eq!(server.requests().len(), 3, "{case}");
                        }
                    }
                    continue;
                }
                let error = count_secrets(&skill).await.expect_err(&case);
                assert_eq!(error.kind(), "unreachable", "{case}: {error:?}");
                assert!(seen(&error).contains("ended before the answer did"), "{case}: {error:?}");
                let sent = server.requests().len();
                assert_eq!(sent, 3, "{case}: login, probe, and a list that isn't sent again");
                let next = skill.list_secrets(root(), SecretFilter::default()).await;
                assert_eq!(next.map(|listing| listing.secrets.len()), Ok(1), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn abandons_endless_record_at_the_deadline() {
    let wire = Wire::tls().unwrap();
    for old in [false, true] {
        for begun in ["", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"] {
            let slow = Break::Drip(Duration::from_millis(100));
            let script = once(move || Reply::BytesThenBreak(begun.as_bytes().to_vec(), slow));
            let server = Scripted::start(old, wire.clone(), script).await.unwrap();
            let skill = wire.believed(builder(&wire.origin(&server)).unwrap()).build().unwrap();
            let began = Instant::now();
            let error = count_secrets(&skill).await.unwrap_err();
            assert_eq!(error, Error::TimedOut, "old {old} {begun:?}");
            assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
            assert!(server.is_closed(server.requests().last().unwrap()).await, "old {old} {begun:?}");
        }
    }
}
