//! Protects this process's memory, which holds credentials, from other processes of the same user.

use crate::output::say;
use zeroizing_alloc::ZeroAlloc;

/// Zeroes all freed memory. The HTTP client, TLS, the JSON parser and the MCP SDK have buffers that
/// nothing else would clear.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

/// Disables core dumps. On Linux it also denies debuggers and `/proc/PID/mem` to other processes of
/// this user. Call it before reading anything secret.
pub(crate) fn protect() {
    if let Err(error) = deny() {
        say(&format!("core dumps can't be turned off, and could hold credentials: {error}"));
    }
}

#[cfg(unix)]
fn deny() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limited = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // The kernel ignores the size limit for core dumps that it pipes to a program. This flag also
    // stops those. Each of the two is useful without the other.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(limited?)
}

/// Other systems aren't covered.
#[cfg(not(unix))]
fn deny() -> std::io::Result<()> {
    Ok(())
}
