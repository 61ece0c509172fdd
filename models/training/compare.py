"""Onset differences between two folders of predictions, such as int8 against float32."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np


def onsets(path: Path) -> np.ndarray:
    """Word onsets of one prediction, seconds."""
    return np.array([word[0] for word in json.loads(path.read_text())["words"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    args = parser.parse_args()
    pooled = []
    for path in sorted(args.one.glob("*.json")):
        difference = np.abs(onsets(path) - onsets(args.other / path.name))
        pooled.append(difference)
        print(f"{path.stem[:46]:46} median {np.median(difference):.3f} s, over 0.1 s: {(difference > 0.1).mean():.3f}")
    both = np.concatenate(pooled)
    near, far = (both < 0.021).mean(), (both > 0.1).mean()
    print(f"all {len(both)}: median {np.median(both):.3f} s, within 0.02 s {near:.3f}, over 0.1 s {far:.3f}")


if __name__ == "__main__":
    main()
