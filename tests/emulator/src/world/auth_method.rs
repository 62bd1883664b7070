//! The login methods of an identity, and their state.

use std::net::IpAddr;

use super::clock::Millis;
use super::federation::{AwsAuth, JwtAuth, KubernetesAuth, OidcAuth, TlsCertAuth};

/// The maximum lifetime of a current server's access tokens: 90 days.
pub(crate) const MAX_TOKEN_TTL: Millis = 7_776_000_000;

/// A login method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Method {
    Universal,
    Token,
    Jwt,
    Oidc,
    Kubernetes,
    TlsCert,
    Aws,
}

impl Method {
    /// Its name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Universal => "universal-auth",
            Self::Token => "token-auth",
            Self::Jwt => "jwt-auth",
            Self::Oidc => "oidc-auth",
            Self::Kubernetes => "kubernetes-auth",
            Self::TlsCert => "tls-cert-auth",
            Self::Aws => "aws-auth",
        }
    }

    /// Its name in the server's messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Universal => "universal",
            Self::Token => "token",
            Self::Jwt => "JWT",
            Self::Oidc => "OIDC",
            Self::Kubernetes => "Kubernetes",
            Self::TlsCert => "TLS Certificate",
            Self::Aws => "AWS",
        }
    }
}

/// An address or a range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrustedIp {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

impl TrustedIp {
    /// `192.0.2.1` or `192.0.2.0/24`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(longest), |prefix| prefix.parse().ok().filter(|prefix| *prefix <= longest))?;
        Some(Self { address, prefix })
    }

    /// The range of all addresses.
    pub(crate) fn everywhere() -> Vec<Self> {
        ["0.0.0.0/0", "::/0"].into_iter().filter_map(Self::parse).collect()
    }

    fn covers(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
            IpAddr::V6(v6) => v6.to_bits(),
        };
        let differ = bits(self.address) ^ bits(address);
        self.address.is_ipv4() == address.is_ipv4() && differ.leading_zeros() >= u32::from(self.prefix)
    }
}

/// True if an address is in one of the ranges. An invalid address (a forged header) is only in
/// `0.0.0.0/0`.
pub(crate) fn is_trusted(ranges: &[TrustedIp], address: &str) -> bool {
    match address.parse() {
        Ok(address) => ranges.iter().any(|range| range.covers(address)),
        Err(_) => ranges.iter().any(|range| range.prefix == 0),
    }
}

/// The settings of a method's access tokens.
#[derive(Debug, Clone)]
pub(crate) struct TokenRules {
    /// 0 means the server's maximum.
    pub(crate) ttl: Millis,
    /// 0 means no limit on renewals.
    pub(crate) max_ttl: Millis,
    /// A token that is renewed within each period lives forever. 0 means no period.
    pub(crate) period: Millis,
    /// 0 means no limit.
    pub(crate) uses_limit: u32,
    pub(crate) trusted_ips: Vec<TrustedIp>,
}

/// A Universal Auth client secret.
#[derive(Debug, Clone)]
pub(crate) struct ClientSecret {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) description: String,
    /// 0 means that it never expires.
    pub(crate) ttl: Millis,
    pub(crate) uses: u32,
    /// 0 means no limit.
    pub(crate) uses_limit: u32,
    pub(crate) revoked: bool,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

impl ClientSecret {
    pub(crate) fn is_expired(&self, now: Millis) -> bool {
        self.ttl > 0 && now >= self.created.saturating_add(self.ttl)
    }

    /// Counts a login. Without a limit, a current server was observed to count only the first one.
    pub(crate) fn count_use(&mut self, now: Millis) {
        if self.uses_limit > 0 || self.uses == 0 {
            self.uses = self.uses.saturating_add(1);
            self.updated = now;
        }
    }
}

/// Counts wrong secrets and locks the method.
#[derive(Debug, Clone)]
pub(crate) struct Lockout {
    pub(crate) enabled: bool,
    pub(crate) threshold: u32,
    pub(crate) duration: Millis,
    /// Wrong secrets further apart than this aren't counted together.
    pub(crate) counter_reset: Millis,
    failures: u32,
    last_failure: Millis,
    locked_until: Millis,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            enabled: true,
            threshold: 3,
            duration: 300_000,
            counter_reset: 30_000,
            failures: 0,
            last_failure: 0,
            locked_until: 0,
        }
    }
}

impl Lockout {
    pub(crate) fn is_locked(&self, now: Millis) -> bool {
        self.enabled && now < self.locked_until
    }

