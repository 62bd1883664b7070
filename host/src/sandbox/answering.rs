//! Answers the component's calls to the host through the gate: its policy and its plans.

use super::call::CallState;
use crate::base::random::fill_random;
use crate::bindings::infisical::skill::{plans, policy};
use crate::bindings::wasi::random::random;
use crate::render;
use infisical_skill_policy::ApiVersion;
use infisical_skill_policy::change::ChangeRequest;
use std::fmt;
use tokio::time::timeout_at;

/// The most random bytes of one call by the component. The longest generated value takes about two
/// thousand.
const MAX_RANDOM: u64 = 64 * 1024;

impl policy::Host for CallState {
    fn get_policy(&mut self) -> wasmtime::Result<policy::Policy> {
        Ok(self.policy.clone())
    }

    async fn find_api_version(&mut self) -> wasmtime::Result<Result<policy::ApiVersion, ()>> {
        let found = timeout_at(self.gate.deadline(), self.gate.api_version()).await;
        Ok(match found {
            Ok(Ok(ApiVersion::V3)) => Ok(policy::ApiVersion::V3),
            Ok(Ok(ApiVersion::V4)) => Ok(policy::ApiVersion::V4),
            Ok(Err(_)) | Err(_) => Err(()),
        })
    }
}

impl plans::Host for CallState {
    async fn file(&mut self, plan: plans::Draft) -> wasmtime::Result<Result<plans::Filed, ()>> {
        let plans::Draft { requests, payload, acknowledge } = plan;
        let requests = requests.into_iter().map(ChangeRequest::from).collect();
        let filing = self.gate.file(requests, &payload, acknowledge.as_deref());
        Ok(match timeout_at(self.gate.deadline(), filing).await {
            Ok(Ok((card, approval))) => Ok(plans::Filed {
                expires: card.expires_at(),
                dependents: card.dependents.iter().flat_map(render::dependents).collect(),
                plan: card.plan,
                requests: card.requests,
                approval,
            }),
            Ok(Err(_)) | Err(_) => Err(()),
        })
    }

    fn redeem(&mut self, plan: String, acknowledge: Option<String>) -> wasmtime::Result<Result<plans::Redeemed, ()>> {
        Ok(match self.gate.redeem(&plan, acknowledge.as_deref()) {
            Ok((requests, payload)) => {
                Ok(plans::Redeemed { requests: requests.iter().map(Into::into).collect(), payload })
            }
            Err(_) => Err(()),
        })
    }
}

/// The component asked for more randomness than it needs, which costs the host time.
#[derive(Debug)]
struct TooMuchRandomness;

impl fmt::Display for TooMuchRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the component asked for more randomness than it may get, or there is none")
    }
}

impl std::error::Error for TooMuchRandomness {}

impl random::Host for CallState {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        let len = usize::try_from(len.min(MAX_RANDOM + 1))?;
        if len as u64 > MAX_RANDOM {
            return Err(TooMuchRandomness.into());
        }
        let mut bytes = vec![0; len];
        fill_random(&mut bytes).map_err(|_| TooMuchRandomness)?;
        Ok(bytes)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        let mut bytes = [0; 8];
        fill_random(&mut bytes).map_err(|_| TooMuchRandomness)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
