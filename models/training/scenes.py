"""Endless unlabelled training sound: sung-like voices made by worker processes, mixed with music on the device.

The workers lay utterances on a time line as corpus.py does, without music, and write them over and over into a ring
file. The training process keeps a copy of the ring beside the model and mixes every batch anew from it.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import augment
from corpus import LANGUAGES, RATE, Windows

LENGTH = int(20.5 * RATE)


class Dry(Windows):
    """Windows of voices alone, letters or not."""

    labelled = False

    def mix(self, audio: np.ndarray, instrumental: bool) -> np.ndarray:
        return audio


def fill(folder: Path, ring: Path, slots: int, share: tuple[int, int], counts, taken, languages, seed: int) -> None:
    """Write window after window into this worker's share of the ring, at most one round ahead of the reader."""
    torch.set_num_threads(1)
    low, high = share
    store = np.memmap(ring, np.int16, "r+", shape=(slots, LENGTH))
    stream = iter(Dry(folder, 1, LENGTH / RATE, seed))
    while True:
        for at in range(low, high):
            while counts[seed] - taken[seed] >= high - low:
                time.sleep(0.05)
            window = next(stream)[0]
            store[at] = np.clip(window.audio * 8192, -32768, 32767)
            languages[at] = window.language
            counts[seed] += 1


class Ring:
    """The voices made so far, on the device."""

    def __init__(self, folder: Path, scratch: Path, slots: int, workers: int, device: torch.device) -> None:
        per = slots // workers
        self.path = scratch / "voices.i16"
        self.store = np.memmap(self.path, np.int16, "w+", shape=(slots, LENGTH))
        self.counts = multiprocessing.Array("l", workers, lock=False)
        self.made = multiprocessing.Array("b", slots, lock=False)
        self.taken = multiprocessing.Array("l", workers, lock=False)
        self.per, self.workers, self.device = per, workers, device
        self.audio = torch.zeros(0)
        self.slots: list[int] = []
        self.language = torch.zeros(slots, dtype=torch.long)
        noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
        augment.stretch_vowels(noise, random.Random(0), 2, RATE)
        self.processes = [  # forked after the line above, so that they need not compile it again
            multiprocessing.Process(
                target=fill,
                args=(folder, self.path, slots, (w * per, (w + 1) * per), self.counts, self.taken, self.made, w),
                daemon=True,
            )
            for w in range(workers)
        ]
        for process in self.processes:
            process.start()

    def update(self, most: int) -> int:
        """Copy up to `most` newly made windows to the device; returns how many were waiting."""
        if not len(self.audio):
            self.audio = torch.zeros(self.store.shape, dtype=torch.int16, device=self.device)
        fresh = []
        for worker in range(self.workers):
            made = self.counts[worker]
            for number in range(self.taken[worker], min(made, self.taken[worker] + most)):
                fresh.append(worker * self.per + number % self.per)
            self.taken[worker] += min(made - self.taken[worker], most)
        if fresh:
            self.audio[fresh] = torch.from_numpy(self.store[fresh]).to(self.device)
            for slot in fresh:
                self.language[slot] = self.made[slot]
            known = set(self.slots)
            self.slots += [slot for slot in fresh if slot not in known]
        return len(fresh)

    def made_hours(self) -> float:
        return sum(self.counts) * LENGTH / RATE / 3600

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        self.path.unlink()


@dataclass
class Batch:
    """What the student hears, what the teacher hears, and the language index of each row."""

    heard: Tensor
    clean: Tensor
    language: Tensor


