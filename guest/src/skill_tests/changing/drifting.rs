//! Drift: if something changed since the preview, nothing is sent, and the refusal names the
//! change.

use super::world::{World, world};
use super::*;
use crate::Layer;

/// The reason of the refusal if `happen` runs between preview and apply.
fn drift(api_version: ApiVersion, change: Change, happen: impl Fn(&mut World)) -> String {
    let (world, operator) = (world(api_version), operator(api_version));
    preview(&operator, &world, &[change]).0.unwrap();
    happen(&mut world.borrow_mut());
    let (result, script) = apply(&operator, &world);
    assert!(sent(&script).is_empty(), "{:?}", script.requests);
    let refusal = refusal(result);
    assert_eq!(refusal.layer, Layer::TwoPhaseConfirm);
    assert!(refusal.remedy.contains("Preview"), "{refusal:?}");
    refusal.reason
}

#[test]
fn refusal_names_secret_that_changed_appeared_or_vanished() {
    for api_version in [V3, V4] {
        let newer = |world: &mut World| world.get_mut("/app", "API_KEY").version = 5;
        let gone = |world: &mut World| world.secrets.retain(|stored| stored.name != "API_KEY");
        let recreate = |world: &mut World| world.get_mut("/app", "API_KEY").id = "s-other".to_owned();
        for change in [update_secret("/app", "API_KEY"), delete_secret("/app", "API_KEY")] {
            let reason = drift(api_version, change.clone(), newer);
            assert!(reason.contains("secret \"API_KEY\" is version 5 now, it was 4 at the preview"), "{reason}");
            assert!(drift(api_version, change.clone(), gone).contains("secret \"API_KEY\" is gone"));
            assert!(drift(api_version, change, recreate).contains("deleted and created again"));
        }
        let came = |world: &mut World| world.add("/app", "NEW", "x");
        assert!(drift(api_version, create_secret("/app", "NEW"), came).contains("secret \"NEW\" exists now"));
        let rename = SecretUpdate { new_name: Some("NEW".to_owned()), ..update("/app", "API_KEY") };
        assert!(drift(api_version, Change::UpdateSecret(rename), came).contains("secret \"NEW\" exists now"));
        let double = |world: &mut World| world.add("/app", "API_KEY", "x");
        assert!(drift(api_version, delete_secret("/app", "API_KEY"), double).contains("ambiguous"));
    }
}

#[test]
fn refusal_names_folder_that_changed_appeared_or_vanished() {
    for api_version in [V3, V4] {
        let more = |world: &mut World| world.add("/app/db", "MORE", "x");
        let other = |world: &mut World| world.get_mut("/app/db", "URL").version += 1;
        let deeper = |world: &mut World| world.folders.push(("/app/db/deep".to_owned(), "f-deep".to_owned()));
        let what = "what is in the folder \"app\" has changed";
        assert!(drift(api_version, delete_folder("/", "app"), more).contains(what));
        assert!(drift(api_version, delete_folder("/", "app"), other).contains(what));
        assert!(drift(api_version, delete_folder("/", "app"), deeper).contains(what));
        let gone = |world: &mut World| world.folders.retain(|(path, _)| path != "/app/db");
        assert!(drift(api_version, rename_folder("/app", "db", "x"), gone).contains("folder \"db\" is gone"));
        assert!(drift(api_version, create_secret("/app/db", "X"), gone).contains("isn't there any more"));
        let came = |world: &mut World| world.folders.push(("/new".to_owned(), "f-new".to_owned()));
        assert!(drift(api_version, create_folder("/", "new"), came).contains("folder \"new\" exists now"));
        assert!(drift(api_version, rename_folder("/", "app", "new"), came).contains("folder \"new\" exists now"));
    }
}

#[test]
fn unrelated_changes_are_no_drift() {
    let (world, operator) = (world(V4), operator(V4));
    preview(&operator, &world, &[update_secret("/app", "API_KEY"), rename_folder("/app", "db", "x")]).0.unwrap();
    world.borrow_mut().get_mut("/app", "DB_PASSWORD").version += 1;
    world.borrow_mut().add("/app/db", "MORE", "x");
    assert!(apply(&operator, &world).0.is_ok());
}

#[test]
fn lists_each_of_two_deleted_folders() {
    for api_version in [V3, V4] {
        for changed in ["/one", "/two"] {
            let (world, operator) = (world(api_version), operator(api_version));
            for name in ["one", "two"] {
                world.borrow_mut().folders.push((format!("/{name}"), format!("f-{name}")));
                world.borrow_mut().add(&format!("/{name}"), "A", "x");
            }
            preview(&operator, &world, &[delete_folder("/", "one"), delete_folder("/", "two")]).0.unwrap();
            world.borrow_mut().get_mut(changed, "A").version += 1;
            let (result, script) = apply(&operator, &world);
            assert!(sent(&script).is_empty(), "{changed}");
            assert!(refusal(result).reason.contains("has changed"), "{changed}");
        }
    }
}

#[test]
fn another_order_of_a_listing_is_no_change() {
    for api_version in [V3, V4] {
        let (world, operator) = (world(api_version), operator(api_version));
        for name in ["A", "B", "C"] {
            world.borrow_mut().add("/app", name, "x");
            world.borrow_mut().folders.push((format!("/app/{name}"), format!("f-{name}")));
        }
        preview(&operator, &world, &[delete_folder("/", "app")]).0.unwrap();
        world.borrow_mut().secrets.reverse();
        world.borrow_mut().folders.reverse();
        assert!(apply(&operator, &world).0.is_ok());
    }
}
