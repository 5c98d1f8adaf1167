//! The command `tgsand`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the process was started with a closed stdout.
static STDOUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before the standard library starts, which opens `/dev/null` in the place of a closed stdout: results would go there unseen.
#[expect(
    unsafe_code,
    reason = "only an initialiser of the program runs before the standard library's"
)]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
#[used]
static LOOK_AT_STDOUT: extern "C" fn() = look_at_stdout;

extern "C" fn look_at_stdout() {
    let open = Path::new("/dev/fd");
    let is_closed = open.is_dir() && open.join("1").symlink_metadata().is_err();
    STDOUT_IS_CLOSED.store(is_closed, Ordering::Relaxed);
}

fn main() -> std::process::ExitCode {
    tgsand::cli::main(STDOUT_IS_CLOSED.load(Ordering::Relaxed))
}
