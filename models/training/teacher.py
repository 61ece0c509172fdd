"""The shipped model as a trainable network again: its int8 matrices unfolded into the aligner's layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch

from model import Aligner
from whisper import Encoder, extend_positions

PARTS = ["qkv", "out", "up", "down"]


def read_onnx(path: Path) -> dict[str, torch.Tensor]:
    """Tensors of a model written by export.py, named as in Aligner.state_dict()."""
    found = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    state = {name.removeprefix("net.").removesuffix("_half"): v for name, v in found.items() if name.startswith("net.")}
    matrices = [name.removesuffix("_quantized") for name in found if name.endswith("_quantized")]
    for index, name in enumerate(matrices):
        steps = found[name + "_quantized"].astype(np.float32) - found[name + "_zero_point"].astype(np.float32)
        state[f"encoder.layers.{index // 4}.{PARTS[index % 4]}.weight"] = (steps * found[name + "_scale"]).T
    heads = [v for name, v in found.items() if name.startswith("onnx::MatMul") and v.ndim == 2 and v.shape[-1] < 100]
    for name, head in zip(["letters.weight", "voice.weight"], heads, strict=True):
        state[name] = head.T
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in state.items()}


def load_teacher(path: Path) -> Aligner:
    """The network that the file at `path` was exported from, but for the rounding of its matrices."""
    net = Aligner(Encoder())
    state = read_onnx(path)
    extend_positions(net.encoder, len(state["encoder.positions"]))
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)
