# Format, lints, tests and documentation: what must hold before a commit.
check:
    .ci/run

# All tests; the first run installs the Python runtime.
test:
    cargo test

# Unit tests only: no runtime, no command line.
test-fast:
    cargo test --lib

# Take what users see now as right: the snapshots and docs/commands.md; then look at the diff.
accept:
    TGSAND_ACCEPT=1 INSTA_UPDATE=always cargo test --test it -- commands rejections snapshots

# One benchmark: sandbox, synth, eval or model.
bench NAME:
    cargo bench --bench {{NAME}}

# The documentation, with warnings as errors.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Licences, bans and sources of the dependencies; needs `cargo install cargo-deny --locked`.
deny:
    cargo deny check bans licenses sources

# Known vulnerabilities of the dependencies; needs the network.
advisories:
    cargo deny check advisories

# Spelling; needs `cargo install typos-cli --locked`.
typos:
    typos

# The oldest compiler that Cargo.toml promises; needs rustup.
msrv:
    cargo +"$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)" check --all-targets
