//! A running emulator and what a test can do with it.

mod rights;

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::builder::{ApiVersion, EmulatorBuilder};
use crate::credentials::{Credentials, ProjectMember, StoredSecret};
use crate::fault::{Fault, PlannedFault, RequestMatch};
use crate::log::Exchange;
use crate::seed::{AuditLogSeed, IdentitySeed, Role, SecretSeed};
use crate::server::{Shared, connection};
use crate::world::World;

/// The identities that every emulator has.
#[derive(Debug, Clone)]
pub(crate) struct StandardIdentities {
    pub(crate) reader: Credentials,
    pub(crate) writer: Credentials,
    pub(crate) admin: Credentials,
    pub(crate) outsider: Credentials,
}

/// A running emulator. Dropping it stops the server and closes its connections.
#[derive(Debug)]
pub struct Emulator {
    shared: Shared,
    address: SocketAddr,
    standard: StandardIdentities,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Configures an emulator.
    #[must_use]
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    pub(crate) fn serve(mut world: World, standard: StandardIdentities, address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        world.origin = format!("http://{address}");
        let shared = Shared::new(world);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = shared.clone();
        let thread = std::thread::Builder::new().name("infisical-emulator".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = connection::serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { shared, address, standard, stop: Some(stop), thread: Some(thread) })
    }

    /// The origin it listens on: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The API version it emulates.
    #[must_use]
    pub fn api_version(&self) -> ApiVersion {
        self.shared.world().api_version
    }

    /// The identity `reader`: a viewer of every seeded project.
    #[must_use]
    pub fn reader(&self) -> Credentials {
        self.standard.reader.clone()
    }

    /// The identity `writer`: a member of every seeded project.
    #[must_use]
    pub fn writer(&self) -> Credentials {
        self.standard.writer.clone()
    }

    /// The identity `admin`: an admin of the organization and of every seeded project.
    #[must_use]
    pub fn admin(&self) -> Credentials {
        self.standard.admin.clone()
    }

    /// The identity `outsider`: a member of no project.
    #[must_use]
    pub fn outsider(&self) -> Credentials {
        self.standard.outsider.clone()
    }

    /// The id of the first project.
    #[must_use]
    pub fn project_id(&self) -> String {
        self.shared.world().projects.first().map(|project| project.id.clone()).unwrap_or_default()
    }

    /// The id of the project with this slug.
    #[must_use]
    pub fn project_id_of(&self, slug: &str) -> Option<String> {
        self.shared.world().projects.iter().find(|project| project.slug == slug).map(|project| project.id.clone())
    }

    /// The organization's id.
    #[must_use]
    pub fn org_id(&self) -> String {
        self.shared.world().org_id.clone()
    }

