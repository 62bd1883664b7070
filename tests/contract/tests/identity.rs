//! Tests logins and expired tokens in both API versions.

use infisical_skill::{AccessToken, Credential, Error, Origin, Skill, TokenSource, TokenSourceError};
use infisical_skill_contract::{CANARY, Plain, Reply, Scripted, builder, count_secrets, seen};
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// An old and a current server.
const BOTH: [bool; 2] = [false, true];

const LOGIN: &str = "/api/v1/auth/universal-auth/login";

fn failure(status: u16, error: &str) -> Reply {
    Reply::json(status, &json!({ "reqId": "req-1", "statusCode": status, "error": error, "message": CANARY }))
}

/// A server whose first `n` lists fail like this.
async fn failing(old: bool, n: usize, status: u16, error: &'static str) -> Scripted {
    let lists = AtomicUsize::new(0);
    Scripted::start(old, Plain, move |request| {
        request.is_list().then(|| {
            if lists.fetch_add(1, Ordering::SeqCst) < n { failure(status, error) } else { Reply::list_of("GOOD") }
        })
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn an_expired_token_is_replaced_once_and_the_read_sent_again() {
    for old in BOTH {
        for (status, error) in [(401, "UnauthorizedError"), (403, "TokenError")] {
            let server = failing(old, 1, status, error).await;
            let skill = builder(&server.origin()).unwrap().build().unwrap();
            assert_eq!(count_secrets(&skill).await, Ok(1));
            assert_eq!(server.requests_to(LOGIN).len(), 2);
            assert_eq!(server.requests().iter().filter(|request| request.is_list()).count(), 2);
        }
    }
}

#[tokio::test]
async fn a_token_that_stays_refused_is_not_tried_a_third_time() {
    for old in BOTH {
        let server = failing(old, usize::MAX, 401, "UnauthorizedError").await;
        let skill = builder(&server.origin()).unwrap().build().unwrap();
        assert_eq!(count_secrets(&skill).await.unwrap_err().kind(), "unauthenticated");
        assert_eq!(server.requests_to(LOGIN).len(), 2);
        assert_eq!(server.requests().iter().filter(|request| request.is_list()).count(), 2);
    }
}

#[tokio::test]
async fn a_missing_permission_is_no_reason_to_log_in_again() {
    for old in BOTH {
        for (status, error, kind) in [
            (403, "PermissionDenied", "denied"),
            (401, "ValidationFailure", "invalid"),
            (429, "RateLimitExceeded", "rate-limited"),
        ] {
            let server = failing(old, usize::MAX, status, error).await;
            let skill = builder(&server.origin()).unwrap().build().unwrap();
            assert_eq!(count_secrets(&skill).await.unwrap_err().kind(), kind);
            assert_eq!(server.requests_to(LOGIN).len(), 1);
            assert_eq!(server.requests().iter().filter(|request| request.is_list()).count(), 1);
        }
    }
}

#[tokio::test]
async fn a_refused_secret_is_not_tried_again_in_a_loop() {
    for old in BOTH {
        for (status, error) in [(401, "UnauthorizedError"), (404, "NotFound"), (403, "PermissionDenied")] {
            let server =
                Scripted::start(old, Plain, move |request| (request.target == LOGIN).then(|| failure(status, error)))
                    .await
                    .unwrap();
            let skill = builder(&server.origin()).unwrap().build().unwrap();
            for _ in 0..5 {
                let error = count_secrets(&skill).await.unwrap_err();
                assert_eq!(error.kind(), "unauthenticated");
                assert!(error.remedy().contains("INFISICAL_READ_CLIENT_SECRET"), "{error}");
                assert!(!seen(&error).contains(CANARY));
            }
            assert_eq!(server.requests().len(), 1, "one login and nothing else");
        }
    }
}

#[tokio::test]
async fn login_that_failed_for_another_reason_is_retried() {
    for old in BOTH {
        let logins = AtomicUsize::new(0);
        let server = Scripted::start(old, Plain, move |request| {
            if request.target == LOGIN && logins.fetch_add(1, Ordering::SeqCst) == 0 {
                return Some(Reply::answer(503, "text/html", CANARY));
            }
            request.is_list().then(|| Reply::list_of("GOOD"))
        })
        .await
        .unwrap();
        let skill = builder(&server.origin()).unwrap().build().unwrap();
        assert_eq!(count_secrets(&skill).await.unwrap_err(), Error::ServerFailed(503.into()));
        assert_eq!(count_secrets(&skill).await, Ok(1));
    }
}

#[tokio::test]
async fn calls_that_start_together_log_in_once_and_probe_once() {
    for old in BOTH {
        let server =
            Scripted::start(old, Plain, |request| request.is_list().then(|| Reply::list_of("GOOD"))).await.unwrap();
        let skill = builder(&server.origin()).unwrap().build().unwrap();
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let skill = skill.clone();
                tokio::spawn(async move { count_secrets(&skill).await })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(1));
        }
        assert_eq!(server.requests_to(LOGIN).len(), 1);
        assert_eq!(server.requests().iter().filter(|request| request.target == "/api/v4/secrets").count(), 1);
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires_by_expires_in() {
    let renewed = async |old| {
        let server = Scripted::start(old, Plain, |request| {
            let short = json!({ "accessToken": "t", "expiresIn": 4, "accessTokenMaxTTL": 8, "tokenType": "Bearer" });
            if request.target == LOGIN {
                Some(Reply::json(200, &short))
            } else {
                request.is_list().then(|| Reply::list_of("GOOD"))
            }
        })
        .await
        .unwrap();
        let skill = builder(&server.origin()).unwrap().build().unwrap();
        count_secrets(&skill).await.unwrap();
        let began = tokio::time::Instant::now();
        count_secrets(&skill).await.unwrap();
        assert_eq!(server.requests_to(LOGIN).len(), 1);
        // More than nine tenths of its lifetime are over, but not all of it.
        tokio::time::sleep_until(began + Duration::from_millis(3_650)).await;
        count_secrets(&skill).await.unwrap();
        assert_eq!(server.requests_to(LOGIN).len(), 2, "old {old}");
    };
    tokio::join!(renewed(false), renewed(true));
}

#[tokio::test]
async fn invalid_login_answer_is_a_typed_error() {
    for old in BOTH {
        for body in [
            json!({}),
            json!({ "accessToken": 5, "expiresIn": 1 }),
            json!({ "accessToken": "t", "expiresIn": -1 }),
            json!({ "accessToken": "a\r\nb: c", "expiresIn": 9 }),
        ] {
            let server =
                Scripted::start(old, Plain, move |request| (request.target == LOGIN).then(|| Reply::json(200, &body)))
                    .await
                    .unwrap();
            let skill = builder(&server.origin()).unwrap().build().unwrap();
            assert_eq!(count_secrets(&skill).await.unwrap_err().kind(), "unexpected-answer");
            assert_eq!(server.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn uses_static_token_and_reports_its_expiry() {
    for old in BOTH {
        let lists = AtomicUsize::new(0);
        let server = Scripted::start(old, Plain, move |request| {
            request.is_list().then(|| {
                if lists.fetch_add(1, Ordering::SeqCst) == 0 {
                    Reply::list_of("GOOD")
                } else {
                    failure(401, "UnauthorizedError")
                }
            })
        })
        .await
        .unwrap();
        let token = Credential::AccessToken("static".into());
        let skill = Skill::builder(Origin::parse(&server.origin(), false).unwrap(), token)
            .without_audit_trail()
            .build()
            .unwrap();
        assert_eq!(count_secrets(&skill).await, Ok(1));
        let error = count_secrets(&skill).await.unwrap_err();
        assert_eq!(error.kind(), "unauthenticated");
        assert!(error.remedy().contains("INFISICAL_READ_TOKEN"));
        assert!(server.requests_to(LOGIN).is_empty());
        assert!(server.requests().iter().all(|request| request.header("authorization") == ["Bearer static"]));
    }
}

#[tokio::test]
async fn an_embedder_can_log_in_by_a_method_of_its_own() {
    struct Own(AtomicUsize);
    impl TokenSource for Own {
        fn fetch(&self) -> Pin<Box<dyn Future<Output = Result<AccessToken, TokenSourceError>> + Send + '_>> {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { Ok(AccessToken { token: format!("own-{n}").into(), expires_in: None }) })
        }
    }
    for old in BOTH {
        let server = failing(old, 1, 403, "TokenError").await;
        let source = Credential::Source(Arc::new(Own(AtomicUsize::new(0))));
        let skill = Skill::builder(Origin::parse(&server.origin(), false).unwrap(), source)
            .without_audit_trail()
            .build()
            .unwrap();
        assert_eq!(count_secrets(&skill).await, Ok(1));
        assert_eq!(server.requests().last().unwrap().header("authorization"), ["Bearer own-1"]);
    }
}

#[tokio::test]
async fn no_credential_shows_in_debug() {
    let server = Scripted::start(false, Plain, |_| None).await.unwrap();
    let builder = builder(&server.origin()).unwrap().write_identity(Credential::AccessToken(CANARY.into()));
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(!shown.contains(CANARY), "{shown}");
}
