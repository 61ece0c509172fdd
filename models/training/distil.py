"""Teach a small model the shipped one's outputs on unlabelled sound (scenes.py): on one GPU, or slowly on a CPU.

The schedule goes by the clock. Every minute the averaged weights are written to OUT as two halves (float16) and a log,
so that a run that is cut off loses little; `--resume` starts from such weights.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model import Aligner
from scenes import Mixer, Ring
from student import Product, Student, shrink
from teacher import load_teacher
from whisper import FFT, HOP

HALVES = ("a", "b")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder written by gather.py or pack.py")
    parser.add_argument("teacher", type=Path, help="model.onnx of the teacher")
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--steps", type=int, default=10**9, help="stop after so many")
    parser.add_argument("--batch", type=int, default=128, help="windows of 10 s, or half as many of 20 s")
    parser.add_argument("--rate", type=float, default=7e-4)
    parser.add_argument("--muon", action="store_true", help="Muon for the matrices of the layers")
    parser.add_argument("--rounding", type=float, default=0.7, help="share of the time before products round to int8")
    parser.add_argument("--slots", type=int, default=4096)
    parser.add_argument("--workers", type=int, default=14)
    parser.add_argument("--start", type=int, default=600, help="voices to make before the first step")
    parser.add_argument("--scratch", type=Path, default=Path("/dev/shm"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", type=Path, help="folder with weights of an earlier run")
    return parser.parse_args()


def log_mel(net: Aligner | Student, audio: Tensor) -> Tensor:
    """LogMel by Fourier transform, which is quicker on a GPU than the convolution of the exported graph."""
    window = torch.hann_window(FFT, device=audio.device)
    spectrum = torch.stft(audio, FFT, HOP, window=window, center=True, pad_mode="reflect", return_complex=True)
    log = (net.features.mel[..., 0] @ spectrum.abs() ** 2).clamp(min=1e-10).log10()
    return (torch.maximum(log, log.amax((1, 2), keepdim=True) - 8.0) + 4.0) / 4.0


def mask(mel: Tensor, share: float) -> Tensor:
    """SpecAugment on a share of the rows: two bands of frequency and two of time at the floor."""
    rows, bands, frames = mel.shape
    hidden = torch.zeros_like(mel, dtype=torch.bool)
    for size, widest, shape in ((bands, 10, (rows, bands, 1)), (frames, 16, (rows, 1, frames))):
        places = torch.arange(size, device=mel.device)
        for _ in range(2):
            begin = torch.rand(rows, 1, device=mel.device) * (size - widest)
            width = torch.rand(rows, 1, device=mel.device) * widest
            hidden |= ((places >= begin) & (places < begin + width)).view(shape)
    hidden &= torch.rand(rows, 1, 1, device=mel.device) < share
    return torch.where(hidden, mel.amin((1, 2), keepdim=True), mel)


@torch.no_grad()
def teach(teacher: Aligner, mel: Tensor, language: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
    """The teacher's states at pairs of frames, its log-probabilities and its voice."""
    x = teacher.encoder.stem(mel) + teacher.language(language)[:, None]
    states = [x]
    for layer in teacher.encoder.layers:
        x = layer(x)
        states.append(x)
    states.append(teacher.encoder.norm(x))
    frames = x.shape[1]
    paired = [F.pad(s, (0, 0, 0, frames % 2), mode="replicate").unflatten(1, (-1, 2)).mean(2) for s in states]
    log_probs, voice = teacher.heads(states[-1], language)
    return paired, log_probs.float(), torch.sigmoid(voice.float())


def losses(student: Student, mel: Tensor, language: Tensor, taught, spread: list[Tensor]) -> dict[str, Tensor]:
    """Differences of letters, voice and hidden states; frames with letters count more than blank ones."""
    states, log_probs, voice = taught
    ours = student.states(mel, language)
    letters, heard = student.heads(ours[-1], language, log_probs.shape[1])
    weight = 1 + 4 * (1 - log_probs[..., 0].exp())
    apart = (log_probs.exp() * (log_probs - letters)).sum(-1)
    hidden = [((a - b.detach()) / s).pow(2).mean() for a, b, s in zip(ours, states, spread, strict=True)]
    return {
        "letters": (apart * weight).sum() / weight.sum(),
        "voice": F.binary_cross_entropy_with_logits(heard, voice),
        "last": hidden[-1],
        "states": torch.stack(hidden[:-1]).mean(),
        "agree": (letters.argmax(-1) == log_probs.argmax(-1)).float().mul(weight - 1).sum() / (weight - 1).sum(),
    }