    /// The values that identities share by link, oldest first, including expired ones.
    #[must_use]
    pub fn shared_values(&self) -> Vec<String> {
        self.shared.world().shares.iter().map(|share| share.value.clone()).collect()
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Exchange> {
        self.shared.world().log.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.shared.world().log.clear();
    }

    /// A stored secret of the first project.
    #[must_use]
    pub fn secret(&self, environment: &str, path: &str, name: &str) -> Option<StoredSecret> {
        self.secret_in(&self.project_id(), environment, path, name)
    }

    /// A stored secret of a project.
    #[must_use]
    pub fn secret_in(&self, project_id: &str, environment: &str, path: &str, name: &str) -> Option<StoredSecret> {
        self.shared.world().stored(project_id, environment, path, name)
    }

    /// Creates or changes a secret of the first project, as another user would. A change adds a
    /// version. Missing environments and folders are created.
    pub fn put_secret(&self, environment: &str, path: &str, secret: &SecretSeed) {
        self.put_secret_in(&self.project_id(), environment, path, secret);
    }

    /// As [`Self::put_secret`], in the project with this id.
    pub fn put_secret_in(&self, project_id: &str, environment: &str, path: &str, secret: &SecretSeed) {
        self.put_secrets_in(project_id, environment, path, std::slice::from_ref(secret));
    }

    /// As [`Self::put_secret`], for many secrets of the first project in one write, so that the
    /// folder gets one snapshot.
    pub fn put_secrets(&self, environment: &str, path: &str, secrets: &[SecretSeed]) {
        self.put_secrets_in(&self.project_id(), environment, path, secrets);
    }

    fn put_secrets_in(&self, project_id: &str, environment: &str, path: &str, secrets: &[SecretSeed]) {
        let mut world = self.shared.world();
        for secret in secrets {
            world.plant_secret(project_id, environment, path, secret);
        }
        world.take_due_snapshots();
    }

    /// Creates a folder of the first project with its parents.
    pub fn put_folder(&self, environment: &str, path: &str) {
        let project_id = self.project_id();
        self.shared.world().plant_folder(&project_id, environment, path);
    }

    /// Deletes a secret of the first project, as another user would. Returns false if there was
    /// none.
    pub fn remove_secret(&self, environment: &str, path: &str, name: &str) -> bool {
        let project_id = self.project_id();
        let mut world = self.shared.world();
        let was_there = world.uproot(&project_id, environment, path, name);
        world.take_due_snapshots();
        was_there
    }

    /// Inserts an entry of the first project, or of the organization, into the server's audit log.
    /// Returns its id. The entry is shown whatever the licence.
    pub fn put_audit_log(&self, entry: &AuditLogSeed) -> String {
        self.put_audit_log_in(&self.project_id(), entry)
    }

    /// As [`Self::put_audit_log`], in the project with this id.
    pub fn put_audit_log_in(&self, project_id: &str, entry: &AuditLogSeed) -> String {
        self.shared.world().plant_audit_log(project_id, entry)
    }

    /// The slugs and names of a project's environments, in order.
    #[must_use]
    pub fn environments_in(&self, project_id: &str) -> Vec<(String, String)> {
        let world = self.shared.world();
        let environments = world.project(project_id).into_iter().flat_map(|project| project.active_environments());
        environments.map(|environment| (environment.slug.clone(), environment.name.clone())).collect()
    }

    /// The users of the first project with their roles, in the order of their invitations.
    #[must_use]
    pub fn members(&self) -> Vec<ProjectMember> {
        self.members_in(&self.project_id())
    }

    /// As [`Self::members`], in the project with this id.
    #[must_use]
    pub fn members_in(&self, project_id: &str) -> Vec<ProjectMember> {
        self.shared.world().members_of(project_id)
    }

    /// Adds a user with this first and last name and role to the first project, and to the
    /// organization if needed.
    pub fn put_member(&self, email: &str, name: (&str, &str), role: Role) {
        let project_id = self.project_id();
        self.shared.world().plant_member(&project_id, email, name, role);
    }

    /// The emails of the organization's users, oldest first.
    #[must_use]
    pub fn users(&self) -> Vec<String> {
        self.shared.world().users.iter().map(|user| user.email.clone()).collect()
    }

    /// Adds an approval policy for a path of the first project. Returns its id.
    pub fn put_approval_policy(&self, name: &str, environment: &str, path: &str) -> String {
        self.shared.world().plant_policy(name, environment, path, false)
    }

    /// Removes an approval policy. Returns false if no policy has that id.
    pub fn remove_approval_policy(&self, id: &str) -> bool {
        let mut world = self.shared.world();
        let count = world.policies.len();
        world.policies.retain(|policy| policy.id != id);
        world.policies.len() < count
    }

    /// Adds a machine identity to every existing project, with its role.
    pub fn add_identity(&self, identity: &IdentitySeed) -> Credentials {
        self.shared.world().plant_identity(identity)
    }

    /// Deletes an identity and its tokens. Returns false if there was none.
    pub fn remove_identity(&self, identity_id: &str) -> bool {
        self.shared.world().remove_identity(identity_id)
    }

    /// Gives an identity a new client secret and invalidates the old ones. Returns `None` if there
    /// is no such identity.
    pub fn rotate_client_secret(&self, identity_id: &str) -> Option<Credentials> {
        self.shared.world().rotate(identity_id)
    }

    /// Every access token issued by a login, a renewal or an operator, including invalid ones.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<String> {
        self.shared.world().issued.clone()
    }

    /// Revokes every access token.
    pub fn revoke_tokens(&self) {
        self.shared.world().revoke_all_tokens();
    }

    /// Stops the server's clock. From then on, only [`Self::advance_clock`] moves it.
    pub fn stop_clock(&self) {
        self.shared.world().clock.stop();
    }

    /// Advances the server's clock at once. Other clocks don't change.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.world().clock.advance(by);
    }

    /// Sets or removes the rate limit, and resets its counters.
    pub fn set_rate_limit(&self, per_minute: Option<u32>) {
        let mut world = self.shared.world();
        world.settings.rate_limit = per_minute;
        world.windows.clear();
    }

    /// Allows or forbids issuers and clusters in private networks from now on.
    pub fn set_internal_addresses(&self, allowed: bool) {
        self.shared.world().settings.internal_addresses = allowed;
    }

    /// Limits an identity's client secrets and access tokens to these addresses or ranges. An empty
    /// list means no limit. The free licence has no route for this. Returns false if there is no
    /// such identity, or if a range is invalid.
    pub fn set_trusted_ips(&self, identity_id: &str, client_secrets: &[&str], tokens: &[&str]) -> bool {
        self.shared.world().trust(identity_id, client_secrets, tokens).is_some()
    }

    /// Locks an identity out, as three wrong client secrets do. Returns false if there is no such
    /// identity, and on an old server, which never locks.
    pub fn lock_out(&self, identity_id: &str) -> bool {
        self.shared.world().lock_out(identity_id).is_some()
    }

    /// Creates another client secret for an identity. It logs in `uses` times (0 for no limit) and
    /// expires after `ttl` (zero for never). Returns `None` if there is no such identity.
    pub fn add_client_secret(&self, identity_id: &str, uses: u32, ttl: Duration) -> Option<Credentials> {
        self.shared.world().plant_client_secret(identity_id, uses, ttl)
    }

    /// Revokes every client secret of an identity. A current server also revokes the tokens that
    /// they issued. Returns false if there is no such identity.
    pub fn revoke_client_secrets(&self, identity_id: &str) -> bool {
        self.shared.world().revoke_client_secrets(identity_id).is_some()
    }

    /// Applies this fault to the next `times` requests. Faults planned earlier come first.
    pub fn fail_next(&self, times: u32, fault: Fault) {
        self.fail_next_matching(times, RequestMatch::any(), fault);
    }

    /// Applies this fault to the next `times` requests that match.
    pub fn fail_next_matching(&self, times: u32, requests: RequestMatch, fault: Fault) {
        self.shared.world().faults.push(PlannedFault { left: times, requests, fault });
    }

    /// Removes the planned faults.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
