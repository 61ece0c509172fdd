"""Write the folder of a model taught by distil.py: attention as one operation, features inside, int8 matrices."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus import LANGUAGES, RATE, TOKENS
from distil import load
from export import halve, quantise
from student import CHANNELS, FOLD, HEADS, Student, positions


class Attention(torch.autograd.Function):
    """Attention over all frames; ONNX Runtime's own operation in the exported graph."""

    @staticmethod
    def forward(_ctx, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        parts = (x.unflatten(2, (HEADS, -1)).transpose(1, 2) for x in (q, k, v))
        return F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)

    @staticmethod
    def symbolic(g, q, k, v):
        return g.op("com.microsoft::MultiHeadAttention", q, k, v, num_heads_i=HEADS).setType(q.type())


class Graph(nn.Module):
    """The student as it is exported: one recording, shapes taken from it."""

    def __init__(self, net: Student) -> None:
        super().__init__()
        self.net = net

    def forward(self, audio: Tensor, language: Tensor) -> tuple[Tensor, Tensor]:
        net = self.net
        x = F.gelu(net.conv(net.features(audio)))
        x = F.pad(x, (0, FOLD - 1)).transpose(1, 2)
        inner = x.shape[1] // FOLD
        x = net.fold(x[:, : inner * FOLD].reshape(1, -1, CHANNELS * FOLD))
        x = x + positions(x.shape[1], x.device) + net.language(language)[:, None]
        for layer in net.layers:
            q, k, v = layer.qkv(layer.norm1(x)).chunk(3, -1)
            x = x + layer.out(Attention.apply(q, k, v))
            x = x + layer.down(F.gelu(layer.up(layer.norm2(x))))
        x = net.norm(x)
        frames = audio.shape[1] // 320 + 1
        letters = net.letters(x).reshape(1, -1, len(TOKENS))[:, :frames] + net.bias(language)[:, None]
        voice = net.voice(x).reshape(1, -1)[:, :frames]
        return F.log_softmax(letters, -1), torch.sigmoid(voice)


def export_graph(net: Student, path: Path) -> None:
    example = (torch.randn(1, RATE * 10) * 0.05, torch.tensor([1]))
    torch.onnx.export(
        Graph(net).eval(),
        example,
        str(path),
        input_names=["audio", "language"],
        output_names=["log_probs", "voice"],
        dynamic_axes={"audio": {1: "samples"}, "log_probs": {1: "frames"}, "voice": {1: "frames"}},
        opset_version=17,
        dynamo=False,
        custom_opsets={"com.microsoft": 1},
    )


def difference(net: Student, path: Path) -> float:
    """Greatest difference between the network and the graph on a few lengths."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for samples in (201, 319, 320, 5000, RATE * 7 + 77, RATE * 12, RATE * 20, RATE * 30):
        audio = torch.randn(1, samples, generator=torch.Generator().manual_seed(samples)) * 0.05
        got = session.run(None, {"audio": audio.numpy(), "language": np.array([2])})
        with torch.no_grad():
            want = net(audio, torch.tensor([2]))
        assert got[0].shape == (1, samples // 320 + 1, len(TOKENS)), got[0].shape
        worst = max(worst, *(float(np.abs(g - w.numpy()).max()) for g, w in zip(got, want, strict=True)))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="folder written by distil.py")
    parser.add_argument("out", type=Path)
    parser.add_argument("--tag", default="last", choices=["last", "before"])
    parser.add_argument("--name", default="sow-ctc-2")
    parser.add_argument("--version", default="2.0.0")
    parser.add_argument("--float", action="store_true", help="keep float32 matrices")
    parser.add_argument("--window", type=float, default=20)
    parser.add_argument("--overlap", type=float, default=4)
    parser.add_argument("--shift", type=float, default=-0.03, help="seconds added to onsets")
    args = parser.parse_args()
    net = Student().eval()
    net.load_state_dict(load(args.weights, args.tag))
    args.out.mkdir(parents=True, exist_ok=True)
    target = args.out / "model.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "float.onnx"
        export_graph(net, plain)
        print("float graph against network:", difference(net, plain))
        if args.float:
            onnx.save(onnx.load(plain), target)
        else:
            quantise(plain, target)
            halve(target, 10_000)
            print("int8 graph against network:", difference(net, target))
    manifest = {
        "name": args.name,
        "version": args.version,
        "kind": "ctc",
        "licence": "MIT",
        "sha256": {"model.onnx": hashlib.sha256(target.read_bytes()).hexdigest()},
        "sampleRate": RATE,
        "hopSeconds": 0.02,
        "windowSeconds": args.window,
        "overlapSeconds": args.overlap,
        "languages": ["", *LANGUAGES],
        "vocabulary": ["<blank>", *TOKENS[1:]],
        "onsetShiftSeconds": args.shift,
    }
    (args.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"{target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
