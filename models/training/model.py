"""The aligner: Whisper's encoder with letters, language and voice heads."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus import LANGUAGES, TOKENS
from whisper import Encoder, LogMel, load_encoder

WIDTH = 512


class Aligner(nn.Module):
    """Audio and language index -> log-probabilities of letters and probability of voice, 50 times a second."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.features = LogMel()
        self.encoder = encoder
        self.language = nn.Embedding(len(LANGUAGES) + 1, WIDTH)
        self.letters = nn.Linear(WIDTH, len(TOKENS))
        self.bias = nn.Embedding(len(LANGUAGES) + 1, len(TOKENS))
        self.voice = nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.language.weight)
        nn.init.zeros_(self.bias.weight)

    def heads(self, hidden: Tensor, language: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states -> letter log-probabilities and voice logits."""
        return F.log_softmax(self.letters(hidden) + self.bias(language)[:, None], -1), self.voice(hidden)[..., 0]

    def encode(self, mel: Tensor, language: Tensor, start: int = 0) -> Tensor:
        """Mel features -> hidden states, with the language added to the input of the first layer."""
        x = self.encoder.stem(mel, start) + self.language(language)[:, None]
        for layer in self.encoder.layers:
            x = layer(x)
        return self.encoder.norm(x)

    def forward(self, audio: Tensor, language: Tensor) -> tuple[Tensor, Tensor]:
        log_probs, voice = self.heads(self.encode(self.features(audio), language), language)
        return log_probs, torch.sigmoid(voice)


def build(base: Path) -> Aligner:
    """A fresh aligner on Whisper's weights."""
    return Aligner(load_encoder(base))


def restore(path: Path) -> Aligner:
    """An aligner from a training checkpoint (its averaged weights)."""
    net = Aligner(Encoder())
    net.load_state_dict(torch.load(path, map_location="cpu")["average"])
    return net.eval()
