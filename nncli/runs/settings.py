"""Convert the settings of a config for the training loop and the engines."""

from collections.abc import Callable

from nncli.config.check import rows_a_batch
from nncli.config.resolve import Misfit
from nncli.config.schema import Config
from nncli.data.order import Order
from nncli.data.splits import Split
from nncli.nn.network import Network
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import plateau_of, rate_function
from nncli.runs.selection import Selection
from nncli.training.events.available import broken_tensorboard
from nncli.training.plan import Plan
from nncli.training.progress import Snapshot
from nncli.training.recorded_weights import MOST_BYTES


def order_of(config: Config, training: Split, network: Network) -> Order:
    """Return the order and batches of the training rows."""
    batch_rows = rows_a_batch(config.training, len(training), network.layers)
    return Order(
        training,
        batch_rows,
        shuffle=config.training.shuffle,
        seed=config.seed,
        smallest_batch=network.neediest.smallest_batch,
    )


def check_recorded(plan: Plan, order: Order, network: Network) -> None:
    """Raise `Misfit` if the weights to record are too large."""
    if plan.record_every is None:
        return
    steps, size = plan.epochs * order.batches, network.parameters.nbytes + network.state.nbytes
    most = MOST_BYTES // size
    copies = steps // plan.record_every + 1
    if copies <= most:
        return
    if most < 2:
        problem = f"a copy of the weights has {size:,} bytes; remove this key"
    else:
        problem = (
            f"found {plan.record_every}, which keeps {copies:,} copies of {size:,} bytes; use at "
            f"least {steps // (most - 1) + 1}"
        )
    limit = f"at most {MOST_BYTES >> 20} MiB are kept"
    raise Misfit(("training", "record_weights"), f"{problem} ({limit})")


def check_tensorboard(config: Config) -> None:
    """Raise `Misfit` if TensorBoard's files are to be written and its package does not work."""
    if config.training.tensorboard and (problem := broken_tensorboard()):
        raise Misfit(("training", "tensorboard"), problem)


def regularization_of(config: Config) -> Regularization:
    """Return the penalties and bounds."""
    settings = config.training
    return Regularization(
        l1=settings.l1,
        l2=settings.complete.l2,
        clip_norm=settings.clip_norm,
        clip_value=settings.clip_value,
        max_norm=settings.max_norm,
    )


def dropout_of(config: Config) -> list[float]:
    """Return the dropout rate of each hidden layer."""
    rates = config.training.dropout
    return rates if isinstance(rates, list) else [rates] * len(config.model.hidden_layers)


def monitor_of(config: Config, *, has_validation: bool) -> str:
    """Return the value whose best epoch is kept."""
    if stopping := config.training.complete.early_stopping:
        return stopping.monitor
    return "validation_loss" if has_validation else "train_loss"


def plan_of(
    config: Config,
    *,
    has_validation: bool,
    monitor: str,
    measure: Callable[[Snapshot], float] | None,
    selection: Selection | None = None,
) -> Plan:
    """Return the plan for training: its epochs, learning rates and monitored value.

    Parameters
    ----------
    selection : Selection, optional
        Selection that replaces the epochs of the config; the learning rates stay the same.
    """
    settings = config.training.complete
    stopping, schedule = settings.early_stopping, settings.schedule
    return Plan(
        epochs=selection.best_epoch if selection else settings.epochs,
        rate=rate_function(
            schedule.name, schedule.parameters, settings.learning_rate, settings.epochs
        ),
        plateau=plateau_of(schedule.name, schedule.parameters),
        monitor=monitor,
        measure=measure,
        patience_epochs=stopping.patience if stopping else None,
        min_change=stopping.min_change if stopping else 0.0,
        keep_best=has_validation,
        record_every=config.training.record_weights,
        log_every=config.training.log_every,
        validates=has_validation,
        penalizes=regularization_of(config).penalizes,
    )
