use super::*;

fn wanted(writes: bool, reveal: bool) -> Wanted {
    let reveal = if reveal { vec!["dev:/app".to_owned()] } else { Vec::new() };
    Wanted::new("p", (&["dev".to_owned()], &["/app".to_owned()]), writes, &reveal, "skill").unwrap()
}

fn nothing() -> Found {
    Found {
        project: "00000000-0000-4000-8000-000000000000".to_owned(),
        slug: "agent-vault".to_owned(),
        environments: vec!["dev".to_owned(), "prod".to_owned()],
        identities: BTreeMap::new(),
    }
}

/// What a complete run leaves.
fn whole(wanted: &Wanted) -> Found {
    let ids: BTreeMap<_, _> = wanted.kinds().into_iter().map(|kind| (kind, format!("id-{}", kind.word()))).collect();
    let identity = |kind: Kind| FoundIdentity {
        id: ids[&kind].clone(),
        privilege: Some("privilege".to_owned()),
        rules: Some(rules::rules(kind, wanted, &ids)),
        others: Vec::new(),
        client_id: Some(format!("client-{}", kind.word())),
        client_secrets: 1,
    };
    Found { identities: ids.keys().map(|kind| (*kind, identity(*kind))).collect(), ..nothing() }
}

fn kept(wanted: &Wanted) -> BTreeMap<Kind, Local> {
    let local = |kind: Kind| Local {
        client_id: Some(format!("client-{}", kind.word())),
        has_secret: true,
        file: format!("/etc/{}-secret", kind.word()),
    };
    wanted.kinds().into_iter().map(|kind| (kind, local(kind))).collect()
}

fn steps(wanted: &Wanted, found: Found, local: &BTreeMap<Kind, Local>, new_secrets: bool) -> Vec<Step> {
    Plan::new(wanted, found, local, new_secrets).unwrap().steps
}

use Kind::{Reader, Reveal, Writer};
use Step::{ChangePrivilege, CheckRules, GiveLogin, GivePrivilege, KeepClientId, MakeIdentity, MakeSecret};

#[test]
fn nobody_can_log_in_before_all_rules_are_checked() {
    let wanted = wanted(true, true);
    assert_eq!(
        steps(&wanted, nothing(), &BTreeMap::new(), false),
        [
            MakeIdentity(Reader),
            MakeIdentity(Writer),
            MakeIdentity(Reveal),
            GivePrivilege(Reader),
            GivePrivilege(Writer),
            GivePrivilege(Reveal),
            CheckRules,
            GiveLogin(Reader),
            MakeSecret(Reader),
            KeepClientId(Reader),
            GiveLogin(Writer),
            MakeSecret(Writer),
            KeepClientId(Writer),
            GiveLogin(Reveal),
            MakeSecret(Reveal),
            KeepClientId(Reveal),
        ]
    );
}

#[test]
fn a_second_run_has_nothing_to_do() {
    for (writes, reveal) in [(false, false), (true, false), (true, true)] {
        let wanted = wanted(writes, reveal);
        assert!(Plan::new(&wanted, whole(&wanted), &kept(&wanted), false).unwrap().is_empty());
        // Other existing identities stay unchanged.
        let less = self::wanted(false, false);
        assert!(Plan::new(&less, whole(&wanted), &kept(&wanted), false).unwrap().is_empty());
    }
}

/// The difference from a complete run.
type Change = fn(&mut Found, &mut BTreeMap<Kind, Local>);

#[test]
fn continues_a_partial_provisioning() {
    let wanted = wanted(true, false);
    let cases: [(Change, &[Step]); 7] = [
        (
            |found, local| {
                found.identities.remove(&Writer);
                local.remove(&Writer);
            },
            // The reader must also see the new identity's permissions.
            &[
                MakeIdentity(Writer),
                ChangePrivilege(Reader),
                GivePrivilege(Writer),
                CheckRules,
                GiveLogin(Writer),
                MakeSecret(Writer),
                KeepClientId(Writer),
            ],
        ),
        (
            |found, local| {
                let writer = found.identities.get_mut(&Writer).unwrap();
                *writer = FoundIdentity { id: writer.id.clone(), ..FoundIdentity::default() };
                local.remove(&Writer);
            },
            &[GivePrivilege(Writer), CheckRules, GiveLogin(Writer), MakeSecret(Writer), KeepClientId(Writer)],
        ),
        (
            |found, _| found.identities.get_mut(&Reader).unwrap().rules = Some(Vec::new()),
            &[ChangePrivilege(Reader), CheckRules],
        ),
        // A privilege that ends isn't in the audit, but exists.
        (|found, _| found.identities.get_mut(&Reader).unwrap().rules = None, &[ChangePrivilege(Reader), CheckRules]),
        (
            |found, local| {
                found.identities.get_mut(&Writer).unwrap().client_secrets = 0;
                local.get_mut(&Writer).unwrap().has_secret = false;
            },
            &[CheckRules, MakeSecret(Writer)],
        ),
        (|_, local| local.get_mut(&Writer).unwrap().client_id = None, &[CheckRules, KeepClientId(Writer)]),
        (
            |_, local| local.get_mut(&Reader).unwrap().client_id = Some("another".to_owned()),
            &[CheckRules, KeepClientId(Reader)],
        ),
    ];
    for (change, expected) in cases {
        let (mut found, mut local) = (whole(&wanted), kept(&wanted));
        change(&mut found, &mut local);
        assert_eq!(steps(&wanted, found, &local, false), expected);
    }
}

