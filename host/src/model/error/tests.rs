use super::*;

fn http(status: u16, id: &str) -> Option<HttpFailure> {
    Some(HttpFailure::new(status, Some(id.to_owned())))
}

#[test]
fn error_carries_the_status_and_request_id_from_the_host() {
    for (error, reason) in [
        (Error::Denied("x".into()), "Infisical refused (HTTP 403, request req-A1)."),
        (Error::Invalid("x".into()), "The server found the request invalid (HTTP 403, request req-A1)."),
        (Error::Conflict("It is taken.".into()), "It is taken (HTTP 403, request req-A1)."),
        (Error::UnexpectedAnswer("odd".into()), "Odd (HTTP 403, request req-A1)."),
    ] {
        let error = error.with_answer(http(403, "req-A1"));
        assert_eq!(error.reason(), reason);
        let json = error.to_json();
        assert_eq!((&json["error"]["httpStatus"], &json["error"]["requestId"]), (&403.into(), &"req-A1".into()));
    }
    let failed = Error::ServerFailed(500.into()).with_answer(http(500, "req-A1"));
    assert!(failed.remedy().contains("look for req-A1"), "{failed}");
    assert!(Error::ServerFailed(502.into()).reason().contains("or a proxy in front of it"));
    assert_eq!(Error::TimedOut.with_answer(http(500, "req-A1")), Error::TimedOut, "no answer came");
}

#[test]
fn a_failed_apply_says_whether_the_plan_can_be_applied_again() {
    let limited = || Box::new(Error::RateLimited { retry_after: Some(1) });
    let kept = Error::Applying { cause: limited(), plan: PlanAfter::Kept("2026-11-23T02:00:00Z".to_owned()) };
    assert!(kept.reason().ends_with("Nothing was sent."), "{kept}");
    assert_eq!(kept.remedy(), "The plan can be applied again in 1 second, until 2026-11-23T02:00:00Z.");
    assert_eq!((kept.kind(), &kept.to_json()["error"]["retryAfter"]), ("rate-limited", &1.into()));
    let used = Error::Applying { cause: limited(), plan: PlanAfter::UsedUp };
    assert!(used.remedy().contains("used up") && !used.reason().contains("Nothing was sent"), "{used}");
    let off = Error::refused(Layer::KillSwitch, "changes are off", "ask");
    let kept = Error::Applying { cause: Box::new(off), plan: PlanAfter::Kept("T".to_owned()) };
    assert_eq!((kept.kind(), kept.layer()), ("refused", Some(Layer::KillSwitch)));
    assert_eq!(kept.remedy(), "Ask. The plan can be applied again until T.");
}

#[test]
fn keeps_a_url_at_the_start_of_a_sentence() {
    assert_eq!(sentence("https://a.example isn't there".to_owned()), "https://a.example isn't there.");
    assert_eq!(sentence("ünder".to_owned()), "Ünder.");
}
