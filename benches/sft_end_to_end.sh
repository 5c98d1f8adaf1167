#!/bin/sh
# Shows `tgsand sft` end to end on a CPU: samples, a tiny model with random weights, training by TRL, a server, `tgsand eval`.
#
#     benches/sft_end_to_end.sh [FOLDER]
#
# FOLDER (default runs/sft-end-to-end) gets everything, 6 GB of packages included: pip installs the default torch, with CUDA, which
# trains on a CPU just as well. TGSAND names the program (default tgsand), PYTHON a Python of 3.11 or newer, PORT the server's port
# on 127.0.0.1. Each step prints its command; a step that fails ends the script. Not part of CI.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$root/runs/sft-end-to-end}
tgsand=${TGSAND:-tgsand}
port=${PORT:-8931}
mkdir -p "$work"
cd "$work"

step() {
    printf '\n$ %s\n' "$*"
    "$@"
}

[ -x venv/bin/trl ] || {
    step "${PYTHON:-python3}" -m venv venv
    step venv/bin/pip install --quiet trl==1.16.0 torch==2.15.0 'transformers[serving]==5.24.0' datasets==5.2.0
}
PATH=$work/venv/bin:$PATH
# No weights and no data come from a hub.
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1

[ -f tiny/model.safetensors ] || step python "$root/benches/tiny_model.py" "$root/dataset/raw_data.jsonl" --out tiny
step "$tgsand" synth "$root/dataset/raw_data.jsonl" --text none --out synth
step "$tgsand" sft synth/samples/case2code.jsonl --base-model ./tiny --cpu --epochs "${EPOCHS:-3}" --learning-rate 3e-3 --out trained

printf '\n# the rows, loaded as each configuration names them\n'
(cd trained && python - <<'END'
import json, pathlib, yaml
from datasets import load_dataset

def read(path):
    return yaml.safe_load(pathlib.Path(path).read_text())

axolotl, llama_factory = read("axolotl.yaml")["datasets"][0], read("llama_factory.yaml")
folder = pathlib.Path(llama_factory["dataset_dir"])
entry = json.loads((folder / "dataset_info.json").read_text())[llama_factory["dataset"]]
for name, rows in [
    ("trl", load_dataset(read("trl.yaml")["dataset_name"], split="train")),
    ("axolotl", load_dataset(axolotl["ds_type"], data_files=axolotl["path"], split="train")),
    ("llama-factory", load_dataset("json", data_files=str(folder / entry["file_name"]), split="train")),
]:
    print(f"{name}: {rows.num_rows} rows, columns {', '.join(rows.column_names)}")
END
)

printf '\n$ cd trained && trl sft --config trl.yaml\n'
(cd trained && trl sft --config trl.yaml)

printf '\n$ transformers serve trained/checkpoint --device cpu --port %s &\n' "$port"
transformers serve trained/checkpoint --device cpu --host 127.0.0.1 --port "$port" >serve.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT INT TERM
python - "$port" <<'END'
import sys, time, urllib.request

for _ in range(300):
    try:
        print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/v1/models").read().decode())
        break
    except OSError:
        time.sleep(1)
else:
    sys.exit("the server has not answered for five minutes")
END

# A model that never ends its answer would write up to 1500 tokens for each problem.
step "$tgsand" eval "$root/dataset/test.jsonl" --limit "${PROBLEMS:-10}" --model trained/checkpoint \
    --base-url "http://127.0.0.1:$port/v1" --max-reply-tokens 200 --max-concurrent 1 --out scored