def build_optimisers(student: Student, rate: float, device: torch.device, muon: bool) -> list[torch.optim.Optimizer]:
    """AdamW, for the matrices of the layers Muon with steps of AdamW's size if asked."""
    matrices = [p for p in [*student.layers.parameters(), student.fold.weight] if p.ndim == 2 and muon]
    taken = {id(p) for p in matrices}
    rest = [p for p in student.parameters() if id(p) not in taken]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
    ]
    found: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=device.type == "cuda")
    ]
    if matrices:
        found.append(torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"))
    return found


def save(out: Path, tag: str, average: dict[str, Tensor]) -> None:
    """Write the weights as two files of float16, each whole or not at all."""
    names = sorted(average)
    total, half = sum(v.numel() for v in average.values()), 0
    parts: list[dict[str, Tensor]] = [{}, {}]
    for name in names:
        parts[0 if half < total / 2 else 1][name] = average[name].half().cpu()
        half += average[name].numel()
    for letter, part in zip(HALVES, parts, strict=True):
        path = out / f"{tag}-{letter}.pt"
        torch.save(part, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)


def load(folder: Path, tag: str = "last") -> dict[str, Tensor]:
    """Weights written by save()."""
    state: dict[str, Tensor] = {}
    for letter in HALVES:
        state |= torch.load(folder / f"{tag}-{letter}.pt", map_location="cpu")
    return {name: value.float() for name, value in state.items()}


def main() -> None:
    args = arguments()
    began = time.time()
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device)
    scratch = Path(tempfile.mkdtemp(dir=args.scratch))
    ring = Ring(args.data, scratch, args.slots // args.workers * args.workers, args.workers, device)
    try:
        run(args, ring, device, began)
    finally:
        ring.close()
        scratch.rmdir()


def run(args: argparse.Namespace, ring: Ring, device: torch.device, began: float) -> None:
    torch.set_num_threads(4)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    mixer = Mixer(ring, args.data, device, args.seed)
    teacher = load_teacher(args.teacher).to(device)
    while len(ring.slots) < args.start:
        time.sleep(0.5)
        ring.update(32)
    print(f"{time.time() - began:.0f} s: {len(ring.slots)} voices", flush=True)
    first = mixer.batch(min(64, args.batch), 10)
    mel = log_mel(teacher, first.clean)
    student = shrink(teacher, mel, first.language)
    if args.resume:
        student.load_state_dict(load(args.resume))
    taught = teach(teacher, mel, first.language)[0]
    spread = [s.flatten(0, 1).std(0) + 0.05 * s.std() for s in taught]
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    optimisers = build_optimisers(student, args.rate, device, args.muon)
    average = {name: value.clone() for name, value in student.state_dict().items()}
    values, targets = list(student.state_dict().values()), list(average.values())
    step, saved = 0, time.time()
    start = time.time()
    seen: dict[str, Tensor] = {}
    log = (args.out / "log.jsonl").open("a")
    while step < args.steps:
        progress = (time.time() - began) / 60 / args.minutes
        if progress >= 1:
            break
        if progress > args.rounding and not Product.rounding:
            save(args.out, "before", average)
            Product.rounding = True
        rate = args.rate * min(1, (step + 1) / 200) * (0.5 * (1 + math.cos(math.pi * progress)) * 0.98 + 0.02)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        ring.update(2)
        long = step % 3 == 2
        batch = mixer.batch(args.batch // (2 if long else 1), 20 if long else 10)
        with torch.no_grad():
            mel, clean = log_mel(teacher, batch.heard), log_mel(teacher, batch.clean)
            mel = mask(mel, 0.3)
        with autocast:
            taught = teach(teacher, clean, batch.language)
            found = losses(student, mel, batch.language, taught, spread)
        part = 0.3 * (1 - progress) + 0.05
        total = found["letters"] + 0.3 * found["voice"] + part * (0.5 * found["last"] + 0.5 * found["states"])
        total.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        step += 1
        keep = min(0.998, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(targets, values, 1 - keep)
        for name, value in found.items():
            seen[name] = seen.get(name, 0.0) * 0.9 + value.detach() * 0.1
        if step % 20 == 0 or step <= 3:
            scale = 1 - 0.9**step
            now = {name: round(value.item() / scale, 4) for name, value in seen.items()}
            row = {"step": step, "seconds": round(time.time() - began, 1), **now}
            log.write(json.dumps(row) + "\n")
            log.flush()
            if step % 100 == 0 or step <= 40:
                pace = (time.time() - start) / step
                print(json.dumps(row), f"{pace:.3f} s/step, {ring.made_hours():.1f} h of voices", flush=True)
            if not np.isfinite(now["letters"]):
                raise FloatingPointError(f"Expected finite losses, got {now}")
        if time.time() - saved > 60:
            save(args.out, "last", average)
            saved = time.time()
    save(args.out, "last", average)
    hours = step * args.batch * 10 / 3600
    print(f"{step} steps, {hours:.0f} h heard, {ring.made_hours():.0f} h of voices made", flush=True)


if __name__ == "__main__":
    main()
