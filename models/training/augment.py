"""Waveform augmentation that moves speech towards singing and recordings towards finished mixes."""

from __future__ import annotations

import random

import numba
import numpy as np

RATE = 16000
STEP = 128
WINDOW = 512
REACH = 160


@numba.njit(cache=True)
def _wsola(x: np.ndarray, where: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Overlap-add frames of x taken near the sample positions `where`, one each STEP samples."""
    frames = len(where)
    out = np.zeros(frames * STEP + WINDOW, np.float32)
    total = np.zeros(frames * STEP + WINDOW, np.float32)
    last = -1
    for i in range(frames):
        best = min(max(where[i], 0), len(x) - WINDOW)
        follow = last + STEP
        if last >= 0 and follow + WINDOW <= len(x):
            top = -1e30
            low = max(0, best - REACH)
            high = min(len(x) - WINDOW, best + REACH)
            for at in range(low, high + 1, 2):
                score = 0.0
                for k in range(0, WINDOW, 3):
                    score += x[at + k] * x[follow + k]
                if score > top:
                    top = score
                    best = at
        for k in range(WINDOW):
            out[i * STEP + k] += x[best + k] * window[k]
            total[i * STEP + k] += window[k]
        last = best
    return out / np.maximum(total, 1e-3)


def loudness(x: np.ndarray, hop: int = 160) -> np.ndarray:
    """Smoothed RMS of x, one value each hop samples."""
    n = max(1, len(x) // hop)
    padded = np.zeros(n * hop, np.float32)
    padded[: min(len(x), n * hop)] = x[: n * hop]
    rms = np.sqrt((padded.reshape(n, hop) ** 2).mean(1) + 1e-12)
    return np.convolve(rms, np.ones(3) / 3, "same")


def stretch_vowels(x: np.ndarray, rng: random.Random, most: float, limit: int) -> np.ndarray:
    """Lengthen loud stretches (mostly vowels) by random factors up to `most`, the rest a little."""
    if len(x) < WINDOW * 2:
        return x
    level = loudness(x)
    floor = np.quantile(level, rng.uniform(0.35, 0.65))
    rate = np.empty(len(level))
    at = 0
    while at < len(level):
        end = at + 1
        while end < len(level) and (level[end] > floor) == (level[at] > floor) and end - at < 40:
            end += 1
        if level[at] > floor:
            rate[at:end] = most ** rng.random() if rng.random() < 0.7 else 1.0
        else:
            rate[at:end] = rng.uniform(0.8, 1.3)
        at = end
    total = rate.sum() * 160
    if total > limit:
        rate = 1 + (rate - 1) * max(0.0, (limit - len(x)) / max(total - len(x), 1.0))
    edges = np.concatenate([[0], np.cumsum(rate) * 160])
    where = np.interp(np.arange(0, edges[-1], STEP), edges, np.arange(len(edges)) * 160)
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    return _wsola(x, where.astype(np.int64) - WINDOW // 2, window)[WINDOW // 2 : WINDOW // 2 + int(edges[-1])]


def resample(x: np.ndarray, rate: float) -> np.ndarray:
    """Change speed and pitch together."""
    return np.interp(np.arange(0, len(x) - 1, rate), np.arange(len(x)), x).astype(np.float32)


def vibrato(x: np.ndarray, rng: random.Random) -> np.ndarray:
    """Sway the pitch by up to half a semitone at 4-7 Hz, with a slow glide."""
    t = np.arange(len(x))
    depth = rng.uniform(0.005, 0.03)
    speed = 2 * np.pi * rng.uniform(4, 7) / RATE
    glide = 2 * np.pi * rng.uniform(0.1, 0.6) / RATE
    phase = rng.uniform(0, 6.28)
    sway = depth / speed * np.sin(speed * t) + rng.uniform(0, 0.06) / glide * (
        np.sin(glide * t + phase) - np.sin(phase)
    )
    return np.interp(np.clip(t + sway, 0, len(x) - 1), t, x).astype(np.float32)


def reverb(x: np.ndarray, rng: random.Random) -> np.ndarray:
    """Convolve with decaying noise."""
    n = int(RATE * rng.uniform(0.1, 0.8))
    tail = np.random.default_rng(rng.getrandbits(32)).standard_normal(n) * np.exp(-np.linspace(0, rng.uniform(4, 9), n))
    tail *= rng.uniform(0.15, 0.7) / np.sqrt((tail**2).sum())
    tail[0] += 1
    size = 1 << (len(x) + n).bit_length()
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(tail, size), size)[: len(x)].astype(np.float32)


def colour(x: np.ndarray, rng: random.Random) -> np.ndarray:
    """A random smooth equaliser, sometimes a low-pass as of an mp3 at a low rate."""
    spectrum = np.fft.rfft(x)
    hertz = np.linspace(0, RATE / 2, len(spectrum))
    gain = np.interp(hertz, [0, 150, 500, 1500, 4000, 8000], [rng.uniform(-8, 8) for _ in range(6)])
    if rng.random() < 0.3:
        gain = gain - np.clip((hertz - rng.uniform(3500, 7500)) / 20, 0, 60)
    return np.fft.irfft(spectrum * 10 ** (gain / 20), len(x)).astype(np.float32)


def shadow(x: np.ndarray, rng: random.Random) -> np.ndarray:
    """An instrument that plays along with the voice: bowed harmonics on its pitch, a little late, held through gaps."""
    import pyworld  # has to be compiled where it is installed, and only this step needs it

    f0, _ = pyworld.dio(x.astype(np.float64), RATE, f0_floor=90.0, f0_ceil=700.0, frame_period=10.0, speed=4)
    voiced = np.flatnonzero(f0 > 0)
    if len(voiced) < 20:
        return np.zeros_like(x)
    pitch = np.interp(np.arange(len(f0)), voiced, np.log2(f0[voiced]))
    width = rng.choice([5, 11, 21])
    pitch = np.convolve(np.pad(pitch, width, mode="edge"), np.ones(width) / width, "same")[width:-width]
    if rng.random() < 0.4:
        pitch = np.round(pitch * 12) / 12
    pitch = np.roll(pitch, rng.randint(0, 6)) + rng.choice([-1, 0, 0, 0, 1])
    places = np.arange(len(x)) / 160
    hertz = 2 ** np.interp(places, np.arange(len(pitch)), pitch)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    level = loudness(x)
    swell = np.convolve(level, np.ones(40) / 40, "same") + rng.uniform(0, 0.5) * level.mean()
    centre, slope = rng.uniform(600, 2500), rng.uniform(0.5, 1.6)
    out = np.zeros(len(x))
    for n in range(1, 13):
        tone = n**-slope + 0.6 * np.exp(-(((n * hertz - centre) / 600) ** 2))
        out += np.where(n * hertz < 7600, tone, 0.0) * np.sin(n * phase + rng.uniform(0, 6.28))
    out *= np.interp(places, np.arange(len(swell)), swell)
    return (out / (out.std() + 1e-6) * (x.std() + 1e-6)).astype(np.float32)


def trim(x: np.ndarray) -> np.ndarray:
    """Cut silence from both ends."""
    level = loudness(x)
    loud = np.flatnonzero(level > 0.03 * level.max())
    return x[max(0, loud[0] * 160 - 160) : loud[-1] * 160 + 480] if len(loud) else x
