//! Setting an emulator up.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::emulator::{Emulator, StandardIdentities};
use crate::seed::{IdentitySeed, Role, Seed};
use crate::world::{Settings, World};

/// The generation of the API that an emulator speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiVersion {
    /// A server of 2024: `/api/v3/secrets/raw`, `/api/v1/folders`, `/api/v1/workspace`.
    V3,
    /// A current server: `/api/v4/secrets`, `/api/v2/folders`, `/api/v1/projects`, and still the older routes.
    #[default]
    V4,
}

/// What an emulator is to be like.
#[derive(Debug, Clone)]
pub struct EmulatorBuilder {
    api_version: ApiVersion,
    seed: Seed,
    settings: Settings,
    policies: Vec<(String, String, bool)>,
    address: SocketAddr,
    stopped_clock: bool,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            api_version: ApiVersion::default(),
            seed: Seed::empty(),
            settings: Settings {
                token_ttl: Duration::from_secs(7200),
                token_max_ttl: Duration::from_secs(86_400),
                rate_limit: None,
                audit_logs: false,
                internal_addresses: false,
                rights_delay: Duration::ZERO,
                clock_skew: 0,
                dropped_conditions: Vec::new(),
            },
            policies: Vec::new(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            stopped_clock: false,
        }
    }
}

impl EmulatorBuilder {
    /// Speaks this generation of the API; [`ApiVersion::V4`] by default.
    #[must_use]
    pub fn api_version(mut self, api_version: ApiVersion) -> Self {
        self.api_version = api_version;
        self
    }

    /// Starts with this; [`Seed::empty`] by default.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// How long an access token lives; two hours by default, 0 for ever.
    #[must_use]
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.settings.token_ttl = ttl;
        self
    }

    /// How long an access token may be renewed for; a day by default.
    #[must_use]
    pub fn token_max_ttl(mut self, ttl: Duration) -> Self {
        self.settings.token_max_ttl = ttl;
        self
    }

    /// Limits the requests of one address to so many a minute; off by default.
    #[must_use]
    pub fn rate_limit(mut self, per_minute: Option<u32>) -> Self {
        self.settings.rate_limit = per_minute;
        self
    }

    /// Adds an approval policy for a path of the first project. As recorded, policies hold the writes of persons and not
    /// those of machine identities (recorded-v4, exchanges 768 to 773).
    #[must_use]
    pub fn approval_policy(mut self, environment: &str, path: &str) -> Self {
        self.policies.push((environment.to_owned(), path.to_owned(), false));
        self
    }

    /// Adds an approval policy that holds machine identities too. No recorded server does that. Writes answer 200 with an
    /// `approval` and change nothing. A path that ends in `/**` covers everything under it.
    #[must_use]
    pub fn approval_policy_for_everybody(mut self, environment: &str, path: &str) -> Self {
        self.policies.push((environment.to_owned(), path.to_owned(), true));
        self
    }

    /// Has a licence with audit logs; off by default, as on the free licence, where the server writes none.
    #[must_use]
    pub fn audit_logs(mut self, licensed: bool) -> Self {
        self.settings.audit_logs = licensed;
        self
    }

    /// Sets how long the server remembers an identity's permissions, so that a change takes effect later. A current server
    /// remembers for up to ten seconds; the default is not at all.
    #[must_use]
    pub fn rights_delay(mut self, delay: Duration) -> Self {
        self.settings.rights_delay = delay;
        self
    }

    /// Lets issuers and clusters be in private networks, as `ALLOW_INTERNAL_IP_CONNECTIONS` does; off by default.
    #[must_use]
    pub fn internal_addresses(mut self, allowed: bool) -> Self {
        self.settings.internal_addresses = allowed;
        self
    }

    /// Shifts the `Date` header of every answer, and nothing else, by so many seconds: a server whose clock is wrong.
    #[must_use]
    pub fn clock_skew(mut self, seconds: i64) -> Self {
        self.settings.clock_skew = seconds;
        self
    }

    /// Starts with a clock that stands at the beginning of a second, and stays there as [`Emulator::stop_clock`] says.
    #[must_use]
    pub fn stopped_clock(mut self) -> Self {
        self.stopped_clock = true;
        self
    }

    /// Listens there; a free port of 127.0.0.1 by default.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Starts the emulator on a thread of its own. It serves until it is dropped.
    ///
    /// # Errors
    ///
    /// If the address can't be listened on, or a thread can't be started.
    pub async fn start(self) -> io::Result<Emulator> {
        self.start_now()
    }

    /// As [`Self::start`], for code that isn't async: nothing is waited for.
    ///
    /// # Errors
    ///
    /// If the address can't be listened on, or a thread can't be started.
    pub fn start_now(self) -> io::Result<Emulator> {
        let mut world = World::new(self.api_version, self.settings);
        // All that is there from the beginning is of one time.
        if self.stopped_clock {
            world.clock.stop_at_a_second();
        } else {
            world.clock.stop();
        }
        for project in &self.seed.projects {
            world.plant_project(project);
        }
        let standard = StandardIdentities {
            reader: world.plant_identity(&IdentitySeed::new("reader").role(Role::Viewer)),
            writer: world.plant_identity(&IdentitySeed::new("writer").role(Role::Member)),
            admin: world.plant_identity(&IdentitySeed::new("admin").role(Role::Admin)),
            outsider: world.plant_identity(&IdentitySeed::new("outsider")),
        };
        for identity in &self.seed.identities {
            world.plant_identity(identity);
        }
        for email in &self.seed.users {
            world.plant_user(email);
        }
        for (environment, path, holds_identities) in &self.policies {
            world.plant_policy("policy", environment, path, *holds_identities);
        }
        if !self.stopped_clock {
            world.clock.go_on();
        }
        Emulator::serve(world, standard, self.address)
    }
}
