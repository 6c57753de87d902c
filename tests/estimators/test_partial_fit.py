"""`partial_fit`: the state after failed or interrupted calls, and later calls."""

import copy
import pickle
import warnings
from dataclasses import is_dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nncli
from nncli.training.observers.observer import Observer

FEW = {"epochs": 3, "hidden_layers": [4], "validation": 0, "batch_size": 16}
CLASSES = ["other", "same"]
TIMES = ("seconds", "rows_per_second", "wall_seconds", "finished")


def known(estimator):
    """Return the complete state of an estimator as text, without times."""
    values = {**vars(estimator)}
    history = {**values.get("history_", {})}
    values["history_"] = {key: history[key] for key in history if key not in TIMES}
    if model := values.pop("model_", None):
        training = {key: model.training[key] for key in model.training if key not in TIMES}
        arrays = [model.network.parameters, model.network.state]
        values["model"] = [*arrays, training, model.metrics, model.config, model.preprocessing]
    return repr(plain(values))


def plain(value):
    """Replace arrays in a value by their bytes, so that its text is complete."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.tobytes() if value.dtype != object else [*value]
    if is_dataclass(value):
        return plain(vars(value))
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [*map(plain, value)] if isinstance(value, list | tuple) else value


def table(seed=0):
    X = np.random.default_rng(seed).normal(size=(60, 3))
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


def nan_rows(X, y):
    return np.where(X > 1, np.nan, X), y


def narrow(X, y):
    return X[:, :2], y


def unknown_class(X, y):
    return X, np.where(y == "same", "else", y)


def short(X, y):
    return X, y[:-1]


def huge(X, y):
    """Return rows on which training diverges in its last steps."""
    return np.where(np.arange(60)[:, None] > 40, 1e30, X), y


@pytest.mark.parametrize("classifier", [True, False])
@settings(max_examples=15)
@given(
    faults=st.lists(
        st.sampled_from([nan_rows, narrow, unknown_class, short, huge]), min_size=1, max_size=3
    ),
    parts=st.integers(0, 3),
)
def test_a_failed_call_changes_nothing(classifier, faults, parts):
    X, y = table()
    if not classifier:
        faults = [each for each in faults if each is not unknown_class]

    def begun():
        kind = nncli.MLPClassifier if classifier else nncli.MLPRegressor
        estimator = kind(**FEW, scale="none", dropout=0.2, optimizer="sgd")
        for _ in range(parts):
            good(estimator)
        return estimator

    def good(estimator, fault=lambda *rows: rows):
        targets = y if classifier else X[:, 0]
        classes = {"classes": CLASSES} if classifier else {}
        return estimator.partial_fit(*fault(X, targets), **classes)

    failed, alone = begun(), begun()
    before = known(failed)
    for fault in faults:
        if not parts and fault is narrow:
            continue  # the number of columns is still unknown
        with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
            good(failed, fault)
        assert known(failed) == before
    assert known(good(failed)) == known(good(alone))
    assert failed.loss_curve_ == alone.loss_curve_


class StopWithin(Observer):
    """Press Ctrl-C after the first step."""

    signal = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def step(self, report):
        return True


def interrupted(monkeypatch, call):
    """Interrupt a call at the first report after its first step."""
    with monkeypatch.context() as patch:
        patch.setattr("nncli.runs.call.InterruptRequest.of_guest", StopWithin)
        patch.setattr("nncli.training.loop._Pace.is_due", lambda pace, done: True)
        with pytest.warns(nncli.NncliWarning, match="training was interrupted after"):
            return call()


@pytest.mark.parametrize("others", [1, 30, 60])
@pytest.mark.parametrize("before", [0, 2])
def test_after_an_interruption_the_next_call_takes_all_its_steps(monkeypatch, before, others):
    X, y = table()
    estimator = nncli.MLPClassifier(**FEW)
    for _ in range(before):
        estimator.partial_fit(X, y, classes=CLASSES)
    interrupted(monkeypatch, lambda: estimator.partial_fit(X, y, classes=CLASSES))
    assert (estimator.n_iter_, len(estimator.loss_curve_)) == (before, before)
    assert int(estimator._stand.state["steps"]) == 4 * before + 1
    weights, loss = estimator.coefs_[0].copy(), estimator.score(X, y)
    estimator.partial_fit(X[:others], y[:others])
    assert (estimator.coefs_[0] != weights).any()
    assert (estimator.n_iter_, len(estimator.loss_curve_)) == (before + 1, before + 1)
    assert int(estimator._stand.state["steps"]) == 4 * before + 1 + -(-others // 16)
    assert np.isfinite(loss)


def test_an_interruption_is_kept_where_warnings_are_errors(monkeypatch):
    X, y = table()
    estimator = nncli.MLPClassifier(**FEW)
    monkeypatch.setattr("nncli.runs.call.InterruptRequest.of_guest", StopWithin)
    monkeypatch.setattr("nncli.training.loop._Pace.is_due", lambda pace, done: True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(nncli.NncliWarning):
            estimator.fit(X, y)
    assert estimator.predict(X).shape == (60,)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))], ids=["deep", "pickle"]
)
def test_a_copy_between_calls_continues_bit_for_bit(copied):
    plateau = {"schedule": {"name": "plateau", "patience": 1}, "dropout": 0.2, "tol": 0.1}
    estimator = nncli.MLPClassifier(**FEW, **plateau, normalization="batch_norm")
    estimator.partial_fit(*table(), classes=CLASSES)
    for seed in range(4):
        twin = copied(estimator)
        assert known(twin.partial_fit(*table(seed))) == known(estimator.partial_fit(*table(seed)))


def test_a_clone_between_calls_starts_again():
    base = pytest.importorskip("sklearn.base")
    estimator = nncli.MLPClassifier(**FEW).partial_fit(*table(), classes=CLASSES)
    clone = base.clone(estimator)
    assert not hasattr(clone, "model_")
    assert known(clone.partial_fit(*table(), classes=CLASSES)) == known(estimator)


def test_a_schedule_that_is_over_warns_once():
    X, y = table()
    estimator = nncli.MLPClassifier(**FEW, schedule="cosine")
    for _ in range(3):
        estimator.partial_fit(X, y, classes=CLASSES)
    words = r"schedule: cosine ended after epochs=3; .* learning rate 0; increase epochs"
    with pytest.warns(nncli.NncliWarning, match=words):
        estimator.partial_fit(X, y)
    estimator.partial_fit(X, y)
    longer = estimator.set_params(epochs=9).partial_fit(X, y)
    assert longer.history_["learning_rate"][-1] > 0
    with pytest.warns(nncli.NncliWarning, match="schedule: cosine ended after epochs=2"):
        estimator.set_params(epochs=2).partial_fit(X, y)
    with pytest.warns(nncli.NncliWarning, match=words):
        nncli.MLPClassifier(**FEW, schedule="cosine").fit(X, y).partial_fit(X, y)
    with pytest.raises(ValueError, match="epochs: found 0; the schedule cosine needs"):
        nncli.MLPClassifier(epochs=0, schedule="cosine").partial_fit(X, y, classes=CLASSES)


def test_a_call_after_fit_keeps_all_columns_of_the_history():
    X, y = table()
    estimator = nncli.MLPClassifier(**{**FEW, "validation": 0.2}).fit(X, y)
    before = copy.deepcopy(estimator.history_)
    best = estimator.best_validation_score_
    assert estimator.best_loss_ is None
    estimator.partial_fit(X, y)
    assert {*estimator.history_} == {*before}
    assert {len(column) for column in estimator.history_.values()} == {4}
    assert np.isnan(estimator.history_["validation_loss"][-1])
    assert estimator.history_["validation_loss"][:3] == before["validation_loss"]
    assert estimator.best_validation_score_ == best
    assert estimator.best_loss_ == min(estimator.loss_curve_)
    assert estimator.history_["epoch"] == [1, 2, 3, 4]


def test_labels_have_their_numbers_as_classes():
    X, _ = table()
    Y = (X > 0).astype(int)
    with pytest.raises(
        ValueError, match=r"found classes=\[0, 1\]; expected \[0, 1, 2\], as y has 3 labels per row"
    ):
        nncli.MLPClassifier(**FEW).partial_fit(X, Y, classes=[0, 1])
    estimator = nncli.MLPClassifier(**FEW).partial_fit(X, Y, classes=[0, 1, 2])
    assert estimator.partial_fit(X, Y, classes=[2, 1, 0]).partial_fit(X, Y).n_iter_ == 3
    with pytest.raises(ValueError, match="as y has 2 labels per row"):
        estimator.partial_fit(X, Y[:, :2])
    with pytest.raises(ValueError, match="was fitted with other classes or targets"):
        nncli.MLPRegressor(**FEW).partial_fit(X, X).partial_fit(X, X[:, :2])


def test_two_estimators_may_be_fitted_at_once():
    from concurrent.futures import ThreadPoolExecutor

    def trained(seed):
        estimator = nncli.MLPClassifier(**FEW, seed=seed, dropout=0.2)
        for part in range(5):
            estimator.partial_fit(*table(part), classes=CLASSES)
        return known(estimator)

    expected = [trained(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(trained, range(4))] == expected
