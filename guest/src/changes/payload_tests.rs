use super::*;
use crate::testing::PROJECT;
use proptest::prelude::*;

fn planned() -> impl Strategy<Value = Planned> {
    let text = || any::<String>();
    let below = (any::<u32>(), any::<u32>(), text());
    (
        (0_usize..6, "[a-z]{1,5}", "(/[a-zé]{1,3}){1,3}", text(), prop::option::of(text())),
        (text(), prop::option::of(text()), prop::option::of(any::<u32>()), prop::option::of(below)),
    )
        .prop_map(|((kind, environment, path, name, new_name), (summary, id, version, below))| {
            let word = |text: &str| Word::parse(text).unwrap();
            let at = Located {
                project: word(PROJECT),
                environment: word(&environment),
                path: FolderPath::parse(&path).unwrap(),
            };
            let below = below.map(|(secrets, folders, fingerprint)| Below { secrets, folders, fingerprint });
            let task = Task { kind: Kind::ALL[kind], at, name, new_name };
            Planned { task, summary, observed: Observed { id, version, below } }
        })
}

proptest! {
    #[test]
    fn a_payload_is_read_as_it_was_written(
        changes in prop::collection::vec(planned(), 0..4), acknowledge in prop::option::of(any::<String>()),
    ) {
        let payload = Payload { changes, acknowledge };
        let written = payload.write();
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&written).is_ok());
        prop_assert_eq!(Payload::read(&written), Ok(payload));
    }

    #[test]
    fn refuses_arbitrary_payloads(noise in "[\\[\\]\",nul0-9a-z]{0,60}") {
        if let Err(error) = Payload::read(noise.as_bytes()) {
            prop_assert!(matches!(error, Error::Refused(refusal) if refusal.layer == Layer::TwoPhaseConfirm));
        }
    }
}

#[test]
fn refuses_payload_with_missing_extra_or_malformed_field() {
    let fields = |change: &str| format!("[[{change}],[null]]");
    let whole = format!(r#""create-secret","{PROJECT}","dev","/","A",null,"s",null,null,null,null,null"#);
    assert!(Payload::read(fields(&whole).as_bytes()).is_ok());
    for (from, to) in [
        (",null,null,null,null,null", ",null,null,null,null"),
        (",null,null,null,null,null", ",null,null,null,null,null,null"),
        ("create-secret", "create"),
        ("\"/\"", "\"x\""),
        ("\"dev\"", "\"d v\""),
        ("\"A\"", "null"),
        (",null,null,null,null,null", ",null,\"-1\",null,null,null"),
        (",null,null,null,null,null", ",null,null,\"1\",null,null"),
    ] {
        assert!(Payload::read(fields(&whole.replace(from, to)).as_bytes()).is_err(), "{from} {to}");
    }
    for text in ["", "[]", "{}", "[[]]", "[[null,null]]", "[[1]]"] {
        assert!(Payload::read(text.as_bytes()).is_err(), "{text}");
    }
}