    /// Counts a wrong secret. Locks at the limit.
    pub(crate) fn fail(&mut self, now: Millis) {
        let counts_on = now < self.last_failure.saturating_add(self.counter_reset);
        self.failures = if counts_on { self.failures.saturating_add(1) } else { 1 };
        self.last_failure = now;
        if self.failures >= self.threshold {
            self.lock(now);
        }
    }

    /// Locks as the last wrong secret would.
    pub(crate) fn lock(&mut self, now: Millis) {
        self.failures = 0;
        self.locked_until = now.saturating_add(self.duration);
    }

    /// Resets the count after a correct secret.
    pub(crate) fn succeed(&mut self) {
        self.failures = 0;
    }

    /// Unlocks. Returns true if there was a lock, or a count towards one.
    pub(crate) fn clear(&mut self, now: Millis) -> bool {
        let counts = self.failures > 0 && now < self.last_failure.saturating_add(self.counter_reset);
        let was_set = self.is_locked(now) || counts;
        (self.failures, self.locked_until) = (0, 0);
        was_set
    }
}

/// Universal Auth of an identity.
#[derive(Debug, Clone)]
pub(crate) struct UniversalAuth {
    pub(crate) client_id: String,
    /// The addresses where a client secret may be used.
    pub(crate) trusted_ips: Vec<TrustedIp>,
    pub(crate) lockout: Lockout,
    pub(crate) client_secrets: Vec<ClientSecret>,
}

impl UniversalAuth {
    pub(crate) fn new(client_id: String) -> Self {
        Self {
            client_id,
            trusted_ips: TrustedIp::everywhere(),
            lockout: Lockout::default(),
            client_secrets: Vec::new(),
        }
    }

    /// Returns the secret unless it is revoked.
    pub(crate) fn secret_mut(&mut self, secret: &str) -> Option<&mut ClientSecret> {
        self.client_secrets.iter_mut().find(|held| !held.revoked && held.secret == secret)
    }
}

/// The settings that only one method has.
#[derive(Debug, Clone)]
pub(crate) enum Settings {
    Universal(UniversalAuth),
    Token,
    Jwt(JwtAuth),
    Oidc(OidcAuth),
    Kubernetes(KubernetesAuth),
    TlsCert(TlsCertAuth),
    Aws(AwsAuth),
}

/// A configured login method of an identity.
#[derive(Debug, Clone)]
pub(crate) struct AuthMethod {
    pub(crate) id: String,
    pub(crate) tokens: TokenRules,
    pub(crate) settings: Settings,
    pub(crate) created: Millis,
    pub(crate) updated: Millis,
}

impl AuthMethod {
    pub(crate) fn method(&self) -> Method {
        match &self.settings {
            Settings::Universal(_) => Method::Universal,
            Settings::Token => Method::Token,
            Settings::Jwt(_) => Method::Jwt,
            Settings::Oidc(_) => Method::Oidc,
            Settings::Kubernetes(_) => Method::Kubernetes,
            Settings::TlsCert(_) => Method::TlsCert,
            Settings::Aws(_) => Method::Aws,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lockout, TrustedIp, is_trusted};

    fn ranges(texts: &[&str]) -> Vec<TrustedIp> {
        texts.iter().map(|text| TrustedIp::parse(text).unwrap()).collect()
    }

    #[test]
    fn ranges_cover_the_addresses_under_their_prefix() {
        for (range, address, covered) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db8::1", true),
            ("192.0.2.0/24", "nonsense", false),
        ] {
            assert_eq!(is_trusted(&ranges(&[range]), address), covered, "{address} in {range}");
        }
    }

    #[test]
    fn rejects_invalid_ranges() {
        for text in ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/-1", "192.0.2.0/x"] {
            assert_eq!(TrustedIp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn wrong_secrets_that_are_far_apart_lock_nothing() {
        let mut lockout = Lockout::default();
        for now in [0, 31_000, 62_000, 93_000, 124_000] {
            lockout.fail(now);
            assert!(!lockout.is_locked(now));
        }
        lockout.fail(125_000);
        lockout.fail(126_000);
        assert!(lockout.is_locked(126_000) && lockout.is_locked(425_999) && !lockout.is_locked(426_000));
    }

    #[test]
    fn correct_secret_resets_lockout_count() {
        let mut lockout = Lockout::default();
        for now in [0, 1, 2, 3, 4, 5] {
            lockout.fail(now);
            lockout.succeed();
        }
        assert!(!lockout.is_locked(5));
    }
}
