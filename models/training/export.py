"""Write a model folder: model.onnx (features inside, optionally int8 weights) and manifest.json."""

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
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from corpus import LANGUAGES, RATE, TOKENS
from model import Aligner, restore
from whisper import extend_positions


class Plain(nn.Module):
    """The aligner with attention spelled out, for the exporter."""

    def __init__(self, net: Aligner) -> None:
        super().__init__()
        self.net = net

    def forward(self, audio: Tensor, language: Tensor) -> tuple[Tensor, Tensor]:
        net = self.net
        mel = net.features(audio)
        x = net.encoder.stem(mel) + net.language(language)[:, None]
        for layer in net.encoder.layers:
            n = x.shape[1]
            q, k, v = layer.qkv(layer.norm1(x)).view(1, n, 3, 8, 64).permute(2, 0, 3, 1, 4)
            attention = torch.softmax((q * 0.125) @ k.transpose(-1, -2), -1) @ v
            x = x + layer.out(attention.transpose(1, 2).reshape(1, n, 512))
            x = x + layer.down(nn.functional.gelu(layer.up(layer.norm2(x))))
        log_probs, voice = net.heads(net.encoder.norm(x), language)
        return log_probs, torch.sigmoid(voice)


def export_graph(net: Aligner, path: Path) -> None:
    """Trace the aligner into an ONNX file with a free number of samples."""
    example = (torch.randn(1, RATE * 10) * 0.05, torch.tensor([1]))
    axes = {"audio": {1: "samples"}, "log_probs": {1: "frames"}, "voice": {1: "frames"}}
    names = ["log_probs", "voice"]
    torch.onnx.export(
        Plain(net).eval(),
        example,
        str(path),
        input_names=["audio", "language"],
        output_names=names,
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )


def difference(net: Aligner, path: Path, seconds: float) -> float:
    """Greatest difference between the network and the graph on a few lengths."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for samples in (int(RATE * seconds), 5000, RATE * 7 + 77, RATE * 30):
        audio = torch.randn(1, samples, generator=torch.Generator().manual_seed(samples)) * 0.05
        got = session.run(None, {"audio": audio.numpy(), "language": np.array([2])})
        with torch.no_grad():
            want = net(audio, torch.tensor([2]))
        assert got[0].shape == (1, samples // 320 + 1, len(TOKENS)), got[0].shape
        worst = max(worst, *(float(np.abs(g - w.numpy()).max()) for g, w in zip(got, want, strict=True)))
    return worst


def quantise(source: Path, target: Path) -> None:
    """Per-channel int8 weights for the matrix products of the layers; heads stay float."""
    graph = onnx.load(source)
    weights = {w.name: w for w in graph.graph.initializer}
    heads = [
        n.name
        for n in graph.graph.node
        if n.op_type == "MatMul" and any(i in weights and weights[i].dims[-1] < 100 for i in n.input)
    ]
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=heads,
    )


def pack(source: Path, target: Path) -> None:
    """Store large matrices as int8 with a scale per column; the session unfolds them to float as it loads."""
    model = onnx.load(source)
    graph = model.graph
    products = {i for n in graph.node if n.op_type == "MatMul" for i in n.input}
    unfold = []
    extra = []
    for tensor in graph.initializer:
        if tensor.name in products and tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) > 100_000:
            value = onnx.numpy_helper.to_array(tensor)
            name = tensor.name
            scale = np.abs(value).max(0, keepdims=True) / 127
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.round(value / scale).astype(np.int8), name + "_int8"))
            extra.append(onnx.numpy_helper.from_array(scale.astype(np.float32), name + "_scale"))
            unfold.append(
                onnx.helper.make_node(
                    "Cast", [name + "_int8"], [name + "_cast"], name=name + "_cast", to=onnx.TensorProto.FLOAT
                )
            )
            unfold.append(
                onnx.helper.make_node("Mul", [name + "_cast", name + "_scale"], [name], name=name + "_unfold")
            )
    graph.initializer.extend(extra)
    for node in reversed(unfold):
        graph.node.insert(0, node)
    onnx.save(model, target)


def halve(path: Path, least: int = 100_000) -> None:
    """Store remaining large float tensors as float16 with a Cast behind each, to save space on disk."""
    model = onnx.load(path)
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) > least:
            value = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            name = tensor.name
            tensor.CopyFrom(onnx.numpy_helper.from_array(value, name + "_half"))
            casts.append(
                onnx.helper.make_node("Cast", [name + "_half"], [name], name=name + "_cast", to=onnx.TensorProto.FLOAT)
            )
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.save(model, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", default="sow-ctc-1")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument(
        "--weights",
        choices=["packed", "dynamic", "float"],
        default="dynamic",
        help="int8 weights unfolded at load; int8 arithmetic; float32",
    )
    parser.add_argument("--window", type=float, default=20)
    parser.add_argument("--overlap", type=float, default=4)
    parser.add_argument("--shift", type=float, default=-0.03, help="seconds added to onsets")
    args = parser.parse_args()
    net = restore(args.checkpoint)
    extend_positions(net.encoder, 1504)
    args.out.mkdir(parents=True, exist_ok=True)
    target = args.out / "model.onnx"
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "float.onnx"
        export_graph(net, plain)
        print("float graph against network:", difference(net, plain, args.window))
        if args.weights == "float":
            target.write_bytes(plain.read_bytes())
        else:
            (pack if args.weights == "packed" else quantise)(plain, target)
            halve(target)
            print(args.weights, "graph against network:", difference(net, target, args.window))
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
