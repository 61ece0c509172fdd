"""Training windows: utterances laid on a time line, made sung-like, mixed with music."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

import augment

RATE = 16000
FRAME = 320
TOKENS = "_abcdefghijklmnopqrstuvwxyz'"
INDEX = {c: i for i, c in enumerate(TOKENS)}
LANGUAGES = ["en", "zh", "es", "fr", "de", "it", "pt", "ja", "ko", "ru"]
SHARES = {"en": 26, "zh": 26, "es": 9, "fr": 9, "de": 8, "it": 6, "pt": 5, "ja": 7, "ko": 2, "ru": 4}
SOURCE_SHARES = {
    "cmn": 8,
    "syllables": 3,
    "tts": 2.0,
    "tofugu": 5,
    "speechocean": 3,
    "kathleen": 4,
    "flite": 2.5,
    "asterisk": 3,
    "kerstin": 3,
    "russian": 3,
    "sung": 6,
}


@dataclass
class Utterance:
    """A recording's place in its source and its letters."""

    source: str
    offset: int
    length: int
    letters: list[int]


@dataclass
class Window:
    """One training example: audio, language index, frame targets for voice, and spans of letters."""

    audio: np.ndarray
    language: int
    voice: np.ndarray
    spans: list[tuple[int, int, list[int]]] = field(default_factory=list)


class Corpus:
    """Every gathered source, opened as a memory map."""

    def __init__(self, folder: Path, labelled: bool = True) -> None:
        self.audio: dict[str, np.ndarray] = {}
        self.pools: dict[str, dict[str, list[Utterance]]] = {name: {} for name in LANGUAGES}
        for path in sorted(folder.glob("*.jsonl")):
            source = path.stem
            if not path.with_suffix(".i16").stat().st_size:
                continue
            self.audio[source] = np.memmap(path.with_suffix(".i16"), np.int16, "r")
            for line in path.read_text(encoding="utf8").splitlines():
                row = json.loads(line)
                letters = [INDEX[c] for c in row.get("rom", "") if c in INDEX]
                fits = (not labelled or 0 < len(letters) < row["n"] / RATE * 20) and row["n"] < RATE * 9
                if fits and row["lang"] in self.pools:
                    self.pools[row["lang"]].setdefault(source, []).append(
                        Utterance(source, row["off"], row["n"], letters)
                    )
        self.music = np.memmap(folder / "music.i16", np.int16, "r")
        self.tracks = json.loads((folder / "music.json").read_text())

    def hours(self) -> dict[str, float]:
        """Hours of speech per language."""
        return {
            lang: round(sum(u.length for pool in by.values() for u in pool) / RATE / 3600, 2)
            for lang, by in self.pools.items()
        }


