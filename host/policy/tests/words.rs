//! Tests that each refusal has its own text, and that types with a value don't show it.

use infisical_skill_policy::answers::AnswerRefusal;
use infisical_skill_policy::approver::NotAccepted;
use infisical_skill_policy::change::value::ValueRefusal;
use infisical_skill_policy::change::{ChangeRefusal, ChangeRequest, Method};
use infisical_skill_policy::plan::{
    AcknowledgementRefusal, ApprovalRefusal, AuthorizationRefusal, CurrentRefusal, DraftRefusal, PlanId,
};
use infisical_skill_policy::route::RouteRefusal;
use infisical_skill_policy::switch::SwitchOff;
use infisical_skill_policy::{ChangeScopeRefusal, NameRefusal, OriginRefusal, ScopeRefusal};
use std::collections::HashSet;

fn assert_each_says_its_own(refusals: &[&dyn std::fmt::Display]) {
    let said: HashSet<String> = refusals.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), refusals.len(), "{said:?}");
    assert!(said.iter().all(|text| text.contains(' ')), "{said:?}");
}

#[test]
fn each_refusal_has_a_distinct_text() {
    use AnswerRefusal as A;
    assert_each_says_its_own(&[&A::Malformed, &A::TooDeep, &A::OutOfScope]);
    use NameRefusal as N;
    assert_each_says_its_own(&[&N::Empty, &N::TooLong, &N::Character, &N::PathForm]);
    use OriginRefusal as O;
    assert_each_says_its_own(&[&O::Scheme, &O::PlainText, &O::UserInfo, &O::Path, &O::Host, &O::Port]);
    use RouteRefusal as R;
    assert_each_says_its_own(&[
        &R::Method,
        &R::TooLong,
        &R::UnknownRoute,
        &R::Parameter("path"),
        &R::ExtraParameter,
        &R::NotCanonical,
    ]);
    assert!(R::Parameter("path").to_string().contains("path"));
    use ChangeRefusal as C;
    assert_each_says_its_own(&[&C::TooLong, &C::UnknownRoute, &C::Body, &C::Field("type"), &C::NotCanonical]);
    assert!(C::Field("type").to_string().contains("type"));
    assert!(C::Value(ValueRefusal::Mask).to_string().contains(&ValueRefusal::Mask.to_string()));
    assert_each_says_its_own(&[&ValueRefusal::Mask, &ValueRefusal::TooLong]);
    assert_each_says_its_own(&[&ScopeRefusal, &ChangeScopeRefusal::AdministrationOff]);
    use SwitchOff as W;
    assert_each_says_its_own(&[&W::Never, &W::Off, &W::Over, &W::ClockWentBack, &W::TooLong]);
    use AcknowledgementRefusal as K;
    let phrase = || "delete secret A in prod".to_owned();
    assert_each_says_its_own(&[&K::Missing(phrase()), &K::Wrong(phrase()), &K::Unneeded]);
    use CurrentRefusal as P;
    assert_each_says_its_own(&[
        &P::Expired,
        &P::ClockWentBack,
        &P::OutOfScope,
        &P::AdministrationOff,
        &P::Unreadable,
        &ApprovalRefusal::Missing,
        &ApprovalRefusal::NotAccepted(NotAccepted::Form),
        &ApprovalRefusal::NotAccepted(NotAccepted::FormInProtected),
        &ApprovalRefusal::NotAccepted(NotAccepted::Same),
    ]);
    use AuthorizationRefusal as D;
    assert_each_says_its_own(&[&D::NotPlanned, &D::Expired, &D::SwitchedOff, &D::NotRedeemed]);
    use DraftRefusal as F;
    assert_each_says_its_own(&[
        &F::Count,
        &F::OutOfScope,
        &F::AdministrationOff,
        &F::UnknownFolder,
        &F::Twice,
        &F::Acknowledgement,
    ]);
}

#[test]
fn shows_plan_id_unchanged() {
    let id = PlanId::new("a1b2-c3d4").unwrap();
    assert_eq!((id.as_str(), id.to_string()), ("a1b2-c3d4", "a1b2-c3d4".to_owned()));
}

#[test]
fn debug_of_a_request_shows_its_place_but_not_its_body() {
    let (path, body) = ("/api/v4/secrets/A".to_owned(), r#"{"secretValue":"CANARY"}"#.to_owned().into());
    let printed = format!("{:?}", ChangeRequest { method: Method::Post, path, body });
    assert!(printed.contains("Post") && printed.contains("/api/v4/secrets/A"), "{printed}");
    assert!(!printed.contains("CANARY"), "{printed}");
}
