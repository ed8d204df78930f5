"""The list of all pages: the one source for the sidebar, each page's header, the home page and the papers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGES_FOLDER = Path(__file__).absolute().parents[1]


@dataclass(frozen=True)
class Paper:
    """A source, as it is cited on a page."""

    title: str
    authors: str
    year: int
    url: str


@dataclass(frozen=True)
class Page:
    """One page: its file's name, its header and its place on the line of a training step."""

    name: str
    title: str
    sentence: str
    formula: str
    places: tuple[str, ...] = ()
    lesson: str = ""
    papers: tuple[Paper, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the page's script is there."""
        return (PAGES_FOLDER / f"{self.name}.py").is_file()


# The training step in the order of execution: each place, and the short labels of what stands on it.
LINE: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("batch", (("image_augmentation", "augment"), ("text_augmentation", "text"), ("mixup", "mixup"))),
    ("target", (("label_smoothing", "smoothing"), ("mixup", "mixup"))),
    ("unit", (("dropout", "dropout"), ("dropout_in_practice", "schedules"))),
    ("branch", (("stochastic_depth", "stochastic depth"),)),
    ("gradient", (("l2", "l2"), ("gradient_clipping", "clipping"))),
    ("weights", (("l2", "decay"), ("l1", "l1"))),
    ("after", (("early_stopping", "early stopping"),)),
)
PLACES = tuple(place for place, _ in LINE)

