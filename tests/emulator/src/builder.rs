//! Configures and starts an emulator.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::emulator::{Emulator, StandardIdentities};
use crate::seed::{IdentitySeed, Role, Seed};
use crate::world::{Settings, World};

/// The API version that an emulator emulates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiVersion {
    /// A server of 2024: `/api/v3/secrets/raw`, `/api/v1/folders`, `/api/v1/workspace`.
    V3,
    /// A current server: `/api/v4/secrets`, `/api/v2/folders`, `/api/v1/projects`, and the older
    /// routes.
    #[default]
    V4,
}

/// The configuration of an emulator.
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
    /// Sets the API version. The default is [`ApiVersion::V4`].
    #[must_use]
    pub fn api_version(mut self, api_version: ApiVersion) -> Self {
        self.api_version = api_version;
        self
    }

    /// Sets the initial state. The default is [`Seed::empty`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the lifetime of access tokens. The default is two hours, and 0 means no limit.
    #[must_use]
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.settings.token_ttl = ttl;
        self
    }

    /// Sets how long an access token may be renewed. The default is one day.
    #[must_use]
    pub fn token_max_ttl(mut self, ttl: Duration) -> Self {
        self.settings.token_max_ttl = ttl;
        self
    }

    /// Limits the requests per minute of one address. The default is no limit.
    #[must_use]
    pub fn rate_limit(mut self, per_minute: Option<u32>) -> Self {
        self.settings.rate_limit = per_minute;
        self
    }

    /// Adds an approval policy for a path of the first project. As recorded, policies hold the
    /// writes of users but not those of machine identities (recorded-v4, exchanges 768 to 773).
    #[must_use]
    pub fn approval_policy(mut self, environment: &str, path: &str) -> Self {
        self.policies.push((environment.to_owned(), path.to_owned(), false));
        self
    }

    /// Adds an approval policy that holds machine identities too. No recorded server does that.
    /// Writes answer 200 with an `approval` and change nothing. A path that ends in `/**` covers
    /// everything under it.
    #[must_use]
    pub fn approval_policy_for_everybody(mut self, environment: &str, path: &str) -> Self {
        self.policies.push((environment.to_owned(), path.to_owned(), true));
        self
    }

    /// Enables audit logs, as a licence does. By default they are off, because the free licence
    /// writes none.
    #[must_use]
    pub fn audit_logs(mut self, licensed: bool) -> Self {
        self.settings.audit_logs = licensed;
        self
    }

    /// Sets how long the server caches an identity's permissions, so that a change takes effect
    /// later. A current server caches them for up to ten seconds. The default is no caching.
    #[must_use]
    pub fn rights_delay(mut self, delay: Duration) -> Self {
        self.settings.rights_delay = delay;
        self
    }

    /// Allows issuers and clusters in private networks, as `ALLOW_INTERNAL_IP_CONNECTIONS` does.
    /// The default is no.
    #[must_use]
    pub fn internal_addresses(mut self, allowed: bool) -> Self {
        self.settings.internal_addresses = allowed;
        self
    }

    /// Shifts the `Date` header of every answer by this many seconds, like a server with a wrong
    /// clock. Nothing else changes.
    #[must_use]
    pub fn clock_skew(mut self, seconds: i64) -> Self {
        self.settings.clock_skew = seconds;
        self
    }

    /// Stops the clock at the beginning of the current second, as [`Emulator::stop_clock`] does.
    #[must_use]
    pub fn stopped_clock(mut self) -> Self {
        self.stopped_clock = true;
        self
    }

    /// Sets the address to listen on. The default is a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Starts the emulator on its own thread. It serves until it is dropped.
    ///
    /// # Errors
    ///
    /// If the address can't be bound or the thread can't be started.
    pub async fn start(self) -> io::Result<Emulator> {
        self.start_now()
    }

    /// Starts the emulator like [`Self::start`], for synchronous code.
    ///
    /// # Errors
    ///
    /// If the address can't be bound or the thread can't be started.
    pub fn start_now(self) -> io::Result<Emulator> {
        let mut world = World::new(self.api_version, self.settings);
        // The whole initial state has the same time.
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
