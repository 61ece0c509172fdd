#!/bin/sh
# quick.sh DATA SCRATCH [SONGS]: the recipe of the smaller model from packed sound to an evaluated file, small, on a CPU.
# DATA: a folder written by gather.py. Takes a minute or two; the weights stay well behind those of the whole recipe.
set -eu
data=$1
scratch=$2
here=$(cd "$(dirname "$0")" && pwd)
python "$here/pack.py" pack "$data" "$data" "$scratch/packed" --hours 0.05
python "$here/pack.py" unpack "$scratch/packed" "$scratch/data"
python "$here/distil.py" "$scratch/data" "$here/../sow-ctc-1/model.onnx" "$scratch/run" \
  --device cpu --batch 4 --steps 12 --minutes 3 --rounding 0.3 --slots 64 --workers 2 --start 24 --scratch "$scratch" --muon
python "$here/compact.py" "$scratch/run" "$scratch/model"
if [ $# -gt 2 ]; then node "$here/../../dist/src/cli.js" evaluate "$3" --model "$scratch/model"; fi
