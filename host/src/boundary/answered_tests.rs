//! How the gate interprets the answer to a change, and how much of it the component gets.

use super::*;

#[tokio::test]
async fn change_outcome_follows_from_status_media_type_and_body() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let gate = stage.redeemed().await;
        let request = stage.create("ONE");
        let change =
            infisical_skill_policy::change::parse(api_version, request.method, &request.path, &request.body).unwrap();
        let done = r#"{"secret":{"id":"i","secretKey":"ONE","environment":"dev","version":1,"type":"shared","secretValue":"canary","secretComment":"canary","secretReminderNote":"canary","secretMetadata":[{"key":"canary","value":"canary"}],"canary":"canary"}}"#;
        let waits = r#"{"approval":{"id":"i","secretValue":"canary","bypassReason":"canary"},"secret":{"secretValue":"canary"}}"#;
        let refusal = r#"{"reqId":"r","statusCode":400,"error":"BadRequest","message":"canary","details":"canary"}"#;
        for (status, content_type, body, sent, passes) in [
            (200, Some("application/json; charset=utf-8"), done, Sent::Done, true),
            (200, Some("application/json"), waits, Sent::Waits, true),
            (200, Some("application/json"), "{}", Sent::Unsure, false),
            (200, Some("text/html"), done, Sent::Unsure, false),
            (200, None, done, Sent::Unsure, false),
            (201, Some("application/json"), done, Sent::Unsure, false),
            (204, None, "", Sent::Unsure, false),
            (302, None, "", Sent::Unsure, false),
            (400, Some("application/json"), refusal, Sent::Refused, true),
            (408, Some("application/json"), refusal, Sent::Unsure, true),
            (400, Some("text/html"), "<h1>canary</h1>", Sent::Unsure, true),
            (499, Some("application/json"), refusal, Sent::Refused, true),
            (500, Some("application/json"), refusal, Sent::Unsure, true),
            (503, None, "canary", Sent::Unsure, true),
        ] {
            let answer = Answer {
                status,
                #[cfg(feature = "cli")]
                date: None,
                content_type: content_type.map(str::to_owned),
                retry_after: None,
                body: Zeroizing::new(body.as_bytes().to_vec()),
            };
            let (understood, delivered) = gate.understand(&change, &answer);
            assert_eq!((understood, delivered.is_ok()), (sent, passes), "{status} {content_type:?} {body}");
            let Ok((_, bytes)) = delivered else { continue };
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            assert!(!text.is_empty() && !text.contains("canary"), "{status}: {text}");
        }
    }
}

#[tokio::test]
async fn replaces_a_rejected_write_token_for_the_next_call() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        let refused = stage.redeemed().await;
        assert_eq!(stage.send(&refused, &stage.create("ONE")).await, Ok(200));
        stage.emulator.revoke_tokens();
        assert_eq!(stage.send(&refused, &stage.create("TWO")).await.map(|status| status >= 400), Ok(true));
        assert_eq!((stage.changes().len(), stage.writer_logins()), (2, 1), "not sent again");
        let plan = stage.previewing(&["TWO"]).file(vec![stage.create("TWO")], b"", None).await.unwrap().0.plan;
        let next = stage.applying(&plan, None);
        next.redeem(&plan, None).unwrap();
        assert_eq!(stage.send(&next, &stage.create("TWO")).await, Ok(200));
        assert_eq!(stage.writer_logins(), 2);
    }
}

#[tokio::test]
async fn refused_change_does_not_trigger_a_new_login() {
    for api_version in API_VERSIONS {
        let stage = Stage::of(api_version);
        for name in ["STRIPE_API_KEY", "NEW"] {
            let plan = stage.previewing(&[name]).file(vec![stage.create(name)], b"", None).await.unwrap().0.plan;
            let gate = stage.applying(&plan, None);
            gate.redeem(&plan, None).unwrap();
            let expected = if name == "NEW" { 200 } else { 400 };
            assert_eq!(stage.send(&gate, &stage.create(name)).await, Ok(expected), "{name}");
        }
        assert_eq!(stage.writer_logins(), 1);
    }
}
