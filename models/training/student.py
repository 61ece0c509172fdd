"""The small aligner: the teacher's layers with half of their hidden units, 25 frames a second inside, 50 outside."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus import LANGUAGES, TOKENS
from model import WIDTH, Aligner
from whisper import MELS, LogMel

CHANNELS = 320
HIDDEN = 1024
HEADS = 8
LAYERS = 6
FOLD = 4


def positions(frames: int | Tensor, device: torch.device) -> Tensor:
    """Whisper's sinusoids half way between the two frames of each pair."""
    rate = torch.exp(torch.arange(WIDTH // 2, device=device) * (-math.log(10000) / (WIDTH // 2 - 1)))
    angle = (torch.arange(frames, device=device) * 2 + 0.5)[:, None] * rate[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class Product(nn.Linear):
    """A linear layer that can round as the exported int8 product does, its gradient passing straight through."""

    rounding = False

    def forward(self, x: Tensor) -> Tensor:
        if not Product.rounding:
            return super().forward(x)
        with torch.no_grad():
            step = self.weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / 63
            weight_error = (self.weight / step).round() * step - self.weight
            wide = x.float()
            low = wide.amin((1, 2), keepdim=True).clamp(max=0)
            unit = (wide.amax((1, 2), keepdim=True).clamp(min=0) - low).clamp(min=1e-8) / 255
            error = ((wide / unit).round() * unit - wide).to(x.dtype)
        return F.linear(x + error, self.weight + weight_error, self.bias)


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = Product(WIDTH, 3 * WIDTH)
        self.out = Product(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up = Product(WIDTH, HIDDEN)
        self.down = Product(HIDDEN, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, frames, 3, HEADS, width // HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(y.transpose(1, 2).reshape(batch, frames, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Student(nn.Module):
    """Audio and language index -> log-probabilities of letters and probability of voice, 50 times a second."""

    def __init__(self) -> None:
        super().__init__()
        self.features = LogMel()
        self.conv = nn.Conv1d(MELS, CHANNELS, 3, padding=1)
        self.fold = Product(CHANNELS * FOLD, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.language = nn.Embedding(len(LANGUAGES) + 1, WIDTH)
        self.letters = nn.Linear(WIDTH, 2 * len(TOKENS))
        self.bias = nn.Embedding(len(LANGUAGES) + 1, len(TOKENS))
        self.voice = nn.Linear(WIDTH, 2)

    def stem(self, mel: Tensor) -> Tensor:
        """[batch, 80, n] -> [batch, ceil(n / 4), width]: a convolution, then four frames in one."""
        batch, _, frames = mel.shape
        x = F.gelu(self.conv(mel)).transpose(1, 2)
        x = F.pad(x, (0, 0, 0, -frames % FOLD)).reshape(batch, -1, CHANNELS * FOLD)
        return self.fold(x) + positions(x.shape[1], x.device)

    def states(self, mel: Tensor, language: Tensor) -> list[Tensor]:
        """The input of the first layer, the output of each, and the normed last."""
        x = self.stem(mel) + self.language(language)[:, None]
        found = [x]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return [*found, self.norm(found[-1])]

    def heads(self, hidden: Tensor, language: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Two output frames for each inner frame: letter log-probabilities and voice logits."""
        batch = hidden.shape[0]
        letters = self.letters(hidden).reshape(batch, -1, len(TOKENS))[:, :frames]
        voice = self.voice(hidden).reshape(batch, -1)[:, :frames]
        return F.log_softmax((letters + self.bias(language)[:, None]).float(), -1), voice.float()

    def forward(self, audio: Tensor, language: Tensor) -> tuple[Tensor, Tensor]:
        mel = self.features(audio)
        hidden = self.states(mel, language)[-1]
        log_probs, voice = self.heads(hidden, language, audio.shape[1] // 320 + 1)
        return log_probs, torch.sigmoid(voice)


def regress(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the linear map that brings the rows of x nearest to those of y."""
    ones = torch.cat([x, x.new_ones(len(x), 1)], 1).double()
    square = ones.T @ ones
    square.diagonal().add_(1e-3 * square.diagonal().mean())
    solved = torch.linalg.solve(square, ones.T @ y.double()).float()
    return solved[:-1].T, solved[-1]


@torch.no_grad()
def shrink(teacher: Aligner, mel: Tensor, language: Tensor) -> Student:
    """A student that starts near its teacher, layer by layer, on the sound given.

    Of each layer it keeps the attention and the half of the hidden units that add most to the output, and fits what
    they leave out by least squares. Its stem keeps the strongest channels, fitted to pairs of the teacher's frames.
    """
    student = Student().to(mel.device)
    encoder = teacher.encoder
    for name in ("language", "bias"):
        getattr(student, name).load_state_dict(getattr(teacher, name).state_dict())
    for name in ("letters", "voice"):
        ours, theirs = getattr(student, name), getattr(teacher, name)
        ours.weight.copy_(theirs.weight.repeat(2, 1))
        ours.bias.copy_(theirs.bias.repeat(2))
    student.norm.load_state_dict(encoder.norm.state_dict())

    first = F.gelu(encoder.conv1(mel))
    strength = first.std((0, 2)) * encoder.conv2.weight.norm(dim=(0, 2))
    kept = strength.topk(CHANNELS).indices.sort().values
    student.conv.weight.copy_(encoder.conv1.weight[kept])
    student.conv.bias.copy_(encoder.conv1.bias[kept])
    x = F.gelu(encoder.conv2(first)).transpose(1, 2)
    frames = x.shape[1] // 2
    middle = x[:, : frames * 2].unflatten(1, (frames, 2)).mean(2)
    parts = first[:, kept].transpose(1, 2)[:, : frames * FOLD].reshape(len(mel), frames, -1)
    weight, bias = regress(parts.flatten(0, 1), middle.flatten(0, 1))
    student.fold.weight.copy_(weight)
    student.fold.bias.copy_(bias)

    x = x + encoder.positions[: x.shape[1]] + teacher.language(language)[:, None]
    for ours, theirs in zip(student.layers, encoder.layers, strict=True):
        for name in ("norm1", "qkv", "out", "norm2"):
            getattr(ours, name).load_state_dict(getattr(theirs, name).state_dict())
        after = theirs(x)
        between = after - x
        q, k, v = theirs.qkv(theirs.norm1(x)).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        attended = theirs.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        units = F.gelu(theirs.up(theirs.norm2(x + attended)))
        weight = units.std((0, 1)) * theirs.down.weight.norm(dim=0)
        best = weight.topk(HIDDEN).indices.sort().values
        ours.up.weight.copy_(theirs.up.weight[best])
        ours.up.bias.copy_(theirs.up.bias[best])
        weight, bias = regress(units[..., best].flatten(0, 1), (between - attended).flatten(0, 1))
        ours.down.weight.copy_(weight)
        ours.down.bias.copy_(bias)
        x = after
    return student
