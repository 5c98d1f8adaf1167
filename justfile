# Format, lints, tests and documentation: what must hold before a commit.
check:
    .ci/run

# All tests; the first run installs the Python runtime.
test:
    cargo test

# Unit tests only: no runtime, no command line.
test-fast:
    cargo test --lib

# One benchmark: sandbox, synth, eval or model.
bench NAME:
    cargo bench --bench {{NAME}}

# The documentation, with warnings as errors.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
