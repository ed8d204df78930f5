"""Write image_augmentation.json: SciPy's bilinear affine transforms of one image."""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.ndimage import affine_transform

CASES = {
    "shift": (np.eye(2), (0.4, -1.7)),
    "rotation": (np.array([[0.8, -0.6], [0.6, 0.8]]), (0.0, 0.0)),
    "zoom in": (np.eye(2) / 1.3, (0.0, 0.0)),
    "zoom out": (np.eye(2) * 1.7, (0.2, 0.3)),
    "shear": (np.array([[1.0, 0.4], [0.0, 1.0]]), (0.0, 0.5)),
    "all": (np.array([[0.9, -0.5], [0.3, 1.2]]), (-0.8, 1.1)),
    "far outside": (np.eye(2), (20.0, -20.0)),
}


def main() -> None:
    image = np.random.default_rng(0).random((6, 9)).round(3)
    centre = (np.array(image.shape) - 1) / 2
    cases = []
    for name, (matrix, shift) in CASES.items():
        offset = centre + np.array(shift) - matrix @ centre
        expected = affine_transform(image, matrix, offset, order=1, mode="grid-constant")
        cases.append({"name": name, "matrix": matrix.tolist(), "shift": shift, "expected": expected.tolist()})
    golden = {
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
        "image": image.tolist(),
        "cases": cases,
    }
    Path(__file__).with_name("image_augmentation.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