class Windows(IterableDataset):
    """An endless, seeded stream of batches of windows."""

    labelled = True

    def __init__(self, folder: Path, batch: int, seconds: float, seed: int) -> None:
        self.folder, self.batch, self.seconds, self.seed = folder, batch, seconds, seed

    def __iter__(self):
        worker = get_worker_info()
        self.rng = random.Random(self.seed * 1000 + (worker.id if worker else 0))
        self.corpus = Corpus(self.folder, self.labelled)
        self.languages = [name for name in LANGUAGES if self.corpus.pools[name]]
        while True:
            yield [self.window() for _ in range(self.batch)]

    def voice(self, utterance: Utterance, room: int, sung: float) -> np.ndarray:
        """The utterance's samples, trimmed, levelled and made sung-like."""
        rng = self.rng
        raw = self.corpus.audio[utterance.source][utterance.offset : utterance.offset + utterance.length]
        x = augment.trim(raw.astype(np.float32) / 32768)
        rate = math.exp(rng.uniform(-0.3, 0.4)) if rng.random() < 0.5 else 1.0
        x = augment.resample(x, rate)
        if rng.random() < (sung if utterance.source != "sung" else 0.2 * sung):
            most = rng.choice([1.5, 3.0, 6.0, 12.0 if len(x) < RATE else 4.0])
            x = augment.stretch_vowels(x, rng, most * max(rate, 1.0), room)
        if rng.random() < 0.3:
            x = augment.vibrato(x, rng)
        x = x / (x.std() + 1e-4) * 0.05
        if rng.random() < 0.12:
            second = augment.resample(x, rng.uniform(0.96, 1.04))
            late = rng.randrange(0, 400)
            n = min(len(x) - late, len(second))
            if n > 0:
                x = x.copy()
                x[late : late + n] += rng.uniform(0.3, 0.9) * second[:n]
        return x

    def window(self) -> Window:
        """Draw one window."""
        rng = self.rng
        size = int(self.seconds * RATE)
        audio = np.zeros(size, np.float32)
        frames = size // FRAME + 1
        voice = np.zeros(frames, np.float32)
        language = rng.choices(self.languages, [SHARES[name] for name in self.languages])[0]
        pools = self.corpus.pools[language]
        spans: list[tuple[int, int, list[int]]] = []
        sung = rng.choice([0.0, 0.6, 1.0])
        instrumental = rng.random() < 0.05
        source = rng.choices(list(pools), [SOURCE_SHARES.get(name, 1) for name in pools])[0]
        at = int(rng.uniform(0.0, 1.2) ** 2 * RATE)
        phrase = 0
        while not instrumental and at < size - RATE // 2:
            utterance = rng.choice(pools[source])
            x = self.voice(utterance, size - at - 800, sung)
            if at + len(x) > size:
                if spans:
                    break
                at = rng.randrange(0, 1600)
                if len(x) > size - at:
                    x = augment.resample(x, min(1.35, len(x) / (size - at - 200)))
                if at + len(x) > size:
                    at, source = 0, rng.choice(list(pools))
                    continue
            gain = rng.uniform(0.6, 1.4)
            audio[at : at + len(x)] += x * gain
            level = augment.loudness(x, FRAME)
            first, last = at // FRAME, min(frames - 1, (at + len(x)) // FRAME)
            voice[first : first + len(level)] = np.maximum(
                voice[first : first + len(level)], (level > 0.08 * level.max())[: frames - first]
            )
            spans.append((first, last + 1, utterance.letters))
            short = len(utterance.letters) < 14 if self.labelled else utterance.length < RATE
            phrase += 1
            if short and phrase < 7 and rng.random() < 0.85:
                gap = rng.uniform(-0.03, 0.1)
            else:
                phrase = 0
                gap = rng.uniform(0.05, 0.5) if rng.random() < 0.5 else rng.uniform(0.5, 4)
            at += len(x) + int(gap * RATE)
        return Window(
            self.mix(audio, instrumental), LANGUAGES.index(language) + 1 if rng.random() < 0.9 else 0, voice, spans
        )

    def mix(self, audio: np.ndarray, instrumental: bool) -> np.ndarray:
        """Add room, music, noise and colour."""
        rng = self.rng
        if not instrumental and rng.random() < 0.15:
            audio = audio + augment.shadow(audio, rng) * 10 ** (rng.uniform(-15, 3) / 20)
        if rng.random() < 0.35:
            audio = augment.reverb(audio, rng)
        if rng.random() < 0.3:
            audio = augment.colour(audio, rng)
        if instrumental or rng.random() < 0.8:
            for _ in range(2 if rng.random() < 0.2 else 1):
                offset, length = rng.choice(self.corpus.tracks)
                start = offset + rng.randrange(0, max(1, length - len(audio)))
                music = self.corpus.music[start : start + len(audio)].astype(np.float32) / 32768
                if len(music) == len(audio):
                    audio = audio + music / (music.std() + 1e-4) * 0.05 * 10 ** (rng.uniform(-20, 5) / 20)
        if rng.random() < 0.25:
            noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(len(audio))
            audio = audio + noise.astype(np.float32) * 0.05 * 10 ** (rng.uniform(-45, -10) / 20)
        if rng.random() < 0.3:
            audio = augment.colour(audio, rng)
        return np.clip(audio * 10 ** (rng.uniform(-8, 14) / 20), -1, 1).astype(np.float32)
