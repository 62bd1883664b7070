//! The state of one call at the gate, and what its requests end in.

use super::changes::Ledger;
use super::reveals::ApprovedSecret;
use crate::client::transport::TransportError;
use crate::model::error::{Error, HttpFailure};
use infisical_skill_policy::ApiVersion;
use std::sync::{Arc, Mutex};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

/// What a call's requests share.
pub(super) struct Call {
    /// Determined once, also if that fails: a component can't make the host log in and probe
    /// repeatedly.
    pub(super) api_version: OnceCell<Result<ApiVersion, GateError>>,
    /// One request at a time, from sending it until its answer is read or dropped. A call therefore
    /// keeps at most one answer in the host's memory.
    pub(super) turn: Arc<Semaphore>,
    pub(super) record: Mutex<GateRecord>,
    pub(super) ledger: Mutex<Ledger>,
}

/// What happened at the gate during a call.
#[derive(Default)]
pub(super) struct GateRecord {
    pub(super) admitted: u32,
    pub(super) revealed: bool,
    /// The secret whose value a person approved to be shown in this call.
    pub(super) approved: Option<ApprovedSecret>,
    pub(super) cause: Option<Error>,
    /// The last failed answer, which the component's error is about.
    pub(super) failed: Option<HttpFailure>,
    /// The first violation. The shipped component never commits one.
    pub(super) violation: Option<Error>,
}

/// Why a request may not leave.
pub(super) enum Denial {
    /// It matches no known route.
    Route(String),
    Egress(String),
    OutOfScope,
    TooMany,
    /// A draft that may not be filed.
    Draft(Error),
    Refused(Error),
}

/// An answer as the component gets it.
pub(crate) struct Delivery {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: DeliveredBody,
}

/// A body on its way to the component. The next request waits until it is dropped.
pub(crate) struct DeliveredBody {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) _turn: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for DeliveredBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How a request of the component failed, as far as the component may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateError {
    /// The request may not leave.
    Denied,
    /// The request left, or may have left, and there is no answer.
    Transport(TransportError),
    /// The answer may not be passed on.
    Answer,
}

impl Call {
    pub(super) fn new() -> Self {
        Self {
            api_version: OnceCell::new(),
            turn: Arc::new(Semaphore::new(1)),
            record: Mutex::default(),
            ledger: Mutex::default(),
        }
    }
}
