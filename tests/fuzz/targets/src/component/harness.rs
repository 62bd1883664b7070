//! The component in a sandbox without network, files or clock. Its requests go to a
//! [`PlanService`], and the server's answers come from the script.
//!
//! To fuzz the component from another project, take this file and write a plan service. That
//! project can compile the component in the process: `Component::new(&engine,
//! infisical_skill::component::WASM)`, with wasmtime's feature `cranelift`.

use super::engine_config::code_config;
use crate::plan_service::{NoAnswer, PLAN, PlanService, planned};
use crate::script::Head;
use bindings::Skill;
use bindings::infisical::skill::{plans, policy};
use bindings::wasi::random::random;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use infisical_skill_policy::change::{ChangeRequest, Method};
use infisical_skill_policy::headers::may_cross;
use infisical_skill_policy::{ApiVersion, Grant};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::runtime::Runtime;
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, ResourceLimiter, Store, Trap};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};
use wasmtime_wasi_io::IoView;

/// The WIT package as Rust.
pub(super) mod bindings {
    wasmtime::component::bindgen!({
        path: "../../../wit",
        world: "infisical:skill/skill",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
            "wasi:io": wasmtime_wasi_io::bindings::wasi::io,
        },
    });
}

/// The fuel of one call. A listing of some hundred secrets uses a tenth of it.
const FUEL: u64 = 500_000_000;

/// The component's memory, in bytes.
const MEMORY: usize = 32 * 1024 * 1024;

/// The most data that the component may pass to the host at once, in bytes as the host counts them.
const HOSTCALL_FUEL: usize = 32 * 1024 * 1024;

/// The parts that are created once and shared by all calls.
pub(super) struct Harness {
    engine: Engine,
    pre: bindings::SkillPre<State>,
    runtime: Runtime,
}

/// How a call ended.
pub(super) enum End<T> {
    /// It returned an answer, which may be a refusal.
    Answer(T),
    /// It used up its fuel or memory.
    UsedUp,
}

/// A prepared call.
pub(super) struct Call<'a> {
    harness: &'a Harness,
    store: Store<State>,
}

impl Harness {
    /// Returns the harness of this process.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Harness> = OnceLock::new();
        SHARED.get_or_init(|| Self::new().expect("the component loads"))
    }

    fn new() -> wasmtime::Result<Self> {
        let engine = Engine::new(&code_config())?;
        #[expect(unsafe_code, reason = "there is no safe way to load code that was compiled ahead of time")]
        // SAFETY: this crate's build script got these bytes from `Engine::precompile_component`.
        let component =
            unsafe { Component::deserialize(&engine, include_bytes!(concat!(env!("OUT_DIR"), "/component.cwasm")))? };
        let mut linker = Linker::new(&engine);
        wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        plans::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        policy::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        random::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        let pre = bindings::SkillPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, pre, runtime: tokio::runtime::Builder::new_current_thread().build()? })
    }

    /// Prepares a call with this grant and these facts.
    pub(super) fn call(&self, grant: Grant, policy: policy::Policy, plan_service: Arc<Mutex<PlanService>>) -> Call<'_> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(256);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(8 * 1024);
        let origin = policy.origin.clone();
        let hooks = Hooks { plan_service: Arc::clone(&plan_service), grant, origin };
        let state = State { table, http, hooks, plan_service, grant, policy, is_over: false };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| state);
        store.set_hostcall_fuel(HOSTCALL_FUEL);
        store.set_fuel(FUEL).expect("the engine counts fuel");
        Call { harness: self, store }
    }
}

impl Call<'_> {
    /// Runs the call in a fresh instance.
    ///
    /// # Panics
    /// If the component traps for any reason but exhausted fuel or memory.
    pub(super) fn run<T>(
        mut self,
        function: impl AsyncFnOnce(&Skill, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> End<T> {
        let ended = self.harness.runtime.block_on(async {
            let skill = self.harness.pre.instantiate_async(&mut self.store).await?;
            function(&skill, &mut self.store).await
        });
        match ended {
            Ok(answer) => End::Answer(answer),
            Err(error) => {
                let is_out_of_fuel = error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel);
                assert!(is_out_of_fuel || self.store.data().is_over, "the component trapped: {error:?}");
                End::UsedUp
            }
        }
    }
}

/// The state in a call's store.
pub(super) struct State {
    table: ResourceTable,
    http: WasiHttpCtx,
    hooks: Hooks,
    plan_service: Arc<Mutex<PlanService>>,
    grant: Grant,
    policy: policy::Policy,
    /// True once it requested more memory than allowed. The trap that follows is then expected.
    is_over: bool,
}

impl IoView for State {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.is_over |= desired > MEMORY;
        Ok(desired <= MEMORY)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 10_000)
    }
}

