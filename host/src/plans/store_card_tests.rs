use super::*;

#[test]
fn approval_is_valid_only_for_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (one, two) = (file(&store, "one"), file(&store, "two"));
    approve(&store, &one).unwrap();
    let approved = |id: &PlanId| store.open(&keys(), id).unwrap().approval.is_some();
    assert!(approved(&one) && !approved(&two));
    let (from, to) = (store.path(&one, "approved"), store.path(&two, "approved"));
    fs::copy(&from, &to).unwrap();
    assert!(!approved(&two), "copied from another plan");
    for garbage in [&b""[..], b"yes", &[0; 32], &[0; 2_000]] {
        fs::write(&to, garbage).unwrap();
        assert!(store.open(&keys(), &two).map_or(true, |kept| kept.approval.is_none()));
    }
    let other = PlanKeys::new("other-secret".into(), "https://a client".to_owned());
    assert!(store.approve(&other, &two, &card(&store, &two), &by()).is_err(), "who can't open it can't approve it");
}

#[test]
fn approval_covers_only_the_card_that_was_shown() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let id = file(&store, "a");
    let filed = card(&store, &id);
    let shown = PlanCard { requests: vec!["create secret HARMLESS".to_owned()], ..filed.clone() };
    assert!(
        is_not_ours(store.approve(&keys(), &id, &shown, &by()).map(|()| unreachable!())),
        "another reading was shown"
    );
    assert!(files_of(folder.path(), "approved").is_empty());
    // The card is changed on disk, shown, and restored before the approval.
    let path = &files_of(folder.path(), "plan")[0];
    let original = fs::read(path).unwrap();
    let changed = String::from_utf8_lossy(&original[..original.iter().position(|b| *b == b'\n').unwrap()])
        .replace("create secret A", "create secret B");
    fs::write(path, [changed.as_bytes(), &original[changed.len()..]].concat()).unwrap();
    let shown = card(&store, &id);
    assert_eq!(shown.requests, ["create secret B"]);
    assert!(is_not_ours(store.open(&keys(), &id)), "nobody is shown a card that was changed");
    fs::write(path, &original).unwrap();
    assert!(store.approve(&keys(), &id, &shown, &by()).is_err());
    store.approve(&keys(), &id, &filed, &by()).unwrap();
    assert!(store.open(&keys(), &id).unwrap().approval.is_some());
}

#[test]
fn several_changes_are_typed_with_project_and_digest() {
    let names = |projects: &[(&str, Option<&str>)]| {
        let project = |(id, slug): &(&str, Option<&str>)| serde_json::json!({ "id": id, "slug": slug });
        projects.iter().map(|it| serde_json::from_value(project(it)).unwrap()).collect::<Vec<ProjectNames>>()
    };
    let digest = PlanDigest([0xab; 32]);
    for (target, projects, expected) in [
        ("dev:/app/A", names(&[("p1", Some("payments"))]), "dev:/app/A"),
        ("3 changes", names(&[("p1", Some("payments"))]), "3 changes payments ababab"),
        ("3 changes", names(&[("p1", None), ("p2", Some("web"))]), "3 changes p1+web ababab"),
        // A card escapes a name that isn't plain ASCII.
        ("3 changes", names(&[("p1", Some(r"p\u{430}y"))]), "3 changes p1 ababab"),
        ("2 members", names(&[("p1", Some("payments"))]), "2 members payments ababab"),
        ("2 changes", names(&[]), "2 changes ababab"),
    ] {
        assert_eq!(typed(target.to_owned(), &projects, &digest), expected);
    }
}

#[test]
fn names_and_counts_of_a_card_are_sealed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let project = |name: &str| serde_json::from_value(serde_json::json!({ "id": "p1", "name": name })).unwrap();
    let facts = PlanFindings { names: vec![project("Sandbox")], ..PlanFindings::default() };
    let bounds: Bounds<'_> = (LIFETIME, 8, &|_| true);
    let from = (None, &AskedBy::default());
    let card = store.file(&keys(), ApiVersion::V4, (draft("v"), facts), b"", from, bounds).unwrap();
    let id = PlanId::new(&card.plan).unwrap();
    assert_eq!(store.open(&keys(), &id).unwrap().card.names, [project("Sandbox")]);
    let path = &files_of(folder.path(), "plan")[0];
    let original = fs::read(path).unwrap();
    let end = original.iter().position(|byte| *byte == b'\n').unwrap();
    let line = String::from_utf8(original[..end].to_vec()).unwrap();
    for (what, instead) in [("Sandbox", "Payment"), (r#""secrets":0"#, r#""secrets":9"#)] {
        assert!(line.contains(what), "{line}");
        fs::write(path, [line.replace(what, instead).as_bytes(), &original[end..]].concat()).unwrap();
        assert!(is_not_ours(store.open(&keys(), &id)), "{instead}");
    }
    fs::write(path, &original).unwrap();
    assert!(store.open(&keys(), &id).is_ok());
}

