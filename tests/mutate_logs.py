"""Logs with something changed in them: python -m tests.mutate_logs 10000 says how many are read, and how fast."""

import sys
import time
from pathlib import Path

import numpy as np

from reglab.logs import CurveError, read_log

LOGS = Path(__file__).parent / "data" / "logs"
WHOLES = sorted(path for path in LOGS.rglob("*") if path.is_file())
PIECES = [
    *(b"epoch", b"loss", b"val_loss", b"\n", b"\n\n", b",", b";", b"\t", b" ", b"1", b"2.5", b"nan", b"-inf", b"1e999"),
    *(b"{", b"}", b"[", b"]", b"(", b")", b":", b"=", b"|", b'"', b"'", b"\\", b"\r", b"\x08", b"\x1b[1m", b"\x00"),
    *(b"null", b"None", b"#", b"%", b"\xff", b"\xe2\x80\xa8", b"- ", b"Epoch 3/10", b"tensor(", b"<tr>", b"5,000"),
]


def mutants(seed, count):
    """Yield the name and the bytes of logs with a few changes each."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        path = WHOLES[rng.integers(len(WHOLES))]
        raw = bytearray(path.read_bytes())
        for _ in range(int(rng.integers(1, 6))):
            at, end = sorted(rng.integers(0, len(raw) + 1, 2).tolist())
            kind = rng.integers(7)
            if kind == 0 and raw:
                raw[min(at, len(raw) - 1)] = int(rng.integers(256))
            elif kind == 1:
                raw[at:at] = PIECES[rng.integers(len(PIECES))] * int(rng.integers(1, 4))
            elif kind == 2:
                del raw[at : min(end, at + 40)]
            elif kind == 3:
                raw[at:at] = raw[at : min(end, at + 400)]
            elif kind == 4 and rng.random() < 0.3:
                del raw[at:]
            elif kind == 5:
                other = WHOLES[rng.integers(len(WHOLES))].read_bytes()
                raw[at:at] = other[: int(rng.integers(1, 600))]
            elif kind == 6:
                lines = raw.split(b"\n")
                rng.shuffle(lines)
                raw = bytearray(b"\n".join(lines)) if rng.random() < 0.2 else raw
        yield path.name if rng.random() < 0.5 else None, bytes(raw)


def attempt(source, name=None):
    """Return the curve, or the sentence that says why there is none; and how many seconds of the processor it took."""
    start = time.process_time()
    try:
        outcome = read_log(source, name).curve()
    except CurveError as error:
        outcome = str(error)
    return outcome, time.process_time() - start


if __name__ == "__main__":
    read, slowest, refused = 0, 0.0, {}
    for changed, log in mutants(int(sys.argv[2]) if len(sys.argv) > 2 else 1, int(sys.argv[1])):
        answer, seconds = attempt(log, changed)
        slowest = max(slowest, seconds)
        if isinstance(answer, str):
            assert "\n" not in answer
            assert answer.endswith(".")
            refused[answer[:40]] = refused.get(answer[:40], 0) + 1
        else:
            read += 1
    print(f"{read} read, {sum(refused.values())} refused, the slowest took {slowest:.2f} s")
    for sentence, times in sorted(refused.items(), key=lambda entry: -entry[1])[:20]:
        print(f"{times:6} {sentence}")