/// The outgoing HTTP: the plan service answers each request.
struct Hooks {
    plan_service: Arc<Mutex<PlanService>>,
    grant: Grant,
    origin: policy::Origin,
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send>;

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|name| !may_cross(name.as_str()))
    }

    fn set_host_header(&mut self) -> bool {
        false
    }

    fn default_scheme(&mut self) -> Option<http::uri::Scheme> {
        None
    }

    fn send_request(&mut self, request: http::Request<WasiBody>, _: Option<RequestOptions>, _: Io) -> Sent {
        let (plan_service, grant, origin) = (Arc::clone(&self.plan_service), self.grant, self.origin.clone());
        Box::new(async move {
            let (head, body) = request.into_parts();
            assert_eq!(head.uri.authority().map(|it| it.as_str()), Some(origin.authority.as_str()), "elsewhere");
            assert_eq!(head.uri.scheme_str() == Some("https"), origin.scheme == policy::Scheme::Https);
            assert!(head.headers.keys().all(|name| may_cross(name.as_str())), "{:?}", head.headers);
            let body = body.collect().await?.to_bytes();
            let path = head.uri.path_and_query().map_or("", |it| it.as_str());
            let mut plan_service = plan_service.lock().unwrap();
            let sent = plan_service.send(grant, head.method.as_str(), path, Some(&body));
            let (status, body) = sent.map_err(|why| match why {
                NoAnswer::Denied => Error::HttpRequestDenied,
                NoAnswer::Broken => Error::HttpResponseIncomplete,
            })?;
            let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync();
            let Head { content_type, retry_after } = plan_service.head();
            let mut response = http::Response::builder().status(status);
            for (name, text) in [("content-type", content_type), ("retry-after", retry_after)] {
                response = text.into_iter().fold(response, |response, text| response.header(name, text));
            }
            let response = response.body(body).map_err(|_| Error::HttpProtocolError)?;
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }
}

/// The interfaces `policy` and `plans`: facts from the script, plans from the plan service.
impl policy::Host for State {
    fn get_policy(&mut self) -> wasmtime::Result<policy::Policy> {
        Ok(self.policy.clone())
    }

    fn find_api_version(&mut self) -> wasmtime::Result<Result<policy::ApiVersion, ()>> {
        Ok(match self.plan_service.lock().unwrap().api_version() {
            Some(ApiVersion::V3) => Ok(policy::ApiVersion::V3),
            Some(ApiVersion::V4) => Ok(policy::ApiVersion::V4),
            None => Err(()),
        })
    }
}

impl plans::Host for State {
    fn file(&mut self, plan: plans::Draft) -> wasmtime::Result<Result<plans::Filed, ()>> {
        assert_eq!(self.grant, Grant::Preview, "it files a plan outside of a preview");
        let requests = plan.requests.into_iter().map(to_host).collect();
        let filed = self.plan_service.lock().unwrap().file(requests, &plan.payload, plan.acknowledge.as_deref());
        let expires = "2026-11-23T08:00:00Z".to_owned();
        let approval = self.plan_service.lock().unwrap().approval();
        let dependents = self.plan_service.lock().unwrap().dependents();
        let filed =
            filed.map(|requests| plans::Filed { plan: PLAN.to_owned(), expires, requests, dependents, approval });
        Ok(filed.ok_or(()))
    }

    fn redeem(&mut self, plan: String, acknowledge: Option<String>) -> wasmtime::Result<Result<plans::Redeemed, ()>> {
        assert_eq!(self.grant, Grant::Apply, "it redeems a plan outside of an apply");
        let redeemed = self.plan_service.lock().unwrap().redeem(&plan, acknowledge.as_deref());
        let from_host = |(requests, payload): (Vec<ChangeRequest>, _)| plans::Redeemed {
            requests: requests.iter().map(from_host).collect(),
            payload,
        };
        Ok(redeemed.map(from_host).ok_or(()))
    }
}

impl random::Host for State {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        assert!(len <= 64 * 1024, "more randomness than a value needs: {len}");
        Ok(self.plan_service.lock().unwrap().random(usize::try_from(len)?))
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        let bytes = self.plan_service.lock().unwrap().random(8);
        Ok(bytes.into_iter().fold(0, |number, byte| number << 8 | u64::from(byte)))
    }
}

fn to_host(request: plans::PlannedRequest) -> ChangeRequest {
    let method = match request.method {
        plans::WriteMethod::Post => Method::Post,
        plans::WriteMethod::Patch => Method::Patch,
        plans::WriteMethod::Delete => Method::Delete,
    };
    planned(method, request.path, request.body)
}

fn from_host(request: &ChangeRequest) -> plans::PlannedRequest {
    let method = match request.method {
        Method::Post => plans::WriteMethod::Post,
        Method::Patch => plans::WriteMethod::Patch,
        Method::Delete => plans::WriteMethod::Delete,
    };
    plans::PlannedRequest { method, path: request.path.clone(), body: request.body.as_str().to_owned() }
}
