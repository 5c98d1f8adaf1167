//! The command `tgsand`.

fn main() -> std::process::ExitCode {
    tgsand::cli::main()
}
