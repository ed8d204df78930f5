"""Settings as framework code: the same training in PyTorch, Keras or scikit-learn, with the conventions converted.

Each framework has one template, which reads like the code it becomes. The column on its left names what has to be on
for a line to appear (`!` is off), so a technique is a few lines with its name beside them. `$name` is a value.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from string import Template
from typing import Any, TypeVar

from reglab import checks, stochastic_depth
from reglab.engine.batch_norm import EPSILON as BATCH_EPSILON
from reglab.engine.batch_norm import MOMENTUM
from reglab.engine.optimizers import BETA1, BETA2, EPSILON
from reglab.image_augmentation import ROTATION, SHIFT, SIGNAL_GAIN, SIGNAL_SHIFT, ZOOM
from reglab.settings import Settings, Training, check_whole

FRAMEWORKS = ("PyTorch", "Keras", "scikit-learn")
TASKS = ("tabular", "image", "signal", "points")

Told = TypeVar("Told", Settings, Training)

# --- the templates; a line appears where all that its left column names is on ---

HEADER = """
                      | # Trains a $layout network on the NumPy arrays x_train, y_train, x_val, y_val:
                      | # x of shape (rows, $n_features) in raw units, y of shape (rows,), $targets.
"""

STANDARDISE = """
                      |
one_scale             | # One scale for all inputs, by the training rows.
one_scale             | centre, scale = x_train.mean(), x_train.std()
!one_scale            | # Each feature by its training rows.
!one_scale            | centre, scale = x_train.mean(axis=0), x_train.std(axis=0)
!one_scale            | scale[scale <= 1e-6 * abs(centre)] = 1  # a constant feature
"""

NUMPY_BATCHES = '''
                      |
                      |
augment image         | def augment(rows):
augment image         |     """Move each image: $far."""
augment image         |     images = rows.reshape(-1, $height, $width, $channels)
augment image         |     middle = np.array([($height - 1) / 2, ($width - 1) / 2, 0])
augment image         |     moved = []
augment image         |     for image, draws in zip(images, rng.uniform(-1, 1, (len(rows), 4))):
augment image         |         down, right = draws[0] * $shift * $height, draws[1] * $shift * $width
augment image         |         angle, zoom = draws[2] * np.deg2rad($degrees), 1 + draws[3] * $zoom
augment image         |         cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
augment image         |         matrix = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
augment image         |         offset = middle - matrix @ middle + (down, right, 0)
augment image         |         corner = image[0, 0]  # the colour that enters from outside
augment image         |         image = affine_transform(image - corner, matrix, offset, order=1, mode="grid-constant")
augment image         |         moved.append(corner + image)
augment image         |     return np.reshape(moved, rows.shape)
augment image         |
augment image         |
augment signal        | def augment(rows):
augment signal        |     """Move each signal: $far; its ends are extended."""
augment signal        |     at = np.arange(rows.shape[1])
augment signal        |     moved = []
augment signal        |     for row, (shift, gain) in zip(rows, rng.uniform(-1, 1, (len(rows), 2))):
augment signal        |         row = np.interp(at + shift * $signal_shift * len(at), at, row)
augment signal        |         moved.append(row * (1 + gain * $signal_gain))
augment signal        |     return np.array(moved)
augment signal        |
augment signal        |
cutmix !sklearn       | def cutmix(rows, targets):
cutmix !sklearn       |     """Paste a box of another image into each; the box's share mixes the targets."""
cutmix !sklearn       |     lam = rng.beta($cutmix_alpha, $cutmix_alpha)
cutmix !sklearn       |     partner = rng.permutation(len(rows))
cutmix !sklearn       |     row, column = rng.integers($height), rng.integers($width)
cutmix !sklearn       |     down, across = (int(n * (1 - lam) ** 0.5) // 2 for n in ($height, $width))
cutmix !sklearn       |     box = np.zeros(($height, $width, $channels), bool)  # its border clips the box
cutmix !sklearn       |     box[max(row - down, 0) : row + down, max(column - across, 0) : column + across] = True
cutmix !sklearn       |     lam = 1 - box.mean()
cutmix !sklearn       |     mixed = np.where(box.ravel(), rows[partner], rows)
cutmix !sklearn       |     return mixed, (lam * targets + (1 - lam) * targets[partner]).astype("float32")
cutmix !sklearn       |
cutmix !sklearn       |
                      | def batches():
                      |     order = np.empty(0, int)
                      |     while True:
                      |         if len(order) < batch_size:  # one more pass through the rows, in a new order
                      |             order = np.append(order, rng.permutation(len(x)))
                      |         rows, order = order[:batch_size], order[batch_size:]
                      |         xb, yb = x[rows], y[rows]
augment               |         xb = augment(xb)
input_noise           |         xb = xb + $input_noise * rng.standard_normal(xb.shape)  # input noise
mixup !cutmix !sklearn|         lam = rng.beta($mixup_alpha, $mixup_alpha)  # mixup
mixup !cutmix !sklearn|         partner = rng.permutation(batch_size)
mixup !cutmix !sklearn|         xb, yb = (lam * a + (1 - lam) * a[partner] for a in (xb, yb))
cutmix !mixup !sklearn|         xb, yb = cutmix(xb, yb)
cutmix mixup !sklearn |         if rng.random() < $switch_prob:  # one of the two in each batch
cutmix mixup !sklearn |             xb, yb = cutmix(xb, yb)
cutmix mixup !sklearn |         else:
cutmix mixup !sklearn |             lam = rng.beta($mixup_alpha, $mixup_alpha)  # mixup
cutmix mixup !sklearn |             partner = rng.permutation(batch_size)
cutmix mixup !sklearn |             xb, yb = (lam * a + (1 - lam) * a[partner] for a in (xb, yb))
input_dropout sklearn |         kept = rng.random(xb.shape) >= $input_dropout  # input dropout
input_dropout sklearn |         xb = xb * kept / (1 - $input_dropout)
                      |         yield xb, yb
                      |
                      |
'''

PYTORCH = (
    HEADER
    + """
                      |
restore               | import copy
math                  | import math
math                  |
                      | import torch
                      | import torch.nn.functional as F
                      | from torch import nn
                      |
                      | torch.manual_seed(0)
                      | learning_rate = $learning_rate
                      | batch_size = min($batch_size, len(x_train))
"""
    + STANDARDISE
    + '''
                      | x, x_held = (torch.tensor((a - centre) / scale).float() for a in (x_train, x_val))
classes               | y, y_held = (torch.tensor(a).long() for a in (y_train, y_val))
!classes              | y, y_held = (torch.tensor(a).float()[:, None] for a in (y_train, y_val))
                      |
residual              |
residual              | class Residual(nn.Module):
residual              |     """Adds its branch to its input."""
residual              |
residual              |     def __init__(self, *branch, drop_path=0.0):
residual              |         super().__init__()
residual              |         self.branch, self.drop_path = nn.Sequential(*branch), drop_path
residual              |
residual              |     def forward(self, h):
residual              |         branch = self.branch(h)
drop_path_rate        |         kept = F.dropout(torch.ones(len(h), 1), self.drop_path, self.training)  # of each row
drop_path_rate        |         branch = branch * kept
residual              |         return h + branch
residual              |
residual              |
                      | model = nn.Sequential(
input_dropout         |     nn.Dropout($input_dropout),  # of the inputs
                      | $torch_layers
                      | )
                      | weights = [p for p in model.parameters() if p.ndim == 2]
weight_decay !sgd     | others = [p for p in model.parameters() if p.ndim == 1]
                      | for name, p in model.named_parameters():
                      |     if p.ndim == 2:
                      |         nn.init.kaiming_normal_(p)  # He: deviation sqrt(2 / fan_in)
                      |     elif name.endswith("bias"):
                      |         nn.init.zeros_(p)
residual              | for w in weights[1:-1]:
residual              |     w.data /= math.sqrt($blocks)  # so that their sum does not grow with depth
                      |
sgd                   | optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=$momentum)
!sgd !weight_decay    | optimizer = torch.optim.Adam(
!sgd !weight_decay    |     model.parameters(), lr=learning_rate, betas=($beta1, $beta2), eps=$epsilon
!sgd !weight_decay    | )
!sgd weight_decay     | optimizer = torch.optim.AdamW(
!sgd weight_decay     |     [
!sgd weight_decay     |         {"params": weights, "weight_decay": $weight_decay},
!sgd weight_decay     |         {"params": others, "weight_decay": 0},
!sgd weight_decay     |     ],
!sgd weight_decay     |     lr=learning_rate, betas=($beta1, $beta2), eps=$epsilon,
!sgd weight_decay     | )
                      |
                      |
