"""Carry training sound to another machine: a share of DATA as small Opus files, and back again.

pack.py pack DATA MUSIC OUT   writes OUT/0, OUT/1, ...: folders of at most --megabytes, each a bit of everything
pack.py unpack OUT DATA       decodes OUT/*/*.opus to the ends of DATA/SOURCE.i16, DATA/SOURCE.jsonl, DATA/music.*
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
from multiprocessing import Pool
from pathlib import Path

import numpy as np

RATE = 16000
CHUNK = RATE * 600
HOURS = {"speechocean": 3.0, "tts": 3.0, "flite": 0.6, "cmn": 2.6}
SPEECH = ["-b:a", "10k", "-application", "voip", "-frame_duration", "60"]
MUSIC = ["-b:a", "14k", "-application", "audio", "-frame_duration", "40"]
TRACK_SECONDS = 70


def encode(task: tuple[Path, np.ndarray, list, list[str]]) -> int:
    """Write one chunk and its rows; returns bytes."""
    path, audio, rows, options = task
    command = ["ffmpeg", "-v", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-", "-c:a", "libopus"]
    subprocess.run([*command, *options, str(path)], input=audio.tobytes(), check=True)
    path.with_suffix(".json").write_text(json.dumps(rows))
    return path.stat().st_size + path.with_suffix(".json").stat().st_size


def chunks(audio: np.ndarray, rows: list[tuple[int, int, str]]):
    """Rows copied one behind the other, in groups of about ten minutes."""
    parts: list[np.ndarray] = []
    places: list[tuple[int, int, str]] = []
    at = 0
    for offset, length, language in rows:
        parts.append(audio[offset : offset + length])
        places.append((at, length, language))
        at += length
        if at > CHUNK:
            yield np.concatenate(parts), places
            parts, places, at = [], [], 0
    if parts:
        yield np.concatenate(parts), places


def pack(data: Path, music: Path, out: Path, most: float, hours: float) -> None:
    rng = random.Random(11)
    tasks = []
    scratch = out / "all"
    scratch.mkdir(parents=True, exist_ok=True)
    for path in sorted(data.glob("*.jsonl")):
        found = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
        rows = [(row["off"], row["n"], row["lang"]) for row in found if row["n"] < RATE * 9]
        rng.shuffle(rows)
        kept, total = [], 0
        for row in rows:
            if total < min(hours, HOURS.get(path.stem, 9.0)) * 3600 * RATE:
                kept.append(row)
                total += row[1]
        audio = np.memmap(path.with_suffix(".i16"), np.int16, "r")
        for index, (piece, places) in enumerate(chunks(audio, kept)):
            tasks.append((scratch / f"{path.stem}-{index}.opus", piece, places, SPEECH))
        print(f"{path.stem}: {total / RATE / 3600:.2f} h", flush=True)
    audio = np.memmap(music / "music.i16", np.int16, "r")
    rows = []
    for offset, length in json.loads((music / "music.json").read_text()):
        size = min(length, TRACK_SECONDS * RATE)
        rows.append((offset + rng.randrange(length - size + 1), size, ""))
    rng.shuffle(rows)
    rows = rows[: math.ceil(hours * 3600 / TRACK_SECONDS)] if math.isfinite(hours) else rows
    for index, (piece, places) in enumerate(chunks(audio, rows)):
        tasks.append((scratch / f"music-{index}.opus", piece, places, MUSIC))
    rng.shuffle(tasks)
    folder, filled = 0, 0.0
    with Pool() as pool:
        for task, size in zip(tasks, pool.imap(encode, tasks), strict=True):
            if filled + size > most * 1e6:
                folder, filled = folder + 1, 0.0
            filled += size
            target = out / str(folder)
            target.mkdir(exist_ok=True)
            for name in (task[0], task[0].with_suffix(".json")):
                name.replace(target / name.name)
    scratch.rmdir()
    print(f"{folder + 1} folders, the last of {filled / 1e6:.1f} MB")


def decode(path: Path) -> np.ndarray:
    import soundfile

    audio, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE and audio.ndim == 1, (path, rate, audio.shape)
    return audio


def unpack(packed: Path, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    found = sorted(packed.glob("*/*.opus"))
    sources: dict[str, list[dict]] = {}
    written = {path.stem: path.stat().st_size // 2 for path in data.glob("*.i16")}
    with Pool() as pool:
        for path, audio in zip(found, pool.imap(decode, found), strict=True):
            name = path.stem.rsplit("-", 1)[0]
            start = written.get(name, 0)
            with (data / f"{name}.i16").open("ab" if start else "wb") as file:
                file.write(audio.tobytes())
            for offset, length, language in json.loads(path.with_suffix(".json").read_text()):
                length = min(length, len(audio) - offset)
                sources.setdefault(name, []).append({"off": start + offset, "n": length, "lang": language})
            written[name] = start + len(audio)
    for name, rows in sources.items():
        if name == "music":
            tracks = data / "music.json"
            known = json.loads(tracks.read_text()) if tracks.exists() else []
            tracks.write_text(json.dumps(known + [[row["off"], row["n"]] for row in rows]))
        else:
            with (data / f"{name}.jsonl").open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
        print(f"{name}: {written[name] / RATE / 3600:.2f} h", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["pack", "unpack"])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--megabytes", type=float, default=37.5)
    parser.add_argument("--hours", type=float, default=math.inf, help="most of each source, and of music")
    args = parser.parse_args()
    if args.verb == "pack":
        pack(*args.folders, args.megabytes, args.hours)
    else:
        unpack(*args.folders)


if __name__ == "__main__":
    main()
