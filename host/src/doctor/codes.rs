//! A stable code for each check, for scripts. Names and texts can change. docs/running.md lists the
//! codes.

/// The codes by the checks' names.
const CODES: [(&str, &str); 29] = [
    ("configuration", "configuration.usable"),
    ("state directory", "files.state-directory"),
    ("owners", "files.owner"),
    ("audit trail", "files.audit-trail"),
    ("component", "component.imports"),
    ("set-up", "set-up.enforced"),
    ("kill switch", "switch.off"),
    ("sums", "policy.sums"),
    ("clients", "clients.token"),
    ("reveal switch", "switch.reveals-off"),
    ("server", "server.reached"),
    ("API version", "server.api-version"),
    ("clock", "server.clock"),
    ("read login", "login.read"),
    ("reveal login", "login.reveal"),
    ("write login", "login.write"),
    ("two identities", "identities.different"),
    ("reveal identity", "identities.reveal"),
    ("reveal identity differs", "identities.reveal-different"),
    ("organization role of read", "identities.organization-role-read"),
    ("organization role of reveal", "identities.organization-role-reveal"),
    ("organization role of write", "identities.organization-role-write"),
    ("projects", "rights.projects"),
    ("read rights", "rights.read"),
    ("reveal rights", "rights.reveal"),
    ("values", "rights.values"),
    ("write rights", "rights.write"),
    ("read rights, tried", "rights.read-tried"),
    ("values, tried", "rights.values-tried"),
];

/// The code of the check with this name.
pub(super) fn code_of(name: &str) -> &'static str {
    let code = CODES.iter().find(|(it, _)| *it == name).map(|(_, code)| *code);
    debug_assert!(code.is_some(), "the check {name:?} has no code: add it to CODES and to docs/running.md");
    code.unwrap_or("unlisted")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::policy;
    use std::collections::BTreeSet;

    /// The texts in backticks in the first column of the table of codes.
    fn documented() -> Vec<&'static str> {
        let running = include_str!("../../../docs/running.md");
        let (_, table) = running.split_once("| code | what the doctor looks at |\n").unwrap();
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect()
    }

    #[test]
    fn the_codes_are_those_that_are_documented() {
        let documented = documented();
        let ours: BTreeSet<_> = CODES.map(|(_, code)| code).into_iter().chain(policy::CODES).collect();
        assert_eq!(documented.iter().copied().collect::<BTreeSet<_>>(), ours);
        assert_eq!(documented.len(), ours.len(), "each once");
    }

    #[test]
    fn each_code_belongs_to_one_check() {
        assert_eq!(CODES.iter().map(|(_, code)| code).collect::<BTreeSet<_>>().len(), CODES.len());
        assert_eq!(CODES.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(), CODES.len());
        for code in CODES.map(|(_, code)| code).into_iter().chain(policy::CODES) {
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'-')), "{code}");
            assert_eq!(code.split('.').count(), 2, "{code}");
        }
    }
}