TECHNIQUES: tuple[Page, ...] = (
    Page(
        "overfitting",
        "Overfitting",
        "A model with room to spare learns the noise of its training data, and is wrong between the points.",
        r"\text{expected error} = \text{bias}^2 + \text{variance} + \text{noise}",
        (),
        "Overfitting is memorizing instead of generalizing.",
        (
            Paper(
                "Neural networks and the bias/variance dilemma",
                "Geman, Bienenstock, Doursat",
                1992,
                "https://doi.org/10.1162/neco.1992.4.1.1",
            ),
            Paper(
                "Understanding deep learning requires rethinking generalization",
                "Zhang, Bengio, Hardt, Recht, Vinyals",
                2017,
                "https://arxiv.org/abs/1611.03530",
            ),
            Paper(
                "Reconciling modern machine learning practice and the bias-variance trade-off",
                "Belkin, Hsu, Ma, Mandal",
                2019,
                "https://arxiv.org/abs/1812.11118",
            ),
        ),
    ),
    Page(
        "l2",
        "L2 / weight decay",
        "Each step pulls every weight a little towards zero, so that only weights the data insists on stay large.",
        r"w \leftarrow w - \eta\,\nabla L(w) - \eta\,\lambda\,w",
        ("gradient", "weights"),
        "Weight decay prefers small weights.",
        (
            Paper(
                "A simple weight decay can improve generalization",
                "Krogh, Hertz",
                1992,
                "https://proceedings.neurips.cc/paper/1991/hash/8eefcfdf5990e441f0fb6f3fad709e21-Abstract.html",
            ),
            Paper(
                "Decoupled weight decay regularization", "Loshchilov, Hutter", 2019, "https://arxiv.org/abs/1711.05101"
            ),
            Paper(
                "Ridge regression: biased estimation for nonorthogonal problems",
                "Hoerl, Kennard",
                1970,
                "https://doi.org/10.1080/00401706.1970.10488634",
            ),
        ),
    ),
    Page(
        "l1",
        "L1 / sparsity",
        "A constant pull towards zero, whatever a weight's size: small weights reach zero exactly and stay there.",
        r"w \leftarrow \operatorname{sign}(w)\,\max(|w| - \eta\,\lambda,\ 0)",
        ("weights",),
        "L1 sets weights to exactly zero.",
        (
            Paper(
                "Regression shrinkage and selection via the lasso",
                "Tibshirani",
                1996,
                "https://doi.org/10.1111/j.2517-6161.1996.tb02080.x",
            ),
            Paper(
                "Least angle regression",
                "Efron, Hastie, Johnstone, Tibshirani",
                2004,
                "https://arxiv.org/abs/math/0406456",
            ),
            Paper("Stability selection", "Meinshausen, Bühlmann", 2010, "https://arxiv.org/abs/0809.2932"),
        ),
    ),
    Page(
        "dropout",
        "Dropout",
        "In every training pass each unit is silenced with probability $p$, and the rest are scaled by $1/(1-p)$, "
        "so that no unit can lean on another.",
        r"\tilde h = \frac{m \odot h}{1 - p}, \qquad m_i \sim \operatorname{Bernoulli}(1 - p)",
        ("unit",),
        "Dropout silences units at random: the others must do without them.",
        (
            Paper(
                "Dropout: a simple way to prevent neural networks from overfitting",
                "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov",
                2014,
                "https://jmlr.org/papers/v15/srivastava14a.html",
            ),
            Paper("Dropout as a Bayesian approximation", "Gal, Ghahramani", 2016, "https://arxiv.org/abs/1506.02142"),
            Paper(
                "Understanding the disharmony between dropout and batch normalization by variance shift",
                "Li, Chen, Hu, Yang",
                2018,
                "https://arxiv.org/abs/1801.05134",
            ),
        ),
    ),
    Page(
        "dropout_in_practice",
        "Dropout in practice",
        "Which layers to drop, and how much: a rate for the inputs, one for each hidden layer, none for the outputs.",
        r"p = (p_{\text{input}},\ p_1,\ \dots,\ p_L,\ 0)",
        ("unit",),
        "",
        (
            Paper(
                "Dropout: a simple way to prevent neural networks from overfitting",
                "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov",
                2014,
                "https://jmlr.org/papers/v15/srivastava14a.html",
            ),
            Paper(
                "Understanding the disharmony between dropout and batch normalization by variance shift",
                "Li, Chen, Hu, Yang",
                2018,
                "https://arxiv.org/abs/1801.05134",
            ),
        ),
    ),
    Page(
        "early_stopping",
        "Early stopping",
        "Train on, watch the validation loss, and return to the weights of its lowest point.",
        r"t^* = \arg\min_t\ L_{\text{validation}}(w_t)",
        ("after",),
        "Early stopping keeps the best epoch.",
        (Paper("Early stopping - but when?", "Prechelt", 1998, "https://doi.org/10.1007/3-540-49430-8_3"),),
    ),
    Page(
        "image_augmentation",
        "Image augmentation",
        "Train on shifted, turned and zoomed copies, and the network learns what does not matter.",
        r"x \leftarrow T_\theta(x), \qquad y \text{ unchanged}",
        ("batch",),
        "Augmentation teaches what does not matter.",
        (
            Paper(
                "AutoAugment: learning augmentation policies from data",
                "Cubuk, Zoph, Mané, Vasudevan, Le",
                2019,
                "https://arxiv.org/abs/1805.09501",
            ),
            Paper(
                "RandAugment: practical automated data augmentation with a reduced search space",
                "Cubuk, Zoph, Shlens, Le",
                2020,
                "https://arxiv.org/abs/1909.13719",
            ),
        ),
    ),
    Page(
        "text_augmentation",
        "Text augmentation",
        "Say the same thing in other words: synonyms, swaps, deletions, and there and back through another language.",
        r"\text{sentence} \rightarrow \text{variant}, \qquad y \text{ unchanged}",
        ("batch",),
        "",
        (
            Paper(
                "EDA: easy data augmentation techniques for boosting performance on text classification tasks",
                "Wei, Zou",
                2019,
                "https://arxiv.org/abs/1901.11196",
            ),
            Paper(
                "The mathematics of statistical machine translation: parameter estimation",
                "Brown, Della Pietra, Della Pietra, Mercer",
                1993,
                "https://aclanthology.org/J93-2003/",
            ),
        ),
    ),
    Page(
        "mixup",
        "Mixup & CutMix",
        "Train on blends of two examples with blended labels, so that the model is smooth between its data.",
        r"x = \lambda x_i + (1-\lambda)\,x_j, \quad y = \lambda y_i + (1-\lambda)\,y_j, \quad "
        r"\lambda \sim \operatorname{Beta}(\alpha, \alpha)",
        ("batch", "target"),
        "",
        (
            Paper(
                "mixup: beyond empirical risk minimization",
                "Zhang, Cisse, Dauphin, Lopez-Paz",
                2018,
                "https://arxiv.org/abs/1710.09412",
            ),
            Paper(
                "CutMix: regularization strategy to train strong classifiers with localizable features",
                "Yun, Han, Oh, Chun, Choe, Yoo",
                2019,
                "https://arxiv.org/abs/1905.04899",
            ),
        ),
    ),
    Page(
        "label_smoothing",
        "Label smoothing",
        "Ask for a little less than certainty: a share of each target is spread over all classes.",
        r"y \leftarrow (1-\varepsilon)\,y + \varepsilon / K",
        ("target",),
        "Label smoothing tempers confidence.",
        (
            Paper(
                "Rethinking the inception architecture for computer vision",
                "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
                2016,
                "https://arxiv.org/abs/1512.00567",
            ),
            Paper(
                "When does label smoothing help?", "Müller, Kornblith, Hinton", 2019, "https://arxiv.org/abs/1906.02629"
            ),
            Paper(
                "On calibration of modern neural networks",
                "Guo, Pleiss, Sun, Weinberger",
                2017,
                "https://arxiv.org/abs/1706.04599",
            ),
        ),
    ),
    Page(
        "stochastic_depth",
        "Stochastic depth",
        "In every training pass whole residual blocks are skipped, so a deep network trains like many shallower ones.",
        r"h_{l+1} = h_l + \frac{b_l}{1-p_l}\,f_l(h_l), \qquad b_l \sim \operatorname{Bernoulli}(1-p_l)",
        ("branch",),
        "",
        (
            Paper(
                "Deep networks with stochastic depth",
                "Huang, Sun, Liu, Sedra, Weinberger",
                2016,
                "https://arxiv.org/abs/1603.09382",
            ),
            Paper(
                "Training data-efficient image transformers and distillation through attention",
                "Touvron, Cord, Douze, Massa, Sablayrolles, Jégou",
                2021,
                "https://arxiv.org/abs/2012.12877",
            ),
        ),
    ),
    Page(
        "gradient_clipping",
        "Gradient clipping",
        "A gradient longer than the limit is shortened to it: the direction stays, the leap does not.",
        r"g \leftarrow g \cdot \min\!\left(1,\ \frac{c}{\lVert g \rVert}\right)",
        ("gradient",),
        "",
        (
            Paper(
                "On the difficulty of training recurrent neural networks",
                "Pascanu, Mikolov, Bengio",
                2013,
                "https://arxiv.org/abs/1211.5063",
            ),
        ),
    ),
)

