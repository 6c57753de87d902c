"""Names that Keras, PyTorch, scikit-learn and everyday language use, and nncli's names for them.

Names are compared by their letters and digits alone: ``LeakyReLU`` is ``leaky_relu``.
"""

from collections.abc import Iterable, Mapping, Sequence

from nncli.base.words import closest


def by_other_name(table: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return what each other name means, in the order of a table from names to other names."""
    found: dict[str, tuple[str, ...]] = {}
    for name, others in table.items():
        for other in others:
            found[other] = (*found.get(other, ()), name)
    return found


# The keys of a config that a name may mean, the most likely first.
KEYS = by_other_name(
    {
        "training.learning_rate": (
            "lr", "rate", "learning_rate_init", "initial_lr", "base_lr", "step_size", "eta0",
            "eta"
        ),
        "training.epochs": (
            "epoch", "num_epochs", "n_epochs", "nb_epoch", "max_epochs", "max_iter", "n_iter"
        ),
        "training.steps": ("max_steps", "num_steps", "iterations", "updates"),
        "training.batch_size": ("bs", "batch", "minibatch", "minibatch_size"),
        "training.optimizer": ("solver", "optim", "algorithm"),
        "training.loss": (
            "criterion", "loss_fn", "loss_function", "objective", "cost", "cost_function"
        ),
        "training.schedule": ("scheduler", "lr_scheduler", "lr_schedule", "learning_rate_schedule"),
        "training.optimizer.weight_decay": ("weight_decay",),
        "training.l2": (
            "weight_decay", "alpha", "kernel_regularizer", "regularizer", "regularization",
            "l2_penalty", "l2_reg"
        ),
        "training.l1": ("l1_penalty", "l1_reg"),
        "training.dropout": ("dropout_rate", "drop_rate", "dropout_p"),
        "training.clip_norm": (
            "global_clipnorm", "max_grad_norm", "gradient_clip_val", "gradient_clipping"
        ),
        "training.max_norm": ("kernel_constraint",),
        "training.early_stopping": ("early_stop", "early_stopper"),
        "training.early_stopping.patience": ("n_iter_no_change",),
        "training.early_stopping.min_change": ("min_delta", "tol"),
        "training.optimizer.momentum": ("momentum",),
        "training.optimizer.nesterov": ("nesterov", "nesterovs_momentum"),
        "training.schedule.warmup": ("warmup", "warmup_epochs"),
        "training.precision": ("dtype", "floatx"),
        "training.engine": ("backend", "device"),
        "training.folds": ("cv", "n_splits", "num_folds", "k_fold", "k_folds"),
        "model.hidden_layers": (
            "hidden", "hidden_layer_sizes", "hidden_sizes", "hidden_size", "hidden_units",
            "layers", "layer_sizes", "units", "neurons", "architecture"
        ),
        "model.activation": ("activation_function", "hidden_activation", "nonlinearity"),
        "model.output": ("output_activation", "final_activation", "out_activation"),
        "model.initializer": (
            "kernel_initializer", "weight_initializer", "init", "weight_init", "initialization"
        ),
        "model.normalization": (
            "normalizer", "norm", "batch_norm", "batch_normalization", "layer_norm"
        ),
        "model.activation.slope": ("negative_slope",),
        "data.validation": (
            "validation_split", "validation_fraction", "validation_size", "val_split", "val_size",
            "val_fraction", "valid_size"
        ),
        "data.test": ("test_size", "test_split", "test_fraction"),
        "data.class_weight": ("class_weights",),
        "data.weight": ("sample_weight", "sample_weights", "row_weights"),
        "data.target": ("target_column", "label_column", "y_column"),
        "data.scale": ("scaler", "standardize", "normalize", "feature_scaling"),
        "seed": ("random_state", "random_seed", "manual_seed", "rng"),
    }
)  # fmt: skip

# The choices of a config that a name may mean; which one, depends on the key.
CHOICES = by_other_name(
    {
        "mean_squared_error": ("mse", "mse_loss"),
        "mean_absolute_error": ("mae", "l1", "l1_loss"),
        "huber": ("huber_loss", "smooth_l1", "smooth_l1_loss"),
        "hinge": ("hinge_loss",),
        "cross_entropy": (
            "categorical_crossentropy", "sparse_categorical_crossentropy", "cross_entropy_loss",
            "softmax_cross_entropy", "nll_loss", "log_loss"
        ),
        "sigmoid_cross_entropy": (
            "binary_crossentropy", "bce", "bce_loss", "bce_with_logits", "bce_with_logits_loss"
        ),
        "identity": ("linear", "none"),
        "sigmoid": ("logistic",),
        "silu": ("swish",),
        "softsign": ("elliotsig",),
        "step": (
            "heaviside", "threshold", "hard_threshold", "step_lr", "multi_step_lr", "step_decay",
            "staircase"
        ),
        "leaky_relu": ("lrelu", "leaky"),
        "xavier_normal": ("glorot", "glorot_normal", "xavier"),
        "xavier_uniform": ("glorot_uniform",),
        "he_normal": ("he", "kaiming", "kaiming_normal"),
        "he_uniform": ("kaiming_uniform",),
        "lecun_normal": ("lecun",),
        "normal": ("random_normal", "gaussian"),
        "uniform": ("random_uniform",),
        "zeros": ("zero",),
        "sgd": ("gradient_descent", "gd", "nesterov", "nag"),
        "exponential": ("exponential_lr", "exponential_decay"),
        "inverse_time": ("inverse_time_decay", "invscaling"),
        "cosine": ("cosine_annealing", "cosine_annealing_lr", "cosine_decay"),
        "plateau": ("reduce_lr_on_plateau", "adaptive"),
        "batch_norm": ("bn", "batch", "batch_normalization", "batch_norm1d"),
        "layer_norm": ("ln", "layer", "layer_normalization"),
        "standard": ("zscore", "standardize", "standard_scaler"),
        "minmax": ("min_max_scaler", "normalize"),
        "robust": ("robust_scaler",),
        "validation_loss": ("val_loss",),
        "validation_accuracy": ("val_accuracy", "val_acc"),
        "validation_roc_auc": ("val_auc",),
        "validation_mae": ("val_mae", "val_mean_absolute_error"),
    }
)  # fmt: skip


def letters(name: str) -> str:
    """Return the letters and digits of a name in lower case."""
    return "".join(filter(str.isalnum, name.casefold()))


# Their values are not those of the key that is meant: scikit-learn divides alpha by the batch size,
# Keras squares weights without the factor 1/2, and lists of layers may include inputs and outputs.
_OTHER_VALUES = ("alpha", "kernel_regularizer", "layers", "layer_sizes", "architecture")
# Names of parameters of a choice, too: the step size of StepLR is in epochs, and the alpha of
# RMSprop is a decay.
_OF_CHOICES = ("alpha", "step_size")

_CHOICES_BY_LETTERS = {letters(each): means for each, means in CHOICES.items()}
_KEYS_BY_LETTERS = {letters(each): means for each, means in KEYS.items()}


def keys_meant(name: str, *, in_choice: bool = False) -> tuple[str, ...]:
    """Return the keys of a config that another name of a key may mean.

    `in_choice` tells whether the name is below a choice, such as an optimizer.
    """
    is_parameter = in_choice and letters(name) in map(letters, _OF_CHOICES)
    return () if is_parameter else _KEYS_BY_LETTERS.get(letters(name), ())


def has_other_values(name: str) -> bool:
    """Return whether the values of another name of a key may not be those of the key."""
    return letters(name) in map(letters, _OTHER_VALUES)


def choice_meant(name: str, known: Iterable[str]) -> str | None:
    """Return which of the `known` choices a name surely means, or None."""
    spelled = {letters(each): each for each in known}
    means = (
        spelled.get(letters(each)) for each in (name, *_CHOICES_BY_LETTERS.get(letters(name), ()))
    )
    return next(filter(None, means), None)


def choice_hint(name: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the choice that a name means, or a similar one."""
    meant = choice_meant(name, known) or closest(name, known)
    return "" if meant is None else f"; did you mean '{meant}'?"