#[test]
fn no_second_client_secret_is_made_unless_asked() {
    let wanted = wanted(false, false);
    let refused = |found: Found, local: &BTreeMap<Kind, Local>| Plan::new(&wanted, found, local, false).unwrap_err();
    let mut local = kept(&wanted);
    local.get_mut(&Reader).unwrap().has_secret = false;
    let said = refused(whole(&wanted), &local);
    assert!(said.contains("/etc/reader-secret is empty") && said.contains("--new-secrets"), "{said}");
    let mut found = whole(&wanted);
    found.identities.get_mut(&Reader).unwrap().client_secrets = 0;
    let said = refused(found, &kept(&wanted));
    assert!(said.contains("isn't overwritten") && said.contains("--new-secrets"), "{said}");
    assert_eq!(steps(&wanted, whole(&wanted), &kept(&wanted), true), [CheckRules, MakeSecret(Reader)]);
    assert_eq!(steps(&wanted, whole(&wanted), &local, true), [CheckRules, MakeSecret(Reader)]);
}

#[test]
fn other_rights_and_unknown_environments_are_refused() {
    let wanted = wanted(true, false);
    let mut found = whole(&wanted);
    found.identities.get_mut(&Writer).unwrap().others = vec!["the role admin".to_owned()];
    let said = Plan::new(&wanted, found.clone(), &kept(&wanted), false).unwrap_err();
    assert!(said.contains("skill-writer") && said.contains("the role admin") && said.contains("--name"), "{said}");
    assert!(check(&wanted, &found).is_err());
    let found = Found { environments: vec!["prod".to_owned()], ..nothing() };
    let said = Plan::new(&wanted, found, &BTreeMap::new(), false).unwrap_err();
    assert!(said.contains("no environment dev: it has prod"), "{said}");
}

#[test]
fn the_check_names_both_rules_where_they_differ() {
    let wanted = wanted(true, false);
    assert_eq!(check(&wanted, &whole(&wanted)), Ok(()));
    let mut found = whole(&wanted);
    // Simulates a server that doesn't know a condition.
    let wide = Wanted::new("p", (&["dev".to_owned()], &[]), true, &[], "skill").unwrap();
    let ids = ids(&wanted, &found);
    found.identities.get_mut(&Writer).unwrap().rules = Some(rules::rules(Writer, &wide, &ids));
    let said = check(&wanted, &found).unwrap_err();
    assert!(said.contains("skill-writer") && said.contains("matches /app/**"), "{said}");
    let alone = self::wanted(false, false);
    assert!(check(&alone, &nothing()).unwrap_err().contains("skill-reader isn't there any more"));
}

#[test]
fn deprovisioning_ends_logins_first() {
    let wanted = wanted(true, false);
    let mut found = whole(&wanted);
    found.identities.get_mut(&Writer).unwrap().client_id = None;
    let plan = Plan::to_remove(found);
    assert_eq!(plan.steps, [Step::TakeLogin(Reader), Step::TakeIdentity(Reader), Step::TakeIdentity(Writer)]);
    assert_eq!(plan.act(), Act::Deprovision);
    assert!(Plan::to_remove(nothing()).is_empty());
    // Somebody uses the identity for more than the skill.
    let mut found = whole(&wanted);
    found.identities.get_mut(&Reader).unwrap().others = vec!["the role viewer".to_owned()];
    let text = Plan::to_remove(found).describe(&wanted).join("\n");
    assert!(text.contains("delete the identity skill-reader, which also has the role viewer, from"), "{text}");
}

#[test]
fn the_steps_are_shown_with_their_rules() {
    let wanted = wanted(true, false);
    let text = Plan::new(&wanted, nothing(), &BTreeMap::new(), false).unwrap().describe(&wanted).join("\n");
    for said in [
        "create the identity skill-writer in the project agent-vault, with no role",
        "give skill-writer one privilege: secrets: create, delete, edit where environment is dev and secretPath matches /app/**",
        "identity: read where identityId is one of skill-reader, skill-writer",
        "under [write]",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}
