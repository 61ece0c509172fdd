"""Resynthesise gathered speech as singing with WORLD: held notes, slides, vibrato and long vowels, as source `sung`."""

from __future__ import annotations

import argparse
import json
import random
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pyworld

import augment

RATE = 16000
PERIOD = 0.01
SCALE = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16]
WANTED = {"zh": 0.35, "en": 0.3, "es": 0.08, "fr": 0.08, "de": 0.06, "it": 0.05, "pt": 0.03, "ja": 0.03, "ru": 0.02}


def sing(x: np.ndarray, seed: int) -> np.ndarray:
    """Sing one utterance on a random melody."""
    rng = random.Random(seed)
    x = augment.trim(x).astype(np.float64)
    f0, times = pyworld.dio(x, RATE, frame_period=PERIOD * 1000)
    f0 = pyworld.stonemask(x, f0, times, RATE)
    envelope = pyworld.cheaptrick(x, f0, times, RATE)
    noise = pyworld.d4c(x, f0, times, RATE)
    voiced = f0 > 0
    if voiced.sum() < 10:
        return np.zeros(0, np.float32)
    level = augment.loudness(x.astype(np.float32))
    level = np.interp(np.arange(len(f0)), np.arange(len(level)), level)
    vowel = voiced & (level > np.quantile(level[voiced], 0.4))
    rate = np.where(voiced, 1.1, 1.0)
    pitch = np.zeros(len(f0))
    root = float(np.median(f0[voiced])) * 2 ** (rng.uniform(-3, 8) / 12)
    note = rng.randrange(len(SCALE))
    at = 0
    most = rng.choice([1.5, 2.5, 5.0])
    while at < len(f0):
        end = at + 1
        while end < len(f0) and vowel[end] == vowel[at] and end - at < 35:
            end += 1
        if vowel[at]:
            note = min(len(SCALE) - 1, max(0, note + rng.choice([-2, -1, -1, 0, 1, 1, 2])))
            rate[at:end] = most ** rng.uniform(0, 1.3)
        pitch[at:end] = root * 2 ** (SCALE[note] / 12)
        at = end
    width = rng.choice([3, 7, 13])
    pitch = np.exp(np.convolve(np.pad(np.log(pitch), width, mode="edge"), np.ones(width) / width, "same")[width:-width])
    edges = np.concatenate([[0], np.cumsum(rate)])
    where = np.clip(np.interp(np.arange(0, edges[-1]), edges, np.arange(len(edges))), 0, len(f0) - 1)
    index = where.astype(int)
    n = np.arange(len(index)) * PERIOD
    sway = 1 + rng.choice([0, 0.01, 0.02, 0.03]) * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * n)
    tune = np.where(voiced[index], pitch[index] * sway, 0.0)
    y = pyworld.synthesize(
        tune, np.ascontiguousarray(envelope[index]), np.ascontiguousarray(noise[index]), RATE, PERIOD * 1000
    )
    return (y / (np.abs(y).max() + 1e-9) * 0.8 * 32767).astype(np.float32)


def work(task: tuple[str, dict, int]) -> tuple[np.ndarray, dict]:
    """Read, sing, and return the row to write."""
    path, row, seed = task
    x = np.fromfile(path, np.int16, row["n"], offset=row["off"] * 2).astype(np.float32) / 32768
    return sing(x, seed), row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    pools: dict[str, list[tuple[str, dict]]] = {}
    for path in sorted(args.data.glob("*.jsonl")):
        if path.stem in ("sung", "syllables", "speechocean"):
            continue
        for line in path.read_text(encoding="utf8").splitlines():
            row = json.loads(line)
            if row.get("rom") and RATE * 0.6 < row["n"] < RATE * 4.5:
                pools.setdefault(row["lang"], []).append((str(path.with_suffix(".i16")), row))
    tasks = []
    for i in range(args.count):
        language = rng.choices(list(WANTED), list(WANTED.values()))[0]
        path, row = rng.choice(pools[language])
        tasks.append((path, row, args.seed * 100000 + i))
    offset = 0
    audio, rows = args.data / "sung.i16.part", args.data / "sung.jsonl.part"
    with audio.open("wb") as a, rows.open("w") as r, Pool(args.processes) as pool:
        for done, (y, row) in enumerate(pool.imap(work, tasks, 8), 1):
            if RATE * 0.4 < len(y) < RATE * 9:
                a.write(y.astype(np.int16).tobytes())
                r.write(json.dumps({**row, "off": offset, "n": len(y)}, ensure_ascii=False) + "\n")
                offset += len(y)
            if done % 100 == 0:
                print(f"{done}/{len(tasks)} {offset / RATE / 3600:.2f} h", flush=True)
    audio.replace(args.data / "sung.i16")
    rows.replace(args.data / "sung.jsonl")


if __name__ == "__main__":
    main()