COMBINED = Page(
    "combined_strategy",
    "Combined strategy",
    "Type what your run showed. Read what it means and which settings to try, and watch them proved on real data.",
    "",
    PLACES,
    "Combine: weight decay, augmentation, early stopping.",
    (
        Paper(
            "Deep Learning Tuning Playbook",
            "Godbole, Dahl, Gilmer, Shallue, Nado",
            2023,
            "https://github.com/google-research/tuning_playbook",
        ),
        Paper(
            "Well-tuned simple nets excel on tabular datasets",
            "Kadra, Lindauer, Hutter, Grabocka",
            2021,
            "https://arxiv.org/abs/2106.11189",
        ),
        Paper(
            "How to train your ViT? Data, augmentation, and regularization in vision transformers",
            "Steiner, Kolesnikov, Zhai, Wightman, Uszkoreit, Beyer",
            2021,
            "https://arxiv.org/abs/2106.10270",
        ),
    ),
)

ALL_TECHNIQUES = Page(
    "all_techniques",
    "All techniques",
    "Every technique on the same data, each at the strength that validation chooses: what it brings there, alone and "
    "with others, and what a step then costs.",
    "",
    (),
    "",
    (
        Paper(
            "Well-tuned simple nets excel on tabular datasets",
            "Kadra, Lindauer, Hutter, Grabocka",
            2021,
            "https://arxiv.org/abs/2106.11189",
        ),
    ),
)

YOUR_DATA = Page(
    "your_data",
    "Your data",
    "Give a table of your own. Read what is in it, let a network learn it, and see which settings help it there.",
    "",
    (),
    "",
    (
        Paper(
            "Well-tuned simple nets excel on tabular datasets",
            "Kadra, Lindauer, Hutter, Grabocka",
            2021,
            "https://arxiv.org/abs/2106.11189",
        ),
        Paper(
            "Why do tree-based models still outperform deep learning on typical tabular data?",
            "Grinsztajn, Oyallon, Varoquaux",
            2022,
            "https://arxiv.org/abs/2207.08815",
        ),
    ),
)

HOME = Page(
    "home",
    "reglab: watch regularization work",
    "What keeps a neural network from learning its training data by heart: every technique tried on real runs that "
    "train while you watch, and advice on runs and data of your own.",
    "",
)

PAGES: dict[str, Page] = {page.name: page for page in (HOME, *TECHNIQUES, ALL_TECHNIQUES, COMBINED, YOUR_DATA)}
