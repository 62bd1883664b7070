//! What this process keeps from others of the same user: its memory, which has credentials in it.

use crate::output::say;
use zeroizing_alloc::ZeroAlloc;

/// What is freed is zeroed, whoever had it: the buffers of the HTTP client, of TLS, of the JSON parser and of the MCP SDK are nobody's to clear otherwise.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// No core dump, and on Linux no debugger and no `/proc/PID/mem` for other processes of this user. Before anything secret is read.
pub(crate) fn keep_to_ourselves() {
    if let Err(error) = deny() {
        say(&format!("core dumps can't be turned off, and could hold credentials: {error}"));
    }
}

#[cfg(unix)]
fn deny() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limited = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A limit doesn't hold for dumps that the kernel pipes to a program; this does. Each is worth having without the other.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(limited?)
}

/// Where this is another system's business.
#[cfg(not(unix))]
fn deny() -> std::io::Result<()> {
    Ok(())
}
