"""Readers of the public sources: each yields recordings with their text and language."""

from __future__ import annotations

import glob
import gzip
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

RATE = 16000
FORTUNE_FOLDER = "/usr/share/games/fortunes"
FORTUNES = {
    "en": "songs-poems people love wisdom literature humorists science",
    "de": "de/*",
    "es": "es/*",
    "it": "italia leggi luttazzi it/*",
    "pt": "brasil",
    "ru": "ru/*",
    "zh": "chinese song100 tang300",
}
LATIN_LINE = r"^[^\W\d_][^\d_@#&*/\\<>=+(){}\[\]~$|]+$"
LINE = {"zh": r"^[\u4e00-\u9fff ]+$", "ru": r"^[\u0400-\u04ff ,\'-]+$"}


@dataclass
class Item:
    """A recording (16 kHz int16), its text and language."""

    audio: np.ndarray
    text: str
    language: str


def to16k(data: bytes, container: str | None = None) -> np.ndarray:
    """Decode bytes of any format to 16 kHz mono int16 with its peak at 0.8."""
    try:
        audio, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        command = [
            "ffmpeg",
            "-v",
            "error",
            *(["-f", container] if container else []),
            "-i",
            "-",
            "-ac",
            "1",
            "-ar",
            str(RATE),
            "-f",
            "s16le",
            "-",
        ]
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        return np.frombuffer(done.stdout, np.int16)
    mono = audio.mean(1)
    if rate != RATE:
        common = gcd(rate, RATE)
        mono = resample_poly(mono, RATE // common, rate // common)
    peak = np.abs(mono).max() if len(mono) else 0
    return (mono / peak * 0.8 * 32767).astype(np.int16) if peak > 0 else np.zeros(0, np.int16)


def speechocean(clones: Path, _packages: Path) -> Iterator[Item]:
    """English by speakers of Mandarin."""
    root = clones / "jimbozhang+speechocean762"
    for part in ("train", "test"):
        for line in (root / part / "text").read_text().splitlines():
            key, text = line.split(maxsplit=1)
            for path in root.glob(f"WAVE/SPEAKER{key[1:5]}/{key}.WAV"):
                yield Item(to16k(path.read_bytes()), text, "en")


def kathleen(clones: Path, _packages: Path) -> Iterator[Item]:
    """English by one speaker; NAME.wav beside NAME.txt."""
    for path in sorted((clones / "rhasspy+dataset-voice-kathleen").rglob("*.wav")):
        if path.with_suffix(".txt").exists():
            yield Item(to16k(path.read_bytes()), path.with_suffix(".txt").read_text(), "en")


def kerstin(clones: Path, _packages: Path) -> Iterator[Item]:
    """German by one speaker; metadata.csv holds the texts."""
    root = clones / "rhasspy+dataset-voice-kerstin"
    table = next(root.rglob("metadata.csv")).read_text().splitlines()
    texts = {Path(row.split("|")[0]).stem: row.split("|")[1] for row in table if "|" in row}
    for path in sorted(root.rglob("*.flac")):
        if path.stem in texts:
            yield Item(to16k(path.read_bytes()), texts[path.stem], "de")


def cmn(clones: Path, _packages: Path) -> Iterator[Item]:
    """Mandarin words and syllables, named cmn-WORD.mp3."""
    for path in sorted((clones / "hugolpz+audio-cmn" / "64k").rglob("*.mp3")):
        yield Item(to16k(path.read_bytes()), path.stem[4:], "zh")


def syllables(clones: Path, _packages: Path) -> Iterator[Item]:
    """Mandarin syllables named in pinyin with a tone digit."""
    for path in sorted((clones / "davinfifield+mp3-chinese-pinyin-sound").rglob("*.mp3")):
        yield Item(to16k(path.read_bytes()), path.stem, "zh")


def tofugu(clones: Path, _packages: Path) -> Iterator[Item]:
    """Japanese words; the kana stand in the file name."""
    for path in sorted((clones / "tofugu+japanese-vocabulary-pronunciation-audio").rglob("*.mp3")):
        kana = re.search(r"【(.+?)】$", path.stem)
        if kana:
            yield Item(to16k(path.read_bytes()), kana[1], "ja")


def russian(_clones: Path, packages: Path) -> Iterator[Item]:
    """Russian by one speaker (festvox-ru)."""
    for root in packages.glob("speech/**/msu_ru_nsh_clunits"):
        for line in (root / "etc/txt.done.data").read_text(encoding="utf8").splitlines():
            row = re.match(r'\( (\S+) "(.*)" \)', line)
            if row and (root / f"wav/{row[1]}.wav").exists():
                yield Item(to16k((root / f"wav/{row[1]}.wav").read_bytes()), row[2], "ru")


def asterisk(_clones: Path, packages: Path) -> Iterator[Item]:
    """Telephone prompts in five languages."""
    for language in ("en", "es", "fr", "it", "ru"):
        found = glob.glob(f"{packages}/speech/**/core-sounds-{language}*.txt*", recursive=True)
        for line in plain(found[0]).splitlines() if found else []:
            key, _, text = line.partition(":")
            if not text or re.search(r"[\[\]<>]|\bbeep\b", text):
                continue
            for path in glob.glob(f"{packages}/speech/**/sounds/{language}*/{key.strip()}.g722", recursive=True):
                yield Item(to16k(Path(path).read_bytes(), "g722"), text, language)


PROMPTS = {
    "it_IT_f_Menardi": "it",
    "pt_BR": "pt",
    "gl": "pt",
    "es": "es",
    "ca": "es",
    "fr": "fr",
    "de": "de",
    "nds": "de",
    "nl": "de",
    "it": "it",
    "en": "en",
    "ru": "ru",
    "uk": "ru",
}


def prompts(_clones: Path, packages: Path) -> Iterator[Item]:
    """More prompts, syllables and words, some in neighbouring languages; without texts, so only distil.py uses them."""
    folders = ("asterisk/sounds", "klettres", "ktuberling/sounds")
    for path in sorted(p for folder in folders for p in packages.glob(f"speech/usr/share/{folder}/**/*")):
        language = next((PROMPTS[part] for part in path.parts if part in PROMPTS), None)
        if language and path.suffix in (".wav", ".gsm", ".ogg"):
            yield Item(to16k(path.read_bytes(), "gsm" if path.suffix == ".gsm" else None), f"_{path.stem}", language)


RECORDED: dict[str, Callable[[Path, Path], Iterator[Item]]] = {
    "speechocean": speechocean,
    "kathleen": kathleen,
    "kerstin": kerstin,
    "cmn": cmn,
    "syllables": syllables,
    "tofugu": tofugu,
    "russian": russian,
    "asterisk": asterisk,
    "prompts": prompts,
}


def plain(path: str, fallback: str = "latin1") -> str:
    """Text of a file that may be gzipped and in an old encoding."""
    data = Path(path).read_bytes()
    if path.endswith(".gz"):
        data = gzip.decompress(data)
    try:
        return data.decode("utf8")
    except UnicodeDecodeError:
        return data.decode(fallback, "replace")


def sentences(language: str, packages: Path) -> list[str]:
    """Sentences from the fortunes packages, French ones from the Debian reference."""
    pieces: list[str] = []
    if language == "fr":
        for name in sorted(glob.glob(f"{packages}/speech/**/debian-reference/*.fr.html", recursive=True)):
            pieces += re.split(r"[.;:()\n]", re.sub(r"<[^>]+>", "\n", plain(name)))
    for pattern in FORTUNES.get(language, "").split():
        for name in sorted(glob.glob(f"{FORTUNE_FOLDER}/{pattern}")):
            if name.endswith((".dat", ".u8")) or not Path(name).is_file():
                continue
            text = plain(name, {"ru": "koi8-r", "zh": "gb18030"}.get(language, "latin1"))
            pieces += re.split(r'[.!?;:"\n%|]+|--|[。！？；：，「」『』]', re.sub(r"\x1b\[[0-9;]*m", "", text))
    lines = [re.sub(r"\s+", " ", piece).strip() for piece in pieces]
    low, high = (4, 24) if language == "zh" else (12, 110)
    return [line for line in lines if low <= len(line) <= high and re.match(LINE.get(language, LATIN_LINE), line)]
