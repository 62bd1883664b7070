//! A user's number, by the name.

use std::fmt;

/// A user, by name or by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// As `/etc/passwd` names them.
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
    /// The user's number. A name is looked up in `/etc/passwd` alone.
    ///
    /// # Errors
    /// If it isn't there.
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
}
