"""The config to take away from a page: training it gives the weights that the page shows."""

from copy import deepcopy
from dataclasses import replace

from nncli.base.errors import UsageError
from nncli.config.named import Named
from nncli.config.render import plain_text
from nncli.config.resolve import Misfit
from nncli.nn.schedules import SCHEDULES
from nncli.runs.job import Job
from nncli.runs.settings import check_recorded
from nncli.web.playground.setting import START, Setting, Values

MOST_WEIGHTS = 40_000  # a config has at most 50,000 values
_RECORDED = (
    "# The page shows step {step:,} of {steps:,} of this config. A run of it keeps the\n"
    "# weights of that step in recorded_weights.npz.\n"
)
_NOT_RECORDED = "# The page shows step {step:,} of {steps:,} of this config, which trains on.\n"
_NOT_LISTED = (
    "# A config lists only weights and biases; save the page to begin with the other\n"
    "# arrays of the network, too.\n"
)


def config_text(setting: Setting, job: Job, *, in_file: bool = False) -> str:
    """Return the config of a page as YAML.

    It trains for as many epochs as the page. Within an epoch, or if a schedule of the learning rate
    depends on later epochs, it trains on, and a comment says where the weights of the page are.

    Parameters
    ----------
    in_file : bool
        Whether the weights to start from are in a file `START` beside the config, otherwise they
        are listed.

    Raises
    ------
    UsageError
        If there are too many weights to list.
    """
    values = setting.files.read(setting.values) if in_file else deepcopy(setting.values)
    comments = _end_training(values, job)
    if setting.start and in_file:
        model = values.setdefault("model", {})
        model["initial_weights"] = START
        model.pop("initial_biases", None)  # those of the file hold
    elif setting.start:
        comments += _list_weights(values, setting)
    return comments + plain_text(values)


def _end_training(values: Values, job: Job) -> str:
    """Let the training of a config reach the step of a job; return comments."""
    training, progress, plan = values.setdefault("training", {}), job.progress, job.plan
    step = progress.epoch * job.order.batches + progress.batch
    if not step:
        return ""
    schedule = job.config.training.schedule
    if schedule is None or schedule == Named.of(SCHEDULES, "constant"):
        training.pop("steps", None)
        training["epochs"] = progress.epoch + (progress.batch > 0)
        training["engine"] = job.engine.name  # auto may choose another one for fewer steps
        plan = replace(plan, epochs=training["epochs"])
    steps = plan.epochs * job.order.batches
    if step == steps:
        return ""
    try:
        check_recorded(replace(plan, record_every=step), job.order, job.network)
    except Misfit:
        return _NOT_RECORDED.format(step=step, steps=steps)
    training["record_weights"] = step
    return _RECORDED.format(step=step, steps=steps)


def _list_weights(values: Values, setting: Setting) -> str:
    """Write the weights to start from into a config; return comments."""
    start, model = setting.start, values.setdefault("model", {})
    layers = [name.removeprefix("W") for name in start if name.startswith("W")]
    listed = {each: [start[f"{each}{number}"] for number in layers] for each in "Wb"}
    if (count := sum(each.size for arrays in listed.values() for each in arrays)) > MOST_WEIGHTS:
        raise UsageError(
            f"config: would list {count:,} weights; a config lists at most {MOST_WEIGHTS:,}; save "
            "the page instead"
        )
    for key, each in (("initial_weights", "W"), ("initial_biases", "b")):
        model[key] = [array.tolist() for array in listed[each]]
    return _NOT_LISTED if len(start) > 2 * len(layers) else ""
