"""Gather recorded and synthetic speech and music as 16 kHz mono: DATA/SOURCE.i16 + DATA/SOURCE.jsonl, DATA/music.*.

Every jsonl row is {off, n, text, lang}; offsets and lengths in samples. Sources that are already there are kept, so an
interrupted run goes on where it stopped. Public repositories come as git clones, the rest as unpacked Debian packages
(fetch.sh); README.md lists both with their licences.
"""

from __future__ import annotations

import argparse
import glob
import json
import random
import subprocess
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from sources import FORTUNES, RECORDED, Item, sentences, to16k

RATE = 16000
SHORTEST, LONGEST = RATE // 5, RATE * 30
VOICES = {
    "en": ["en-us", "en-gb", "en-gb-x-rp"],
    "es": ["es", "es-419"],
    "fr": ["fr-fr", "fr-be"],
    "de": ["de"],
    "it": ["it"],
    "pt": ["pt-br", "pt"],
    "ru": ["ru"],
    "zh": ["cmn"],
    "ja": ["ja"],
    "ko": ["ko"],
}
VARIANTS = ["", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5"]
SENTENCES = {"zh": 1500, "en": 1500}
FLITE = ["slt", "awb", "rms", "kal16"]


def espeak(task: tuple[str, str, str, int, int]) -> Item:
    """Speak one sentence with espeak-ng."""
    language, text, voice, speed, pitch = task
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    return Item(to16k(subprocess.run(command, capture_output=True, check=True).stdout), text, language)


def flite(task: tuple[str, str, float]) -> Item:
    """Speak one English sentence with flite."""
    text, voice, stretch = task
    command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-t", text, "-o", "/dev/stdout"]
    return Item(to16k(subprocess.run(command, capture_output=True, check=True).stdout), text, "en")


def espeak_items(texts: dict[str, list[str]]) -> Iterator[Item]:
    """Synthetic speech in every language, voices, speeds and pitches drawn at random."""
    rng = random.Random(7)
    tasks = []
    for language, lines in texts.items():
        rng.shuffle(lines)
        for text in lines[: SENTENCES.get(language, 700)]:
            voice = rng.choice(VOICES[language]) + rng.choice(VARIANTS)
            tasks.append((language, text, voice, rng.randint(90, 210), rng.randint(15, 95)))
    with Pool() as pool:
        yield from pool.imap(espeak, tasks, 16)


def flite_items(texts: dict[str, list[str]]) -> Iterator[Item]:
    """Synthetic English by flite's unit-selection and HMM voices, on other sentences than espeak's."""
    rng = random.Random(9)
    lines = list(texts["en"])
    rng.shuffle(lines)
    tasks = [(text, rng.choice(FLITE), round(rng.uniform(0.9, 1.6), 2)) for text in lines[1500:3300]]
    with Pool() as pool:
        yield from pool.imap(flite, tasks, 16)


def write(folder: Path, source: str, items: Iterator[Item]) -> None:
    """Store a source whole or not at all."""
    audio, rows = folder / f"{source}.i16", folder / f"{source}.jsonl"
    if rows.exists():
        print(f"{source}: already there", flush=True)
        return
    offset = count = 0
    part = rows.with_suffix(".part")
    with audio.open("wb") as a, part.open("w", encoding="utf8") as r:
        for item in items:
            text = item.text.strip()
            if not text or not SHORTEST <= len(item.audio) <= LONGEST:
                continue
            a.write(item.audio.tobytes())
            row = {"off": offset, "n": len(item.audio), "text": text, "lang": item.language}
            r.write(json.dumps(row, ensure_ascii=False) + "\n")
            offset += len(item.audio)
            count += 1
            if count % 500 == 0:
                print(f"{source}: {count} items, {offset / RATE / 3600:.2f} h", flush=True)
    part.replace(rows)
    print(f"{source}: {count} items, {offset / RATE / 3600:.2f} h, done", flush=True)


def write_music(folder: Path, packages: Path) -> None:
    """Decode the music packages into one file; at most three minutes of a track."""
    if (folder / "music.json").exists():
        return
    found = [f for kind in ("ogg", "mp3", "opus") for f in glob.glob(f"{packages}/music/**/*.{kind}", recursive=True)]
    found = sorted(f for f in found if Path(f).stat().st_size > 400_000)
    rows: list[tuple[int, int]] = []
    offset = 0
    with (folder / "music.i16").open("wb") as out:
        for index, name in enumerate(found, 1):
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-t",
                "180",
                "-i",
                name,
                "-ac",
                "1",
                "-ar",
                str(RATE),
                "-f",
                "s16le",
                "-",
            ]
            samples = np.frombuffer(subprocess.run(command, capture_output=True, check=False).stdout, np.int16)
            if len(samples) > RATE * 20:
                out.write(samples.tobytes())
                rows.append((offset, len(samples)))
                offset += len(samples)
            if index % 20 == 0:
                print(f"music: {index}/{len(found)} tracks, {offset / RATE / 3600:.2f} h", flush=True)
    (folder / "music.json").write_text(json.dumps(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clones", type=Path, help="folder of git clones named owner+name")
    parser.add_argument("packages", type=Path, help="folder of unpacked Debian packages (fetch.sh)")
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    args.data.mkdir(parents=True, exist_ok=True)
    for source, read in RECORDED.items():
        write(args.data, source, read(args.clones, args.packages))
    texts = {language: sentences(language, args.packages) for language in [*FORTUNES, "fr"]}
    kana = [json.loads(line)["text"] for line in (args.data / "tofugu.jsonl").read_text(encoding="utf8").splitlines()]
    rng = random.Random(7)
    words = Path(__file__).with_name("korean.txt").read_text(encoding="utf8").split()
    texts["ko"] = [" ".join(rng.sample(words, rng.randint(3, 6))) for _ in range(600)]
    texts["ja"] = [" ".join(rng.sample(kana, 4)) for _ in range(1200)]
    write(args.data, "tts", espeak_items(texts))
    write(args.data, "flite", flite_items(texts))
    write_music(args.data, args.packages)


if __name__ == "__main__":
    main()