def power(x: Tensor) -> Tensor:
    """Standard deviation of every row where it is not silent, kept as a column."""
    loud = x.abs() > 1e-4
    return ((x * x).sum(-1, keepdim=True) / loud.sum(-1, keepdim=True).clamp(min=RATE // 10)).sqrt() + 1e-5


class Mixer:
    """Mixes voices of a ring with music, rooms, other voices, following instruments, noise and colour."""

    def __init__(self, ring: Ring, folder: Path, device: torch.device, seed: int) -> None:
        self.ring, self.device = ring, device
        self.music = torch.from_numpy(np.fromfile(folder / "music.i16", np.int16)).to(device)
        self.tracks = json.loads((folder / "music.json").read_text())
        self.rng = random.Random(seed)
        self.draw = torch.Generator(device=device)
        self.draw.manual_seed(seed)

    def uniform(self, rows: int, low: float, high: float) -> Tensor:
        return torch.rand(rows, 1, generator=self.draw, device=self.device) * (high - low) + low

    def decibels(self, rows: int, low: float, high: float) -> Tensor:
        return 10 ** (self.uniform(rows, low, high) / 20)

    def chance(self, rows: int, share: float) -> Tensor:
        return (self.uniform(rows, 0, 1) < share).float()

    def cut(self, source: Tensor, starts: Tensor, size: int, spread: float) -> Tensor:
        """Pieces of `size` samples from flat int16 `source`, each read at its own speed."""
        rate = torch.exp(self.uniform(len(starts), -spread, spread))
        rate = torch.where(self.chance(len(starts), 0.5) > 0, rate, torch.ones_like(rate))
        where = torch.arange(size, device=self.device)[None] * rate
        whole = where.floor()
        index = (starts[:, None] + whole.long()).clamp(max=len(source) - 2)
        part = where - whole
        return (source[index].float() * (1 - part) + source[index + 1].float() * part) / 8192

    def voices(self, rows: int, size: int) -> tuple[Tensor, Tensor]:
        chosen = torch.tensor(self.rng.choices(self.ring.slots, k=rows))
        room = max(1, LENGTH - int(size * 1.2))
        starts = (chosen * LENGTH + torch.tensor([self.rng.randrange(room) for _ in range(rows)])).to(self.device)
        spread = 0.18 if size * 1.2 < LENGTH else 0.02
        return self.cut(self.ring.audio.view(-1), starts, size, spread), self.ring.language[chosen].to(self.device)

    def tunes(self, rows: int, size: int) -> Tensor:
        starts = []
        for _ in range(rows):
            offset, length = self.rng.choice(self.tracks)
            starts.append(offset + self.rng.randrange(max(1, length - int(size * 1.25))))
        x = self.cut(self.music, torch.tensor(starts, device=self.device), size, 0.2)
        return x / power(x) * 0.05

    def colour(self, x: Tensor, share: float) -> Tensor:
        """A random smooth equaliser on a share of the rows, sometimes with a low-pass."""
        rows, size = x.shape
        spectrum = torch.fft.rfft(x)
        bins = spectrum.shape[1]
        knots = torch.rand(rows, 1, 9, generator=self.draw, device=self.device) * 16 - 8
        gain = torch.nn.functional.interpolate(knots, bins, mode="linear", align_corners=True)[:, 0]
        hertz = torch.linspace(0, RATE / 2, bins, device=self.device)
        low = self.chance(rows, 0.3) * ((hertz - self.uniform(rows, 3500, 7500)) / 20).clamp(0, 60)
        gain = (gain - low) * self.chance(rows, share)
        return torch.fft.irfft(spectrum * 10 ** (gain / 20), size)

    def room(self, rows: int) -> Tensor:
        """Impulse responses of decaying noise, for a share of the rows; the others have none."""
        size = int(RATE * 0.8)
        noise = torch.randn(rows, size, generator=self.draw, device=self.device)
        decay = self.uniform(rows, 4, 9) / self.uniform(rows, 0.1, 0.8) / RATE
        tail = noise * torch.exp(-decay * torch.arange(size, device=self.device))
        tail = tail / tail.norm(dim=1, keepdim=True) * self.uniform(rows, 0.15, 0.7) * self.chance(rows, 0.35)
        tail[:, 0] = 1
        return tail

    def shadow(self, x: Tensor) -> Tensor:
        """An instrument that follows the voice: harmonics on its pitch, a little late, held through gaps."""
        rows, size = x.shape
        frames = torch.nn.functional.pad(x, (512, 512)).unfold(1, 1024, 320)
        spectrum = torch.fft.rfft(frames, 2048)
        like = torch.fft.irfft(spectrum.abs() ** 2)[..., 23:178]
        best, lag = like.max(-1)
        sure = best > 0.4 * (frames * frames).sum(-1)
        pitch = torch.log2(RATE / (lag + 23).float())
        order = torch.where(sure, torch.arange(lag.shape[1], device=self.device), 0).cummax(1).values
        held = pitch.gather(1, order)
        width = self.rng.choice([5, 11, 21])
        held = torch.nn.functional.avg_pool1d(
            torch.nn.functional.pad(held[:, None], (width, width), mode="replicate"), width, 1
        )[:, 0, : lag.shape[1]]
        if self.rng.random() < 0.4:
            held = (held * 12).round() / 12
        tune = 2 ** (held + self.rng.choice([-1, 0, 0, 0, 1]))
        level = torch.nn.functional.avg_pool1d((x * x)[:, None], 16000, 320, 8000)[:, 0].sqrt()
        both = torch.nn.functional.interpolate(torch.stack([tune, level[:, : tune.shape[1]]], 1), size, mode="linear")
        hertz, swell = both.unbind(1)
        phase = 2 * math.pi * hertz.double().cumsum(1).div(RATE).frac().float()
        centre, slope = self.uniform(rows, 600, 2500), self.uniform(rows, 0.5, 1.6)
        out = torch.zeros_like(x)
        for n in range(1, 11):
            tone = n**-slope + 0.6 * torch.exp(-(((n * hertz - centre) / 600) ** 2))
            out += tone * (n * hertz < 7600) * torch.sin(n * phase)
        out = out * swell
        return out / power(out) * power(x) * self.decibels(rows, -15, 3)

    @torch.no_grad()
    def batch(self, rows: int, seconds: float) -> Batch:
        """Draw one batch. Half of the teacher's inputs have the accompaniment turned down."""
        size = int(seconds * RATE)
        voice, language = self.voices(rows, size)
        late = self.rng.randrange(1, 600)
        double = torch.roll(voice, late, 1) * self.uniform(rows, 0.2, 0.9) * self.chance(rows, 0.12)
        voice = voice + double
        some = max(1, rows // 7)
        behind = torch.zeros_like(voice)
        behind[:some] += self.shadow(voice[:some])
        behind[some : 2 * some] += torch.roll(voice, 1, 0)[some : 2 * some] * self.decibels(some, -20, -7)
        long = size + RATE
        tails = torch.fft.rfft(self.room(rows), long)
        wet = torch.fft.irfft(torch.fft.rfft(torch.stack([voice, behind], 1), long) * tails[:, None], long)
        voice, behind = self.colour(wet[..., :size].reshape(rows * 2, size), 0.3).view(rows, 2, size).unbind(1)
        behind = behind + self.tunes(rows, size) * self.decibels(rows, -20, 5) * self.chance(rows, 0.82)
        behind = behind + self.tunes(rows, size) * self.decibels(rows, -25, 0) * self.chance(rows, 0.15)
        noise = torch.randn(rows, size, generator=self.draw, device=self.device)
        noise = noise * 0.05 * self.decibels(rows, -45, -10) * self.chance(rows, 0.25)
        help_ = torch.where(self.chance(rows, 0.5) > 0, self.decibels(rows, -15, -4), 1.0)
        both = torch.stack([voice + behind, voice + behind * help_], 1) + noise[:, None]
        level = self.decibels(rows, -8, 14)[:, None]
        seed = self.draw.get_state()
        heard = self.colour(both[:, 0], 0.3)
        self.draw.set_state(seed)
        clean = self.colour(both[:, 1], 0.3)
        heard, clean = (torch.stack([heard, clean], 1) * level).clamp(-1, 1).unbind(1)
        language = torch.where(self.chance(rows, 0.9)[:, 0] > 0, language, 0)
        order = torch.randperm(rows, generator=self.draw, device=self.device)
        return Batch(heard[order], clean[order], language[order])


def language_names() -> list[str]:
    """Names by index, 0 being unknown."""
    return ["", *LANGUAGES]
