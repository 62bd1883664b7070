//! A user's number by name.

use std::fmt;

/// A user, by name or by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// The name in `/etc/passwd`.
    Name(String),
    /// The number.
    Number(u32),
}

/// Why a user's number isn't known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRefusal(String);

impl fmt::Display for UserRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UserRefusal {}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => write!(f, "uid {number}"),
        }
    }
}

impl User {
    /// Returns the user's number. A name is looked up in `/etc/passwd` only.
    ///
    /// # Errors
    /// If `/etc/passwd` doesn't have the name.
    pub fn number(&self) -> Result<u32, UserRefusal> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Name(name) => {
                let passwd = std::fs::read("/etc/passwd").unwrap_or_default();
                number_of(name, &String::from_utf8_lossy(&passwd)).ok_or_else(|| {
                    UserRefusal(format!("/etc/passwd has no user `{name}`: create it, or give the user's number"))
                })
            }
        }
    }
}

/// Returns the name of a user number in `/etc/passwd`.
#[must_use]
pub fn name_of(number: u32) -> Option<String> {
    let passwd = std::fs::read("/etc/passwd").ok()?;
    name_in(number, &String::from_utf8_lossy(&passwd))
}

/// Returns who logged in before this process was started, if the kernel knows (Linux). `sudo` and
/// `su` keep this number, and only root can change it.
#[must_use]
pub fn login() -> Option<u32> {
    login_in(&std::fs::read_to_string("/proc/self/loginuid").ok()?)
}

/// If nobody logged in, as in a service or a container, the kernel writes the largest number.
fn login_in(loginuid: &str) -> Option<u32> {
    loginuid.trim().parse().ok().filter(|number| *number != u32::MAX)
}

fn name_in(number: u32, passwd: &str) -> Option<String> {
    let mut lines = passwd.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })
}

fn number_of(name: &str, passwd: &str) -> Option<u32> {
    let mut lines = passwd.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| (fields.next()? == name).then(|| fields.nth(1)?.parse().ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_number_is_the_third_field() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nskill:x:998:997::/var/lib/skill:/usr/sbin/nologin\nodd\nnone:x:\nminus:x:-1:0::/:\n";
        for (name, number) in [
            ("root", Some(0)),
            ("skill", Some(998)),
            ("ski", None),
            ("odd", None),
            ("none", None),
            ("minus", None),
            ("", None),
        ] {
            assert_eq!(number_of(name, passwd), number, "{name}");
        }
        assert_eq!(User::Number(7).number(), Ok(7));
        assert!(User::Name("no such user".to_owned()).number().unwrap_err().to_string().contains("number"));
    }

    #[test]
    fn finds_user_name_by_number_and_parses_login() {
        let passwd = "root:x:0:0::/root:/bin/sh\nbroken\nalice:x:1000:1000::/:/bin/sh\n";
        assert_eq!((name_in(1000, passwd).as_deref(), name_in(1, passwd)), (Some("alice"), None));
        assert_eq!(login_in("1000"), Some(1000));
        assert_eq!(login_in("0\n"), Some(0));
        for nobody in ["4294967295", "", "-1", "alice"] {
            assert_eq!(login_in(nobody), None, "{nobody}");
        }
    }
}
