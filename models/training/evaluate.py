"""Align songs with a model folder by plain CTC Viterbi over the whole song and write onsets for score.py.

No separation, no filler states, no voice gating: this measures the emissions, `sow-align evaluate` the product.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import numba
import numpy as np
import onnxruntime as ort

RATE = 16000
FRAME = 320


@numba.njit(cache=True)
def viterbi(log_probs: np.ndarray, letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last frame of every letter on the best path."""
    frames = log_probs.shape[0]
    states = 2 * len(letters) + 1
    score = np.full(states, -1e30)
    score[0] = log_probs[0, 0]
    score[1] = log_probs[0, letters[0]]
    back = np.zeros((frames, states), np.uint8)
    for t in range(1, frames):
        fresh = np.full(states, -1e30)
        for s in range(states):
            best, step = score[s], 0
            if s > 0 and score[s - 1] > best:
                best, step = score[s - 1], 1
            if s > 1 and s % 2 == 1 and letters[s // 2] != letters[s // 2 - 1] and score[s - 2] > best:
                best, step = score[s - 2], 2
            fresh[s] = best + log_probs[t, 0 if s % 2 == 0 else letters[s // 2]]
            back[t, s] = step
        score = fresh
    s = states - 1 if score[states - 1] > score[states - 2] else states - 2
    first = np.zeros(len(letters), np.int64)
    last = np.full(len(letters), -1)
    for t in range(frames - 1, -1, -1):
        if s % 2 == 1:
            first[s // 2] = t
            if last[s // 2] < 0:
                last[s // 2] = t
        s -= back[t, s]
    return first, last


def decode(path: Path) -> np.ndarray:
    """Mono 16 kHz samples of a recording."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)


def emissions(
    session: ort.InferenceSession, manifest: dict, audio: np.ndarray, language: int
) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities and voice of the whole song: windows cut in the middle of their overlaps."""
    window = int(manifest["windowSeconds"] * RATE)
    overlap = int(manifest["overlapSeconds"] * RATE)
    frames = len(audio) // FRAME + 1
    log_probs = np.zeros((frames, len(manifest["vocabulary"])), np.float32)
    voice = np.zeros(frames, np.float32)
    start = 0
    while True:
        piece = audio[start : start + window]
        got = session.run(None, {"audio": piece[None], "language": np.array([language])})
        at = start // FRAME
        cut = overlap // 2 // FRAME if start else 0
        log_probs[at + cut : at + got[0].shape[1]] = got[0][0, cut:]
        voice[at + cut : at + got[0].shape[1]] = got[1][0, cut:]
        if start + window >= len(audio):
            return log_probs, voice
        start += window - overlap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("songs", type=Path, help="NAME.json references beside NAME.mp3 or .ogg")
    parser.add_argument("romanized", type=Path, help="NAME.json: a list of romanized words per song (label.ts --songs)")
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((args.model / "manifest.json").read_text())
    token = {c: i for i, c in enumerate(manifest["vocabulary"])}
    options = ort.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = ort.InferenceSession(str(args.model / "model.onnx"), options, providers=["CPUExecutionProvider"])
    errors: dict[str, list[float]] = {}
    factors = []
    for path in sorted(args.songs.glob("*.json")):
        reference = json.loads(path.read_text())
        recording = next(path.with_suffix(e) for e in (".mp3", ".ogg") if path.with_suffix(e).exists())
        audio = decode(recording)
        began = time.time()
        language = manifest["languages"].index(reference["lang"]) if reference["lang"] in manifest["languages"] else 0
        log_probs, voice = emissions(session, manifest, audio, language)
        spent = time.time() - began
        factors.append(spent / (len(audio) / RATE))
        words = [(text, line) for line, entry in enumerate(reference["lines"]) for _, _, text in entry["words"]]
        letters: list[int] = []
        begins: list[int] = []
        for word in json.loads((args.romanized / path.name).read_text()):
            begins.append(len(letters))
            letters += [token[c] for c in word if c in token]
        first, last = viterbi(log_probs.astype(np.float64), np.array(letters, np.int64))
        found: list[list] = []
        for index, (text, _) in enumerate(words):
            begin, end = begins[index], begins[index + 1] if index + 1 < len(begins) else len(letters)
            previous = found[-1][1] if found else 0.0
            span = [first[begin] * 0.02, last[end - 1] * 0.02 + 0.02] if end > begin else [previous, previous]
            found.append([max(0.0, span[0] + manifest["onsetShiftSeconds"]), span[1], text])
        begins_of_lines = [index for index, (_, line) in enumerate(words) if index == 0 or words[index - 1][1] != line]
        signed = [
            found[index][0] - entry["start"] for index, entry in zip(begins_of_lines, reference["lines"], strict=True)
        ]
        truth = [word for entry in reference["lines"] for word in entry["words"]]
        everything = [f[0] - w[0] for f, w in zip(found, truth, strict=True)]
        errors.setdefault(reference["set"], []).extend(signed)
        inside = np.zeros(len(voice), bool)
        for entry in reference["lines"]:
            inside[int(entry["start"] / 0.02) : int(entry["end"] / 0.02)] = True
        onsets = f"signed median line {statistics.median(signed):+.3f} word {statistics.median(everything):+.3f}"
        heard = f"voice in lines {voice[inside].mean():.2f} outside {voice[~inside].mean():.2f}"
        print(
            f"{path.stem[:40]:40} {onsets} | {heard} | blank outside {np.exp(log_probs[~inside, 0]).mean():.2f}",
            flush=True,
        )
        (args.out / path.name).write_text(json.dumps({"words": found, "ms": spent * 1000}))
    pooled = [e for group in errors.values() for e in group if abs(e) < 1]
    by_set = {
        name: round(float(statistics.median(e for e in group if abs(e) < 1)), 3) for name, group in errors.items()
    }
    print(f"signed median line onset error {statistics.median(pooled):+.3f} s (errors under 1 s), by set {by_set}")
    print(f"real-time factor {statistics.mean(factors):.4f}")


if __name__ == "__main__":
    main()
