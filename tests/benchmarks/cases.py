"""The cases that the benchmark compares."""

from dataclasses import dataclass, replace

from tests.benchmarks.work import Work


@dataclass(frozen=True)
class Case:
    """A piece of work with its title.

    Attributes
    ----------
    title : str
        Heading of its table.
    unit : str
        Name of a round, with its article.
    score : str
        Name of the score.
    """

    title: str
    unit: str
    score: str
    work: Work

    @property
    def needs_mnist(self) -> bool:
        """Whether it uses the rows of MNIST."""
        return self.work.data == "mnist"


@dataclass(frozen=True)
class Whole:
    """A whole process that learns MNIST: 784-128-10, batch 64, Adam.

    Attributes
    ----------
    epochs, rows : int
        Enough for each library to reach `goal`.
    goal : float
        Accuracy to reach on the test rows.
    """

    title: str
    epochs: int
    rows: int
    goal: float
    unit: str = "a process"
    score: str = "accuracy"
    needs_mnist: bool = True


_XOR = Work(
    "xor",
    1_000,
    (2, 3, 1),
    hidden="tanh",
    output="sigmoid",
    batch_rows=1_000,
    optimizer="sgd",
    learning_rate=0.5,
    warm_up=3_000,
    timed=5_000,
)

CASES: dict[str, Case | Whole] = {
    "mnist-128": Case(
        "MNIST, 784-128-10 ReLU, batch 64, Adam",
        "an epoch",
        "accuracy",
        Work("mnist", 60_000, (784, 128, 10), timed=2),
    ),
    "mnist-800": Case(
        "MNIST, 784-800-800-10 ReLU, batch 128, Adam",
        "an epoch",
        "accuracy",
        Work("mnist", 60_000, (784, 800, 800, 10), batch_rows=128),
    ),
    "xor": Case(
        "XOR, 2-3-1 tanh and sigmoid, 1,000 rows, full batch, SGD",
        "a step",
        "accuracy",
        replace(_XOR, task="step"),
    ),
    "xor-epochs": Case(
        "The same with nncli's work around each epoch", "an epoch", "accuracy", _XOR
    ),
    "mnist-15": Case(
        "MNIST, 784-15-10 sigmoid, batch 32, SGD",
        "an epoch",
        "accuracy",
        Work(
            "mnist",
            60_000,
            (784, 15, 10),
            hidden="sigmoid",
            batch_rows=32,
            optimizer="sgd",
            learning_rate=0.5,
            timed=2,
        ),
    ),
    "regression": Case(
        "Regression, 30-64-32-1 ReLU, 100,000 rows, batch 256, Adam",
        "an epoch",
        "R²",
        Work("numbers", 100_000, (30, 64, 32, 1), output="identity", batch_rows=256, timed=4),
    ),
    "deep": Case(
        "MNIST, ten hidden layers of 256 ReLU, batch 64, Adam",
        "an epoch",
        "accuracy",
        Work("mnist", 60_000, (784, *[256] * 10, 10), learning_rate=0.0003),
    ),
    "predict-10000": Case(
        "Prediction of 10,000 MNIST rows, 784-128-10, the model loaded",
        "a call",
        "as expected",
        Work("mnist", 10_000, (784, 128, 10), task="predict", warm_up=5, timed=50),
    ),
    "predict-1": Case(
        "Prediction of one MNIST row, 784-128-10, the model loaded",
        "a call",
        "as expected",
        Work("mnist", 1, (784, 128, 10), task="predict", warm_up=200, timed=2_000),
    ),
    "whole": Whole("Whole process, imports included, to 97 % on MNIST", 4, 60_000, goal=0.97),
}

SMOKE_ROWS = 300


def quick_case(case: Case | Whole) -> Case | Whole:
    """Return a tiny version of a case, which only shows that it runs."""
    if isinstance(case, Whole):
        return replace(case, epochs=1, rows=SMOKE_ROWS)
    return replace(case, work=quick(case.work))


def quick(work: Work) -> Work:
    """Return a version that takes milliseconds, with synthetic rows instead of MNIST."""
    rows = min(work.rows, SMOKE_ROWS)
    return replace(
        work,
        data="digits" if work.data == "mnist" else work.data,
        rows=rows,
        batch_rows=rows if work.is_full_batch else work.batch_rows,
        warm_up=min(work.warm_up, 20),
        timed=min(work.timed, 20),
    )