#[test]
fn lists_plans_newest_first_with_their_status() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    assert!(store.list(None).unwrap().is_empty(), "there is no folder yet");
    let file = |lifetime| {
        std::thread::sleep(Duration::from_millis(3));
        PlanId::new(
            &store
                .file(
                    &keys(),
                    ApiVersion::V4,
                    (draft("v"), PlanFindings::default()),
                    b"",
                    (None, &AskedBy::default()),
                    (lifetime, 9, &|_| true),
                )
                .unwrap()
                .plan,
        )
        .unwrap()
    };
    let mut ids: Vec<PlanId> = (0..5).map(|_| file(LIFETIME)).collect();
    // Filed last, because filing another plan would remove it.
    ids.push(file(Duration::ZERO));
    approve(&store, &ids[1]).unwrap();
    store.claim(&ids[2], None).unwrap();
    store.claim(&ids[3], None).unwrap();
    store.note(&ids[3], PlanOutcome::WaitingForApproval).unwrap();
    let card = card(&store, &ids[0]);
    assert!(
        card.filed_at().starts_with("20") && card.expires_at() > card.filed_at() && card.expires_at().ends_with('Z')
    );
    store.discard(&ids[4], PlanOutcome::Rejected).unwrap();
    store.note(&PlanId::new("unknown").unwrap(), PlanOutcome::Applied).unwrap();
    fs::write(folder.path().join("plans/garbage.plan"), b"x").unwrap();
    fs::write(folder.path().join("plans/used/garbage.used"), b"x").unwrap();
    let listed = store.list(None).unwrap();
    let listed =
        listed.iter().map(|it| (it.card.plan.as_str(), it.outcome, it.approved, it.expired)).collect::<Vec<_>>();
    let expected = [
        (5, None, false, true),
        (4, Some(PlanOutcome::Rejected), false, false),
        (3, Some(PlanOutcome::WaitingForApproval), false, false),
        (2, Some(PlanOutcome::Redeemed), false, false),
        (1, None, true, false),
        (0, None, false, false),
    ];
    assert_eq!(listed, expected.map(|(at, outcome, approved, expired)| (ids[at].as_str(), outcome, approved, expired)));
}

#[test]
fn rejects_wrong_keys_and_any_changed_byte() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let (one, two) = (file(&store, "one"), file(&store, "two"));
    let other = PlanKeys::new("other-secret".into(), "https://a client".to_owned());
    assert!(is_not_ours(store.open(&other, &one)));
    let elsewhere = PlanStore::new(state(folder.path()), "https://b".to_owned());
    assert!(is_not_ours(elsewhere.open(&keys(), &one)));

    let paths = files_of(folder.path(), "plan");
    let contents: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    // Changes each byte of the file, one after the other: the card, the nonce, the ciphertext, the
    // tag.
    for at in 0..contents[0].len() {
        let mut changed = contents[0].clone();
        changed[at] ^= 1;
        fs::write(&paths[0], &changed).unwrap();
        assert!([&one, &two].into_iter().filter(|id| store.open(&keys(), id).is_ok()).count() == 1, "byte {at}");
    }
    // Replaces one plan's file with the other's.
    fs::write(&paths[0], &contents[1]).unwrap();
    fs::write(&paths[1], &contents[0]).unwrap();
    assert!(is_not_ours(store.open(&keys(), &one)) && is_not_ours(store.open(&keys(), &two)));
    fs::write(&paths[0], b"").unwrap();
    fs::write(&paths[1], b"{}\n").unwrap();
    assert!(is_not_ours(store.open(&keys(), &one)) && is_not_ours(store.open(&keys(), &two)));
}

#[test]
fn opens_a_plan_of_the_largest_changes() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    // The largest content: each of these characters takes two bytes in the file.
    let body = "\"".repeat(infisical_skill_policy::change::MAX_BODY);
    let one = || ChangeRequest { method: Method::Post, path: "/api".to_owned(), body: body.clone().into() };
    let requests: Vec<_> = (0..20).map(|_| one()).collect();
    let draft = Checked {
        requests,
        readings: Vec::new(),
        acknowledge: None,
        target: "t".to_owned(),
        is_protected: false,
        settings_fingerprint: String::new(),
        observed: Vec::new(),
        excess: Vec::new(),
    };
    let bounds = (Duration::from_secs(60), 1, &(|_: Option<&str>| true) as &dyn Fn(Option<&str>) -> bool);
    let card = store
        .file(&keys(), ApiVersion::V4, (draft, PlanFindings::default()), b"p", (None, &AskedBy::default()), bounds)
        .unwrap();
    let kept = store.open(&keys(), &PlanId::new(&card.plan).unwrap()).unwrap();
    assert!(kept.plan.requests.len() == 20 && kept.plan.requests.iter().all(|request| *request.body == body));
}
