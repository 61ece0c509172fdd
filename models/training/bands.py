"""Generated band music (MIDI through a General MIDI soundfont), for mixing: source of accompaniments without voices.

Half are pop bands (drums, bass, guitars, keys, strings); half have a lead that moves like a singer (fiddle, flute,
shanai, oboe, violin) over plucked strings, gongs and wood blocks, as in the folk and opera traditions of East Asia.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path

import mido
import numpy as np

RATE = 16000
TICKS = 480
CHORDS = [[0, 5, 3, 4], [0, 3, 4, 4], [5, 3, 0, 4], [0, 4, 5, 3], [0, 2, 3, 4], [5, 4, 3, 4]]
MAJOR = [0, 2, 4, 5, 7, 9, 11]
PENTATONIC = [0, 2, 4, 7, 9]
KEYS = [0, 1, 2, 4, 5, 16, 18, 19, 48, 50, 88, 89]
GUITARS = [24, 25, 26, 27, 28, 29, 30]
BASSES = [32, 33, 34, 35, 38]
LEADS = [110, 111, 73, 72, 68, 40, 41, 75, 77, 65, 66, 22, 80, 81]
PLUCKED = [104, 105, 106, 107, 108, 15, 46]

Note = tuple[int, int, int, int, int]


def scale(root: int, degree: int, notes: list[int]) -> int:
    """The MIDI key of a scale degree."""
    return root + 12 * (degree // len(notes)) + notes[degree % len(notes)]


def melody(rng: random.Random, root: int, notes: list[int], channel: int, end: int, busy: float) -> list[Note]:
    """A wandering line with rests."""
    out: list[Note] = []
    at, degree = 0, rng.randrange(len(notes))
    while at < end:
        length = int(TICKS * rng.choice([0.25, 0.5, 0.5, 1, 1, 2, 3]))
        if rng.random() < busy:
            degree = min(2 * len(notes), max(-3, degree + rng.choice([-2, -1, -1, 0, 1, 1, 2])))
            out.append((at, length, channel, scale(root, degree, notes), rng.randint(70, 115)))
        at += length
    return out


def drums(rng: random.Random, end: int) -> list[Note]:
    """A rock or ballad beat in eighths with fills."""
    out: list[Note] = []
    kick = [rng.random() < p for p in (1, 0.1, 0.3, 0.4, 0.8, 0.2, 0.4, 0.2)]
    for step, at in enumerate(range(0, end, TICKS // 2)):
        beat = step % 8
        if rng.random() < 0.9:
            out.append((at, 60, 9, rng.choice([42, 42, 42, 46, 51]), rng.randint(50, 100)))
        if kick[beat]:
            out.append((at, 60, 9, 36, rng.randint(80, 120)))
        if beat in (2, 6):
            out.append((at, 60, 9, rng.choice([38, 40]), rng.randint(80, 120)))
        if step % 32 > 28 and rng.random() < 0.7:
            out.append((at, 60, 9, rng.choice([45, 47, 48, 50, 49]), rng.randint(70, 120)))
    return out


def band(rng: random.Random, end: int) -> tuple[dict[int, int], list[Note]]:
    """A pop band: programs per channel, and notes."""
    root = rng.randint(45, 57)
    chords = rng.choice(CHORDS)
    programs = {
        0: rng.choice(KEYS),
        1: rng.choice(GUITARS),
        2: rng.choice(BASSES),
        3: rng.choice([48, 49, 50, 88]),
        4: rng.choice(LEADS),
    }
    out = drums(rng, end) if rng.random() < 0.85 else []
    arpeggio = rng.random() < 0.5
    for bar, at in enumerate(range(0, end, TICKS * 4)):
        degree = chords[bar % len(chords)]
        chord = [scale(root, degree + k, MAJOR) for k in (0, 2, 4)]
        out += [(at, TICKS * 4 - 20, 3, key + 12, rng.randint(30, 70)) for key in chord]
        for step in range(8):
            t = at + step * TICKS // 2
            out.append((t, TICKS // 2, 2, chord[0] - 12, rng.randint(70, 110)))
            keys = [chord[step % 3] + 12] if arpeggio else chord
            if arpeggio or step % 2 == 0:
                out += [(t, TICKS // 2, 0, key, rng.randint(50, 90)) for key in keys]
            if rng.random() < 0.6:
                out += [(t, TICKS // 2, 1, key, rng.randint(50, 100)) for key in (chord[0], chord[2])]
    if rng.random() < 0.5:
        out += melody(rng, root + 24, MAJOR, 4, end, 0.6)
    return programs, out


def ensemble(rng: random.Random, end: int) -> tuple[dict[int, int], list[Note]]:
    """Leads in heterophony over plucked strings and percussion."""
    root = rng.randint(50, 62)
    programs = {0: rng.choice(LEADS), 1: rng.choice(LEADS), 2: rng.choice(PLUCKED), 3: rng.choice(PLUCKED)}
    line = melody(rng, root + 12, PENTATONIC, 0, end, 0.9)
    out = list(line)
    if rng.random() < 0.6:
        out += [(t + rng.randint(0, 60), n, 1, key - 12, v - 20) for t, n, _, key, v in line if rng.random() < 0.8]
    out += melody(rng, root, PENTATONIC, 2, end, 0.9)
    if rng.random() < 0.5:
        out += melody(rng, root - 12, PENTATONIC, 3, end, 0.7)
    dense = rng.random()
    at = 0
    while at < end:
        at += int(TICKS * rng.choice([0.25, 0.5, 0.5, 1]))
        if rng.random() < dense:
            out.append((at, 60, 9, rng.choice([76, 77, 49, 57, 52, 55, 75, 37]), rng.randint(50, 120)))
    return programs, out


def write(path: Path, programs: dict[int, int], notes: list[Note], tempo: int) -> None:
    """Save one MIDI track."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
    track += [mido.Message("program_change", channel=c, program=p) for c, p in programs.items()]
    events = []
    for at, length, channel, key, velocity in notes:
        key = min(108, max(24, key))
        events.append((at, 1, mido.Message("note_on", channel=channel, note=key, velocity=max(10, velocity))))
        events.append((at + length, 0, mido.Message("note_off", channel=channel, note=key)))
    now = 0
    for at, _, message in sorted(events, key=lambda e: e[:2]):
        track.append(message.copy(time=at - now))
        now = at
    mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with music.i16 and music.json, which grow")
    parser.add_argument("soundfont", type=Path)
    parser.add_argument("--count", type=int, default=114)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    rows = json.loads((args.data / "music.json").read_text())
    offset = rows[-1][0] + rows[-1][1] if rows else 0
    with (args.data / "music.i16").open("ab") as audio, tempfile.TemporaryDirectory() as scratch:
        audio.truncate(offset * 2)
        for index in range(args.count):
            tempo = rng.randint(380_000, 1_000_000)
            end = int(75e6 / tempo) * TICKS
            programs, notes = (band if index % 2 else ensemble)(rng, end)
            midi, sound = Path(scratch) / "a.mid", Path(scratch) / "a.raw"
            write(midi, programs, notes, tempo)
            command = [
                "fluidsynth",
                "-ni",
                "-q",
                "-r",
                str(RATE),
                "-O",
                "s16",
                "-T",
                "raw",
                "-g",
                "0.4",
                "-F",
                str(sound),
                str(args.soundfont),
                str(midi),
            ]
            subprocess.run(command, check=True, capture_output=True)
            mono = np.fromfile(sound, np.int16).reshape(-1, 2).mean(1).astype(np.int16)
            audio.write(mono.tobytes())
            rows.append([offset, len(mono)])
            offset += len(mono)
            if index % 10 == 9:
                print(f"{index + 1}/{args.count} {offset / RATE / 3600:.2f} h of music", flush=True)
    (args.data / "music.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