augment image         | def augment(rows):
augment image         |     """Move each image: $far."""
augment image         |     images = rows.view(-1, $height, $width, $channels).permute(0, 3, 1, 2)
augment image         |     down, right, turn, zoom = (2 * torch.rand(len(rows), 4) - 1).unbind(1)
augment image         |     angle, zoom = math.radians($degrees) * turn, 1 + $zoom * zoom
augment image         |     cos, sin = angle.cos() / zoom, angle.sin() / zoom
augment image         |     # affine_grid counts from -1 to 1 over the side
augment image         |     theta = [cos, sin$tall, 2 * $shift * right, -sin$wide, cos, 2 * $shift * down]
augment image         |     theta = torch.stack(theta, dim=1).view(-1, 2, 3)
augment image         |     grid = F.affine_grid(theta, images.shape, align_corners=False)
augment image         |     corner = images[:, :, :1, :1]  # the colour that enters from outside
augment image         |     moved = corner + F.grid_sample(images - corner, grid, align_corners=False)
augment image         |     return moved.permute(0, 2, 3, 1).flatten(1)
augment image         |
augment image         |
augment signal        | def augment(rows):
augment signal        |     """Move each signal: $far; its ends are extended."""
augment signal        |     length = rows.shape[1]
augment signal        |     shift, gain = (2 * torch.rand(len(rows), 2) - 1).unbind(1)
augment signal        |     at = torch.arange(length) + $signal_shift * length * shift[:, None]
augment signal        |     at = at.clamp(0, length - 1)
augment signal        |     left = at.long().clamp(max=length - 2)
augment signal        |     moved = torch.lerp(rows.gather(1, left), rows.gather(1, left + 1), at - left)
augment signal        |     return moved * (1 + $signal_gain * gain[:, None])
augment signal        |
augment signal        |
cutmix                | def cutmix(rows, targets):
cutmix                |     """Paste a box of another image into each; the box's share mixes the targets."""
cutmix                |     lam = torch.distributions.Beta($cutmix_alpha, $cutmix_alpha).sample()
cutmix                |     partner = torch.randperm(len(rows))
cutmix                |     row, column = torch.randint($height, ()), torch.randint($width, ())
cutmix                |     down, across = (int(n * (1 - lam).sqrt()) // 2 for n in ($height, $width))
cutmix                |     box = torch.zeros($height, $width, $channels, dtype=torch.bool)  # its border clips the box
cutmix                |     box[max(row - down, 0) : row + down, max(column - across, 0) : column + across] = True
cutmix                |     lam = 1 - box.float().mean()
cutmix                |     mixed = torch.where(box.flatten(), rows[partner], rows)
cutmix                |     return mixed, lam * targets + (1 - lam) * targets[partner]
cutmix                |
cutmix                |
                      | @torch.no_grad()
                      | def clean_loss():
                      |     """Evaluate on the validation rows, without anything that is for training alone."""
                      |     model.eval()
classes               |     loss = F.cross_entropy(model(x_held), y_held)
!classes              |     loss = F.mse_loss(model(x_held), y_held) / 2
                      |     model.train()
                      |     return loss.item()
                      |
                      |
patience              | # Evaluate after these steps, densely at first.
patience              | counts = range(1, $eval_steps + 1)
patience              | evaluations = {math.ceil($max_steps * i**2 / $eval_steps**2) for i in counts}
patience              | best, bad = math.inf, 0
restore               | kept = copy.deepcopy(model.state_dict())
                      | order = torch.empty(0, dtype=torch.long)
                      | for step in range(1, $max_steps + 1):
                      |     if len(order) < batch_size:  # one more pass through the rows, in a new order
                      |         order = torch.cat([order, torch.randperm(len(x))])
                      |     rows, order = order[:batch_size], order[batch_size:]
                      |     xb, yb = x[rows], y[rows]
augment               |     xb = augment(xb)
input_noise           |     xb = xb + $input_noise * torch.randn_like(xb)  # input noise
mixed                 |     yb = F.one_hot(yb, $n_classes).float()
mixup !cutmix         |     lam = torch.distributions.Beta($mixup_alpha, $mixup_alpha).sample()  # mixup
mixup !cutmix         |     partner = torch.randperm(batch_size)
mixup !cutmix         |     xb, yb = (lam * a + (1 - lam) * a[partner] for a in (xb, yb))
cutmix !mixup         |     xb, yb = cutmix(xb, yb)
cutmix mixup          |     if torch.rand(()) < $switch_prob:  # one of the two in each batch
cutmix mixup          |         xb, yb = cutmix(xb, yb)
cutmix mixup          |     else:
cutmix mixup          |         lam = torch.distributions.Beta($mixup_alpha, $mixup_alpha).sample()  # mixup
cutmix mixup          |         partner = torch.randperm(batch_size)
cutmix mixup          |         xb, yb = (lam * a + (1 - lam) * a[partner] for a in (xb, yb))
hard                  |     loss = F.cross_entropy(model(xb), yb)
label_smoothing       |     loss = F.cross_entropy(model(xb), yb, label_smoothing=$label_smoothing)
!classes              |     loss = F.mse_loss(model(xb), yb) / 2
l2                    |     loss = loss + $l2 / 2 * sum(w.square().sum() for w in weights)  # l2
                      |     optimizer.zero_grad()
                      |     loss.backward()
clip_value            |     nn.utils.clip_grad_value_(model.parameters(), clip_value=$clip_value)
clip_norm             |     nn.utils.clip_grad_norm_(model.parameters(), max_norm=$clip_norm)
sgd weight_decay      |     with torch.no_grad():  # decoupled, where weight_decay of torch.optim.SGD is l2
sgd weight_decay      |         for w in weights:
sgd weight_decay      |             w.mul_(1 - learning_rate * $weight_decay)
                      |     optimizer.step()
l1                    |     with torch.no_grad():  # l1 by its soft threshold, which makes exact zeros
l1                    |         for w in weights:
l1                    |             w.copy_(F.softshrink(w, learning_rate * $l1))
patience              |     if step in evaluations:
patience              |         val_loss = clean_loss()
patience !min_delta   |         if val_loss < best:
patience min_delta    |         if val_loss < best - $min_delta:
patience              |             best, bad = val_loss, 0
restore               |             kept = copy.deepcopy(model.state_dict())
patience              |         else:
patience              |             bad += 1
patience              |         if bad >= $patience:  # in evaluations
patience              |             break
restore               | model.load_state_dict(kept)
                      |
                      | val_loss = clean_loss()
                      | model.eval()
                      | print(f"validation loss {val_loss:.4f}")
'''
)

KERAS = (
    HEADER
    + """
patience              | # Other than reglab, it evaluates every $every steps, not densely at first$in_all.
batch_norm            | # Other than reglab, batch norm's running variance is not the unbiased one.
clip_value clip_norm  | # Other than reglab, Keras clips in one way only: clip_value $clip_value is left out.
                      |
                      | import keras
                      | import numpy as np
augment image         | from scipy.ndimage import affine_transform
                      |
                      | keras.utils.set_random_seed(0)
                      | rng = np.random.default_rng(0)
                      | learning_rate = $learning_rate
                      | batch_size = min($batch_size, len(x_train))
"""
    + STANDARDISE
    + """
                      | x, x_held = (((a - centre) / scale).astype("float32") for a in (x_train, x_val))
classes               | y, y_held = (np.eye($n_classes, dtype="float32")[a] for a in (y_train, y_val))
!classes              | y, y_held = (a.astype("float32")[:, None] for a in (y_train, y_val))
"""
    + NUMPY_BATCHES
    + '''
l1                    | class SoftThreshold(keras.constraints.Constraint):
l1                    |     """L1 by its soft threshold after each step, which makes exact zeros."""
l1                    |
l1                    |     def __call__(self, w):
l1                    |         return keras.ops.sign(w) * keras.ops.relu(keras.ops.abs(w) - learning_rate * $l1)
l1                    |
l1                    |
                      | def dense($dense_takes):
                      |     """Make a layer, with a He initializer of its own: a shared one would repeat its draws."""
!residual             |     he = keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")
residual              |     he = keras.initializers.VarianceScaling(scale, "fan_in", "untruncated_normal")
                      |     return keras.layers.Dense(
                      |         units,
batch_norm            |         use_bias=use_bias,
                      |         kernel_initializer=he,
l2                    |         kernel_regularizer=keras.regularizers.L2($half_l2),  # half of l2 $l2
l1                    |         kernel_constraint=SoftThreshold(),
                      |     )
                      |
                      |
residual              | class Residual(keras.layers.Layer):
residual              |     """Adds its branch to its input."""
residual              |
residual              |     def __init__(self, *branch, drop_path=0.0):
residual              |         super().__init__()
residual              |         self.branch = keras.Sequential(list(branch))
drop_path_rate        |         self.drop_path = keras.layers.Dropout(drop_path, noise_shape=(None, 1))  # of each row
residual              |
residual              |     def call(self, h, training=False):
residual              |         branch = self.branch(h, training=training)
drop_path_rate        |         branch = self.drop_path(branch, training=training)
residual              |         return h + branch
residual              |
residual              |
                      | def clean_loss(y, outputs):
                      |     """Return the loss without the penalties and smoothing that Keras puts into val_loss."""
classes               |     return keras.losses.categorical_crossentropy(y, outputs, from_logits=True)
!classes              |     return keras.ops.mean(keras.ops.square(y - outputs), axis=-1) / 2
                      |
                      |
                      | model = keras.Sequential([
                      |     keras.Input(($n_features,)),
input_dropout         |     keras.layers.Dropout($input_dropout),  # of the inputs
                      | $keras_layers
                      | ])
                      | optimizer = keras.optimizers.$keras_optimizer(
                      |     learning_rate,
sgd                   |     momentum=$momentum,
!sgd                  |     beta_1=$beta1,
!sgd                  |     beta_2=$beta2,
!sgd                  |     epsilon=$epsilon,  # added before the bias correction: in effect $first_epsilon at first
weight_decay          |     weight_decay=$weight_decay,
clip_norm             |     global_clipnorm=$clip_norm,
clip_value !clip_norm |     clipvalue=$clip_value,
                      | )
weight_decay !batch_norm| optimizer.exclude_from_weight_decay(var_names=["bias"])
weight_decay batch_norm| optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
!label_smoothing      | model.compile(optimizer, clean_loss, metrics=[clean_loss])
label_smoothing       | soft_loss = keras.losses.CategoricalCrossentropy(True, label_smoothing=$label_smoothing)
label_smoothing       | model.compile(optimizer, soft_loss, metrics=[clean_loss])
patience              | stopping = keras.callbacks.EarlyStopping(
patience              |     monitor="val_clean_loss",
patience              |     mode="min",
patience min_delta    |     min_delta=$min_delta,
patience              |     patience=$patience,
patience              |     restore_best_weights=$restore_best_weights,
patience              | )
                      | model.fit(
                      |     batches(),
                      |     steps_per_epoch=$every,
                      |     epochs=$epochs,
                      |     shuffle=False,  # batches() does
patience              |     validation_data=(x_held, y_held),
patience              |     callbacks=[stopping],
                      |     verbose=0,
                      | )
                      |
                      | val_loss = float(model.evaluate(x_held, y_held, verbose=0, return_dict=True)["clean_loss"])
                      | print(f"validation loss {val_loss:.4f}")
'''
)

SKLEARN = (
    HEADER
    + """
                      | # Other than reglab, scikit-learn cannot do:
batch_norm            | # - batch_norm
residual              | # - residual
drop_path_rate        | # - drop_path_rate $drop_path_rate
dropout               | # - dropout $dropout
mixup                 | # - mixup_alpha $mixup_alpha (it takes hard labels only)
cutmix                | # - cutmix_alpha $cutmix_alpha (it takes hard labels only)
mixup cutmix          | # - switch_prob $switch_prob
label_smoothing       | # - label_smoothing $label_smoothing (it takes hard labels only)
clip_norm             | # - clip_norm $clip_norm
clip_value            | # - clip_value $clip_value
two_classes           | # - two outputs for two classes (it has one)
                      | # - He's initialisation (it has Glorot's, and no zero biases)
                      |
restore               | import copy
patience              | import math
patience              |
                      | import numpy as np
augment image         | from scipy.ndimage import affine_transform
classes               | from sklearn.metrics import log_loss
classes               | from sklearn.neural_network import MLPClassifier
!classes              | from sklearn.neural_network import MLPRegressor
                      |
                      | rng = np.random.default_rng(0)
                      | learning_rate = $learning_rate
                      | batch_size = min($batch_size, len(x_train))
"""
    + STANDARDISE
    + """
                      | x, x_held = ((a - centre) / scale for a in (x_train, x_val))
                      | y = y_train
"""
    + NUMPY_BATCHES
    + '''
                      | def clean_loss():
                      |     """Evaluate on the validation rows, without the penalty."""
classes               |     return log_loss(y_val, model.predict_proba(x_held), labels=range($n_classes))
!classes              |     return np.mean((model.predict(x_held) - y_val) ** 2) / 2
                      |
                      |
classes               | model = MLPClassifier(
!classes              | model = MLPRegressor(
                      |     hidden_layer_sizes=$hidden_sizes,
sgd                   |     solver="sgd",
sgd                   |     momentum=$momentum,
sgd                   |     nesterovs_momentum=False,
!sgd                  |     solver="adam",
!sgd                  |     beta_1=$beta1,
!sgd                  |     beta_2=$beta2,
!sgd                  |     epsilon=$epsilon,  # added before the bias correction: in effect $first_epsilon at first
                      |     learning_rate_init=learning_rate,
                      |     batch_size=batch_size,
l2                    |     alpha=$l2 * batch_size,  # l2 $l2: scikit-learn divides the penalty by the batch's rows
!l2                   |     alpha=0,
                      |     random_state=0,
                      | )
                      |
patience              | # Evaluate after these steps, densely at first.
patience              | counts = range(1, $eval_steps + 1)
patience              | evaluations = {math.ceil($max_steps * i**2 / $eval_steps**2) for i in counts}
patience              | best, bad = math.inf, 0
restore               | kept = model
                      | for step, (xb, yb) in zip(range(1, $max_steps + 1), batches()):
classes               |     model.partial_fit(xb, yb, classes=range($n_classes))  # one step
!classes              |     model.partial_fit(xb, yb)  # one step
weight_decay          |     for w in model.coefs_:  # decoupled decay, just after the step
weight_decay          |         w *= 1 - learning_rate * $weight_decay
l1                    |     for w in model.coefs_:  # l1 by its soft threshold, which makes exact zeros
l1                    |         w[:] = np.sign(w) * np.maximum(abs(w) - learning_rate * $l1, 0)
patience              |     if step in evaluations:
patience              |         val_loss = clean_loss()
patience !min_delta   |         if val_loss < best:
patience min_delta    |         if val_loss < best - $min_delta:
patience              |             best, bad = val_loss, 0
restore               |             kept = copy.deepcopy(model)
patience              |         else:
patience              |             bad += 1
patience              |         if bad >= $patience:  # in evaluations
patience              |             break
restore               | model = kept
                      |
                      | val_loss = clean_loss()
                      | print(f"validation loss {val_loss:.4f}")
'''
)


def to_code(
    framework: str,
    settings: Settings,
    training: Training = Training(),
    *,
    n_features: int,
    n_classes: int | None,
    task: str = "tabular",
    image_shape: tuple[int, ...] | None = None,
) -> str:
    r"""Write a training as the code of a framework, complete but for the data.

    Parameters
    ----------
    framework : "PyTorch", "Keras" or "scikit-learn"
    settings : Settings
        Only what is switched on appears in the code.
    training : Training
    n_features : int
    n_classes : int or None
        None is regression.
    task : "tabular", "image", "signal" or "points"
        Says how inputs are standardised (one scale for all pixels, or one per feature) and augmented.
    image_shape : (height, width) or (height, width, channels), optional
        Needed where images are augmented or cut.

    Returns
    -------
    str
        Python code. It expects the NumPy arrays ``x_train, y_train, x_val, y_val`` (rows of raw inputs; class numbers
        or values), and leaves a trained ``model`` and its clean validation loss, ``val_loss``.

    Raises
    ------
    ValueError
        If an argument is out of its range, or a technique is on that the task does not allow.

    Notes
    -----
    What differs from `reglab.fit` is said in comments of the code. PyTorch does all of it. Keras evaluates at even
    distances. scikit-learn cannot do several techniques, and decays the weights just after a step, not just before.
    In both, Adam's epsilon is in effect larger at first (`reglab.engine.optimizers.Adam`).

    Examples
    --------
    >>> code = to_code("PyTorch", Settings(weight_decay=0.1), n_features=64, n_classes=10)
    >>> print("\n".join(line.strip() for line in code.splitlines() if "weight_decay" in line))
    {"params": weights, "weight_decay": 0.1},
    {"params": others, "weight_decay": 0},
    >>> code = to_code("scikit-learn", Settings(l2=0.01, dropout=0.5), n_features=64, n_classes=10)
    >>> print("\n".join(line.strip() for line in code.splitlines() if "alpha" in line or "dropout" in line))
    # - dropout 0.5
    alpha=0.01 * batch_size,  # l2 0.01: scikit-learn divides the penalty by the batch's rows
    """
    templates = dict(zip(FRAMEWORKS, (PYTORCH, KERAS, SKLEARN), strict=True))
    checks.one_of("framework", framework, FRAMEWORKS)
    for name, told, kind in (("settings", settings, Settings), ("training", training, Training)):
        if not isinstance(told, kind):
            raise ValueError(f"{name} must be a {kind.__name__}, got {checks.shown(told)}")
    image_shape = None if image_shape is None else checks.sizes("image_shape", image_shape)
    _check(settings, training, n_features, n_classes, task, image_shape)
    s, t = _plain(settings), _plain(training)
    on = _what_is_on(s, t, n_classes, task) | {"sklearn": framework == "scikit-learn"}
    return _fill(templates[framework], on, _values(s, t, n_features, n_classes, task, image_shape))


def _fill(template: str, on: dict[str, bool], values: dict[str, Any]) -> str:
    """Keep the lines whose conditions all hold, and put the values in."""
    kept = []
    for line in filter(None, template.splitlines()):
        conditions, _, code = line.partition("|")
        if all(on[word.lstrip("!")] != word.startswith("!") for word in conditions.split()):
            kept.append(Template(code[1:]).substitute(values))
    return "\n".join(kept) + "\n"


def _what_is_on(s: Settings, t: Training, n_classes: int | None, task: str) -> dict[str, bool]:
    """Return every word that a template's left column may hold, and whether it is on."""
    return {
        **{name: bool(value) for name, value in asdict(s).items()},
        "dropout": any(rate for _, rate, _ in _layers(s, t)),
        "residual": t.residual and len(t.hidden_sizes) > 1,
        "batch_norm": t.batch_norm and len(t.hidden_sizes) > 0,
        "restore": s.patience is not None and s.restore_best_weights,
        "sgd": t.optimizer == "sgd",
        "classes": n_classes is not None,
        "hard": n_classes is not None and not s.label_smoothing,
        "mixup": s.mixup_alpha > 0,
        "cutmix": s.cutmix_alpha > 0,
        "mixed": s.mixup_alpha > 0 or s.cutmix_alpha > 0,
        "two_classes": n_classes == 2,
        "image": task == "image",
        "signal": task == "signal",
        "one_scale": task in ("image", "signal"),
        "math": s.patience is not None or t.residual or (task == "image" and s.augment > 0),
    }


def _values(
    s: Settings,
    t: Training,
    n_features: int,
    n_classes: int | None,
    task: str,
    image_shape: tuple[int, ...] | None,
) -> dict[str, Any]:
    """Return what a template's `$name` may stand for."""
    sizes = (n_features, *t.hidden_sizes, n_classes or 1)
    every = max(1, round(t.max_steps / t.eval_steps)) if s.patience else t.max_steps
    epochs = max(1, round(t.max_steps / every))
    height, width = image_shape[:2] if image_shape else (1, n_features)
    return {
        **asdict(s),
        **asdict(t),
        **_ranges(s.augment, task),
        "n_features": n_features,
        "n_classes": n_classes,
        "layout": "-".join(map(str, sizes)),
        "targets": f"class numbers 0 to {n_classes - 1}" if n_classes else "numbers, best with mean 0 and variance 1",
        "torch_layers": _torch_layers(s, t, n_features, n_classes or 1),
        "keras_layers": _keras_layers(s, t, n_classes or 1),
        "dense_takes": "units" + ", scale=2.0" * t.residual + ", use_bias=True" * t.batch_norm,
        "blocks": len(t.hidden_sizes) - 1,
        "keras_optimizer": "SGD" if t.optimizer == "sgd" else "AdamW" if s.weight_decay else "Adam",
        "half_l2": _short(s.l2 / 2),
        "beta1": BETA1,
        "beta2": BETA2,
        "epsilon": EPSILON,
        "first_epsilon": f"{EPSILON / math.sqrt(1 - BETA2):.0g}",
        "every": every,
        "epochs": epochs,
        "in_all": "" if epochs * every == t.max_steps else f", and makes {epochs * every} steps, not {t.max_steps}",
        "height": height,
        "width": width,
        "channels": n_features // (height * width),
        "tall": "" if height == width else f" * {height} / {width}",
        "wide": "" if height == width else f" * {width} / {height}",
    }


def _layers(s: Settings, t: Training) -> list[tuple[int, float, float | None]]:
    """Return each hidden layer's size, its rate of dropout, and of drop path where it is a residual block."""
    sizes = t.hidden_sizes
    rates = s.dropout if isinstance(s.dropout, tuple) else (s.dropout,) * len(sizes)
    skips: list[float | None] = [None] * len(sizes)
    if t.residual:
        skips[1:] = map(_short, stochastic_depth.rates(s.drop_path_rate, len(sizes) - 1))
    return list(zip(sizes, rates, skips, strict=True))


def _torch_layers(s: Settings, t: Training, n_features: int, outputs: int) -> str:
    lines, fan_in = [], n_features
    for size, rate, skip in _layers(s, t):
        parts = [f"nn.Linear({fan_in}, {size}), "]
        if t.batch_norm:
            parts = [f"nn.Linear({fan_in}, {size}, bias=False), nn.BatchNorm1d({size}), "]
        parts += ["nn.ReLU()", f", nn.Dropout({rate})" if rate else ""]
        line = "".join(parts)
        if skip is not None:
            line = f"Residual({line}{f', drop_path={skip}' if s.drop_path_rate else ''})"
        lines.append(f"    {line},")
        fan_in = size
    return "\n".join([*lines, f"    nn.Linear({fan_in}, {outputs}),"])


def _keras_layers(s: Settings, t: Training, outputs: int) -> str:
    lines = []
    for size, rate, skip in _layers(s, t):
        scale = "" if skip is None else f", scale=2 / {len(t.hidden_sizes) - 1}"
        parts = [f"dense({size}{scale}{', use_bias=False' if t.batch_norm else ''})"]
        if t.batch_norm:
            parts.append(f"keras.layers.BatchNormalization(momentum={1 - MOMENTUM}, epsilon={BATCH_EPSILON})")
        parts.append("keras.layers.ReLU()")
        if rate:
            parts.append(f"keras.layers.Dropout({rate})")
        if skip is None:
            lines += [f"    {part}," for part in parts]
        else:
            if s.drop_path_rate:
                parts.append(f"drop_path={skip}")
            lines += ["    Residual(", *(f"        {part}," for part in parts), "    ),"]
    return "\n".join([*lines, f"    dense({outputs}),"])


def _ranges(m: float, task: str) -> dict[str, Any]:
    """Return how far augmentation of magnitude m goes, in numbers and in words."""
    shift, degrees, zoom = _short(m * SHIFT), _short(m * math.degrees(ROTATION)), _short(m * ZOOM)
    signal_shift, gain = _short(m * SIGNAL_SHIFT), _short(m * SIGNAL_GAIN)
    image_far = f"up to {shift:.4g} of its side, {degrees:.4g} degrees, zoom {zoom:.4g}"
    return {
        "shift": shift,
        "degrees": degrees,
        "zoom": zoom,
        "signal_shift": signal_shift,
        "signal_gain": gain,
        "far": image_far if task == "image" else f"up to {signal_shift:.4g} of its length, gain {gain:.4g}",
    }


def _short(value: float) -> float:
    """Return a number that is short to read, as Python's own float."""
    return float(f"{float(value):.12g}")


def _plain(told: Told) -> Told:
    """Return the same settings in Python's own numbers: NumPy's print their type too, and Keras refuses a rate of 1."""

    def plain(value: Any, whole: bool) -> Any:
        if isinstance(value, tuple):
            return tuple(plain(each, whole) for each in value)
        if value is None or isinstance(value, (bool, str)):
            return value
        return int(value) if whole else _short(value)

    counts = isinstance(told, Training)  # all its numbers are
    return type(told)(**{name: plain(value, counts or name == "patience") for name, value in asdict(told).items()})


def _check(
    s: Settings,
    t: Training,
    n_features: int,
    n_classes: int | None,
    task: str,
    image_shape: tuple[int, ...] | None,
) -> None:
    """Raise where an argument is out of its range."""
    check_whole("n_features", n_features, 1)
    if n_classes is not None:
        check_whole("n_classes", n_classes, 2)
    checks.one_of("task", task, TASKS)
    layers = len(t.hidden_sizes)
    if isinstance(s.dropout, tuple) and len(s.dropout) != layers:
        raise ValueError(f"dropout must have one rate per hidden layer ({layers}), got {s.dropout}")
    if s.drop_path_rate and not (t.residual and layers > 1):
        raise ValueError(f"drop_path_rate must be 0 unless residual is on, got {s.drop_path_rate}")
    if n_classes is None and (s.label_smoothing or s.mixup_alpha):
        raise ValueError("label_smoothing and mixup_alpha must be 0 for regression")
    if s.cutmix_alpha and (task != "image" or n_classes is None):
        raise ValueError(f"cutmix_alpha must be 0 unless the task is images of classes, got {s.cutmix_alpha}")
    if s.augment and task not in ("image", "signal"):
        raise ValueError(f"augment must be 0 for {task} rows, got {s.augment}")
    if (s.augment or s.cutmix_alpha) and task == "image" and image_shape is None:
        raise ValueError("image_shape must be given where images are augmented or cut, got None")
    if image_shape is not None:
        size = math.prod(image_shape)
        fits = size == n_features if len(image_shape) == 3 else size > 0 and n_features % size == 0
        if len(image_shape) not in (2, 3) or not fits:
            wanted = f"(height, width) or (height, width, channels) of {n_features} features"
            raise ValueError(f"image_shape must be {wanted}, got {image_shape}")
