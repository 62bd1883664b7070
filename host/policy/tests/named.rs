//! What the host takes out of an answer for itself: the ids behind a slug.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

use infisical_skill_policy::answers::{project_id, tag_ids};

const ID: &str = "9cefc4fb-34fd-432a-806c-8efb3307c759";

#[test]
fn a_projects_id_is_taken_if_it_is_one() {
    let answer = |id: &str| format!(r#"{{"id":"{id}","slug":"vault","name":"Vault","environments":[]}}"#).into_bytes();
    assert_eq!(project_id(&answer(ID)).unwrap().as_str(), ID);
    for none in [answer(""), answer("a/b"), b"{}".to_vec(), b"".to_vec()] {
        assert_eq!(project_id(&none), None);
    }
}

#[test]
fn tags_are_taken_by_slug_in_their_order_and_those_without_an_id_left_out() {
    let answer = br#"{"tags":[{"id":"t1","slug":"infra"},{"id":"","slug":"none"},{"id":"a/b","slug":"odd"},{"id":"t2","slug":"more"}]}"#;
    let taken = tag_ids(answer);
    let taken: Vec<_> = taken.iter().map(|(slug, id)| (slug.as_str(), id.as_str())).collect();
    assert_eq!(taken, [("infra", "t1"), ("more", "t2")]);
    assert!(tag_ids(b"{}").is_empty());
}
