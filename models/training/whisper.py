"""Whisper's audio encoder as a plain PyTorch module, and a reader of CTranslate2's model.bin."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

MELS = 80
RATE = 16000
HOP = 160
FFT = 400


def read_ctranslate2(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a CTranslate2 model file (binary version 6)."""
    types = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    data = path.read_bytes()
    at = 0

    def take(fmt: str) -> int:
        nonlocal at
        value = struct.unpack_from("<" + fmt, data, at)[0]
        at += struct.calcsize(fmt)
        return value

    def text() -> str:
        nonlocal at
        size = take("H")
        value = data[at : at + size - 1].decode()
        at += size
        return value

    take("I")
    text()
    take("I")
    tensors = {}
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        kind = types[take("B")]
        size = take("I")
        tensors[name] = np.frombuffer(data, kind, size // np.dtype(kind).itemsize, at).reshape(shape)
        at += size
    return tensors


def mel_bank() -> np.ndarray:
    """Slaney's mel filters for 16 kHz and 400-point spectra, those of Whisper: [80, 201]."""
    hertz = np.arange(FFT // 2 + 1) * (RATE / FFT)
    top = 15 + np.log(RATE / 2 / 1000) / (np.log(6.4) / 27)
    mels = np.linspace(0, top, MELS + 2)
    knots = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * (np.log(6.4) / 27)))
    rise = (hertz - knots[:-2, None]) / (knots[1:-1] - knots[:-2])[:, None]
    fall = (knots[2:, None] - hertz) / (knots[2:] - knots[1:-1])[:, None]
    return (np.maximum(0, np.minimum(rise, fall)) * (2 / (knots[2:] - knots[:-2]))[:, None]).astype(np.float32)


class LogMel(nn.Module):
    """Whisper's log-mel features by convolution, so that they can live inside an exported graph."""

    def __init__(self) -> None:
        super().__init__()
        window = torch.hann_window(FFT)
        angle = torch.arange(FFT // 2 + 1)[:, None] * torch.arange(FFT)[None] * (2 * np.pi / FFT)
        basis = torch.cat([torch.cos(angle.double()), -torch.sin(angle.double())]) * window
        self.register_buffer("basis", basis[:, None].float(), persistent=False)
        self.register_buffer("mel", torch.tensor(mel_bank())[:, :, None], persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """[batch, samples] -> [batch, 80, samples // 160 + 1]."""
        padded = F.pad(audio[:, None], (FFT // 2, FFT // 2), mode="reflect")
        bins = FFT // 2 + 1
        spectrum = F.conv1d(padded, self.basis, stride=HOP)
        power = spectrum[:, :bins] ** 2 + spectrum[:, bins:] ** 2
        log = torch.log(F.conv1d(power, self.mel).clamp(min=1e-10)) * (1 / np.log(10))
        top = log.amax((1, 2), keepdim=True) - 8.0
        return (torch.maximum(log, top) + 4.0) / 4.0


class Layer(nn.Module):
    """One pre-norm transformer layer of the encoder."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, frames, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(y.transpose(1, 2).reshape(batch, frames, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Encoder(nn.Module):
    """Whisper's encoder for windows of any length; positions may start anywhere."""

    def __init__(self, width: int = 512, heads: int = 8, layers: int = 6) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.register_buffer("positions", torch.zeros(1500, width))

    def stem(self, mel: Tensor, start: int = 0) -> Tensor:
        """Convolutions and positions: [batch, 80, n] -> [batch, ceil(n / 2), width]."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        return x + self.positions[start : start + x.shape[1]]

    def forward(self, mel: Tensor, start: int = 0) -> Tensor:
        x = self.stem(mel, start)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


def names(layers: int) -> dict[str, str]:
    """Our tensor names to CTranslate2's."""
    found = {"positions": "position_encodings/encodings"}
    parts = {"conv1": "conv1/{}", "conv2": "conv2/{}"}
    for i in range(layers):
        parts[f"layers.{i}.qkv"] = f"layer_{i}/self_attention/linear_0/{{}}"
        parts[f"layers.{i}.out"] = f"layer_{i}/self_attention/linear_1/{{}}"
        parts[f"layers.{i}.up"] = f"layer_{i}/ffn/linear_0/{{}}"
        parts[f"layers.{i}.down"] = f"layer_{i}/ffn/linear_1/{{}}"
    for ours, theirs in parts.items():
        found |= {f"{ours}.{kind}": theirs.format(kind) for kind in ("weight", "bias")}
    norms = {"norm": "layer_norm"}
    for i in range(layers):
        norms |= {
            f"layers.{i}.norm1": f"layer_{i}/self_attention/layer_norm",
            f"layers.{i}.norm2": f"layer_{i}/ffn/layer_norm",
        }
    for ours, theirs in norms.items():
        found |= {f"{ours}.weight": f"{theirs}/gamma", f"{ours}.bias": f"{theirs}/beta"}
    return found


def load_encoder(path: Path) -> Encoder:
    """Build the encoder from CTranslate2's Whisper base model.bin."""
    raw = read_ctranslate2(path)
    net = Encoder()
    state = {ours: raw[f"encoder/{theirs}"].astype(np.float32) for ours, theirs in names(len(net.layers)).items()}
    net.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return net


def extend_positions(net: Encoder, rows: int) -> None:
    """Continue the positional table by its formula: 30 s give 1501 frames, one more than Whisper's table has."""
    width = net.positions.shape[1] // 2
    rate = torch.exp(torch.arange(width) * (-np.log(10000) / (width - 1)))
    angle = torch.arange(len(net.positions), rows)[:, None] * rate[None]
    net.positions = torch.cat([net.positions, torch.cat([angle.sin(), angle.cos()], 1)])
