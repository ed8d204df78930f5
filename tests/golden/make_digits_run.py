"""Write pages/ui/digits_run.csv: the log of a training on digits, the example with a curve of the combined strategy."""

import csv
import io
from pathlib import Path

from reglab import fit
from reglab.settings import Settings, Training

FILE = Path(__file__).resolve().parents[2] / "pages" / "ui" / "digits_run.csv"
N_TRAIN, N_VAL = 100, 400
SETTINGS, TRAINING = Settings(dropout=0.1), Training(max_steps=2000, batch_size=32, eval_steps=30)
COLUMNS = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")


def made() -> str:
    """Return the log of seed 0: clean losses and accuracies at every evaluation."""
    run = fit("digits", SETTINGS, TRAINING, n_train=N_TRAIN, n_val=N_VAL, seeds=[0])
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["optimizer_step", *COLUMNS])
    for at, step in enumerate(run.steps.tolist()):
        rows.writerow([step, *(f"{getattr(run, name)[0, 0, at]:.4g}" for name in COLUMNS)])
    return text.getvalue()


if __name__ == "__main__":
    FILE.write_text(made(), "utf-8")
