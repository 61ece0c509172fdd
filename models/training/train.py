"""Train the aligner: heads on frozen features first, then everything with smaller steps lower down.

CTC runs inside the known span of every utterance; frames outside all spans are taught to be blank. So letters cannot
drift into the accompaniment, and concatenated words give nearly frame-accurate targets.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import time
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader

from corpus import Corpus, Window, Windows
from model import Aligner, build

GUARD = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder written by gather.py and label.ts")
    parser.add_argument("base", type=Path, help="Whisper base as CTranslate2 model.bin")
    parser.add_argument("out", type=Path, help="folder of the checkpoint")
    parser.add_argument("--minutes", type=float, default=90, help="length of the whole schedule")
    parser.add_argument("--head-steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=1.5e-4, help="peak step of the top layer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def groups(net: Aligner, rate: float, decay: float = 0.8) -> list[dict]:
    """Parameter groups: heads, then layers with a smaller step the lower they are."""
    encoder = net.encoder
    heads = [net.letters, net.bias, net.voice, net.language]
    found = [{"params": [p for head in heads for p in head.parameters()], "peak": rate * 6}]
    found.append({"params": list(encoder.norm.parameters()), "peak": rate})
    for depth, layer in enumerate(reversed(encoder.layers)):
        found.append({"params": list(layer.parameters()), "peak": rate * decay**depth})
    stem = [*encoder.conv1.parameters(), *encoder.conv2.parameters()]
    found.append({"params": stem, "peak": rate * decay ** len(encoder.layers)})
    return found


def limits(spans: list[tuple[int, int, list[int]]], frames: int) -> list[tuple[int, int, list[int]]]:
    """Widen spans by a guard where there is room, and by as much as their letters need."""
    out = []
    for i, (first, last, letters) in enumerate(spans):
        before = spans[i - 1][1] if i else 0
        after = spans[i + 1][0] if i + 1 < len(spans) else frames
        first -= max(0, min(GUARD, (first - before) // 2))
        last += max(0, min(GUARD, (after - last) // 2))
        out.append((max(0, first), min(frames, last), letters))
    return out


def losses(log_probs: Tensor, voice: Tensor, windows: list[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """CTC per letter, blank outside spans, and voice."""
    frames = log_probs.shape[1]
    rows, places, sizes, targets = [], [], [], []
    outside = torch.ones(len(windows), frames)
    for row, window in enumerate(windows):
        for first, last, letters in limits(window.spans, frames):
            outside[row, first:last] = 0
            need = len(letters) + sum(a == b for a, b in pairwise(letters))
            if last - first >= need:
                rows.append(row)
                places.append(first)
                sizes.append(last - first)
                targets.append(letters)
    blank = -(log_probs[..., 0] * outside).sum() / outside.sum().clamp(min=1)
    wanted = torch.from_numpy(np.stack([w.voice for w in windows]))
    heard = F.binary_cross_entropy_with_logits(voice, wanted)
    if not rows:
        return log_probs.sum() * 0, blank, heard
    index = (torch.tensor(places)[:, None] + torch.arange(max(sizes))[None]).clamp(max=frames - 1)
    cut = log_probs[torch.tensor(rows)[:, None], index].transpose(0, 1)
    lengths = torch.tensor([len(t) for t in targets])
    ctc = F.ctc_loss(
        cut,
        torch.tensor(list(chain.from_iterable(targets))),
        torch.tensor(sizes),
        lengths,
        reduction="sum",
        zero_infinity=True,
    )
    return ctc / lengths.sum(), blank, heard


def mask(mel: Tensor, rng: random.Random) -> Tensor:
    """SpecAugment: two frequency and two time masks at the floor of the features."""
    mel = mel.clone()
    for row in mel:
        low = row.min()
        if rng.random() < 0.5:
            for _ in range(2):
                at = rng.randrange(70)
                row[at : at + rng.randint(1, 10)] = low
                at = rng.randrange(row.shape[1] - 20)
                row[:, at : at + rng.randint(1, 16)] = low
    return mel


def save(path: Path, state: dict) -> None:
    """Write a checkpoint whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def main() -> None:
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    net = build(args.base)
    average = copy.deepcopy(net.state_dict())
    optimiser = torch.optim.AdamW(groups(net, args.rate), lr=0, weight_decay=0.01)
    step, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        average = state["average"]
        step, spent = state["step"], state["spent"]
        optimiser.load_state_dict(state["optimiser"])
    print("hours", Corpus(args.data).hours(), "resumed at step", step, flush=True)
    stream = Windows(args.data, args.batch, args.seconds, args.seed + step)
    loader = iter(DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=4))
    seen: list[list[float]] = []
    while spent < args.minutes:
        began = time.time()
        windows = next(loader)
        frozen = step < args.head_steps
        after = max(0, step - args.head_steps)
        progress = spent / args.minutes
        warm = min(1.0, (after + 1) / 60) * (0.5 * (1 + math.cos(math.pi * progress)) * 0.97 + 0.03)
        for index, group in enumerate(optimiser.param_groups):
            group["lr"] = (
                (2e-3 if index == 0 else 0.0) if frozen else group["peak"] * (warm if index else max(warm, 0.1))
            )
        language = torch.tensor([w.language for w in windows])
        with torch.no_grad():
            mel = mask(net.features(torch.from_numpy(np.stack([w.audio for w in windows]))), rng)
        start = rng.randrange(0, 1500 - mel.shape[2] // 2 - 1) if rng.random() < 0.5 else 0
        with torch.set_grad_enabled(not frozen):
            hidden = net.encode(mel, language, start)
        log_probs, voice = net.heads(hidden, language)
        ctc, blank, heard = losses(log_probs, voice, windows)
        (ctc + 0.5 * blank + 0.5 * heard).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        optimiser.zero_grad()
        step += 1
        keep = min(0.99, step / (step + 10))
        with torch.no_grad():
            for name, value in net.state_dict().items():
                average[name].lerp_(value, 1 - keep)
        spent += (time.time() - began) / 60
        seen.append([ctc.item(), blank.item(), heard.item()])
        if step % 10 == 0:
            recent = torch.tensor(seen[-10:]).mean(0)
            losses_now = f"ctc/letter {recent[0]:.3f} blank {recent[1]:.3f} voice {recent[2]:.3f}"
            pace = f"{time.time() - began:.1f} s"
            print(f"step {step} {spent:.1f}/{args.minutes:.0f} min {losses_now} {pace}", flush=True)
        if step % 25 == 0 or spent >= args.minutes:
            state = {"net": net.state_dict(), "average": average, "optimiser": optimiser.state_dict()}
            save(checkpoint, {**state, "step": step, "spent": spent})


if __name__ == "__main__":
    main()
