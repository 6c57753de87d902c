"""Continued training, copies, and attributes after `fit`."""

import copy
import pickle
import signal

import numpy as np
import pytest

import nncli

FEW = {"epochs": 3, "hidden_layers": [4], "validation": 0}
ADAM = {"optimizer": "adam", "schedule": "cosine", "dropout": 0.2, "normalization": "batch_norm"}


def assert_same(one, other):
    for name in ("parameters", "state"):
        np.testing.assert_array_equal(
            getattr(one.model_.network, name), getattr(other.model_.network, name)
        )


@pytest.mark.parametrize("settings", [{}, ADAM, {"precision": "float64", "optimizer": "rmsprop"}])
def test_epochs_one_by_one_are_the_epochs_of_fit(rows, settings):
    X, y = rows
    whole = nncli.MLPClassifier(**FEW, **settings).fit(X, y)
    parts = nncli.MLPClassifier(**FEW, **settings)
    for _ in range(3):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y, classes=np.unique(y))))
    assert_same(whole, parts)
    assert parts.n_iter_ == 3
    assert parts.loss_curve_ == whole.loss_curve_
    assert parts.history_["epoch"] == [1, 2, 3]


def test_the_first_partial_fit_decides_the_preprocessing(dicts):
    table, y = dicts
    frame = pytest.importorskip("pandas").DataFrame(table)
    fitted = nncli.MLPClassifier(**FEW)
    fitted.partial_fit(frame[:20], y[:20], classes=["else", "other", "same"])
    before = fitted.model_.preprocessing
    fitted.partial_fit(frame[20:], y[20:])
    assert fitted.model_.preprocessing == before
    assert fitted.classes_.tolist() == ["else", "other", "same"]
    assert fitted.predict_proba(frame).shape == (60, 3)
    regressor = nncli.MLPRegressor(**FEW).partial_fit(frame[:20], np.arange(20.0))
    before = regressor.model_.preprocessing
    assert regressor.partial_fit(frame[20:], np.arange(40.0)).model_.preprocessing == before


def test_partial_fits_need_the_classes_and_columns_of_the_first(rows):
    X, y = rows
    fitted = nncli.MLPClassifier(**FEW)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        fitted.partial_fit(X, y)
    fitted.partial_fit(X, y, classes=["other", "same"])
    with pytest.raises(ValueError, match="is not the same as on the last call"):
        fitted.partial_fit(X, y, classes=["same", "else"])
    with pytest.raises(ValueError, match="unknown class 'else'; expected one of"):
        fitted.partial_fit(X, np.where(y == "same", "else", y))
    with pytest.raises(ValueError, match="X has 2 features, but MLPClassifier is expecting 3"):
        fitted.partial_fit(X[:, :2], y)
    fitted.partial_fit(X[:5], ["same"] * 5, sample_weight=np.arange(5))
    assert fitted.n_iter_ == 2


def test_partial_fit_after_fit_continues_from_its_weights(rows):
    fitted = nncli.MLPClassifier(**FEW).fit(*rows)
    again = copy.deepcopy(fitted).partial_fit(*rows)
    assert again.n_iter_ == 4
    assert len(again.loss_curve_) == 4
    assert fitted.n_iter_ == 3


def test_a_warm_start_keeps_weights_and_preprocessing(rows):
    X, y = rows
    fitted = nncli.MLPClassifier(warm_start=True, **FEW).fit(X, y)
    first, before = fitted.loss_, fitted.model_.preprocessing
    fitted.fit(X, y)
    assert fitted.loss_ < first
    fitted.fit(X * 2, y)
    assert fitted.model_.preprocessing == before
    assert fitted.n_iter_ == 3
    fitted.set_params(validation=0.2, class_weight="balanced").fit(X, y)
    assert len(fitted.validation_scores_) == 3
    with pytest.raises(ValueError, match="was fitted with other classes"):
        fitted.fit(X, np.where(y == "same", "else", y))
    with pytest.raises(
        ValueError, match=r"hidden_layers: the network was trained with \[4\]; found \[5\]"
    ):
        fitted.set_params(hidden_layers=[5]).fit(X, y)
    cold = nncli.MLPClassifier(**FEW).fit(X, y)
    assert_same(cold, nncli.MLPClassifier(**FEW).fit(X * 2, y).fit(X, y))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_copies_predict_the_same(dicts, copied):
    table, y = dicts
    fitted = nncli.MLPClassifier(**FEW).fit(table, y)
    twin = copied(fitted)
    np.testing.assert_array_equal(twin.predict_proba(table), fitted.predict_proba(table))
    assert twin.history_ == fitted.history_
    assert twin.get_params() == fitted.get_params()


def test_attributes_after_fit(rows):
    X, y = rows
    unfitted = nncli.MLPClassifier(**FEW)
    names = ["model_", "classes_", "n_iter_", "loss_", "loss_curve_", "best_loss_", "coefs_"]
    names += ["intercepts_", "n_layers_", "n_outputs_", "out_activation_", "validation_scores_"]
    assert [name for name in names if hasattr(unfitted, name)] == []
    with pytest.raises(nncli.UsageError, match="This MLPClassifier instance is not fitted yet"):
        unfitted.predict(X)
    fitted = unfitted.fit(X, y)
    assert [name for name in names if not hasattr(fitted, name)] == []
    assert [each.shape for each in fitted.coefs_] == [(3, 4), (4, 1)]
    assert [each.shape for each in fitted.intercepts_] == [(4,), (1,)]
    history = fitted.history_
    assert (
        fitted.loss_ == fitted.loss_curve_[-1] == history["train_loss"][-1] + history["penalty"][-1]
    )
    assert history["penalty"][-1] > 0
    assert fitted.best_loss_ == min(fitted.loss_curve_)
    assert (fitted.n_layers_, fitted.n_outputs_, fitted.out_activation_) == (3, 1, "logistic")
    assert (fitted.n_iter_, fitted.validation_scores_, fitted.best_validation_score_) == (
        3,
        None,
        None,
    )
    np.testing.assert_allclose(
        fitted.predict_log_proba(X), np.log(fitted.predict_proba(X)), rtol=1e-6
    )


def test_the_loss_curve_goes_on_when_a_penalty_is_set_or_removed(rows):
    estimator, classes = nncli.MLPClassifier(**FEW), ["other", "same"]
    for l2 in (0.0, 0.1, 0.0):
        estimator.set_params(l2=l2).partial_fit(*rows, classes=classes)
    losses, penalty = estimator.history_["train_loss"], estimator.history_["penalty"]
    assert np.isnan(penalty).tolist() == [True, False, True]
    assert estimator.loss_curve_ == [losses[0], losses[1] + penalty[1], losses[2]]


def test_a_failed_fit_keeps_the_previous_state(rows):
    X, y = rows
    fitted = nncli.MLPClassifier(**FEW).fit(X, y)
    before = fitted.predict_proba(X)
    with pytest.raises(ValueError, match=r"not finite|is nan|is inf") as error:
        fitted.set_params(learning_rate=1e38).fit(X, y)
    assert isinstance(error.value, nncli.DivergenceError)
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no such timer")
def test_ctrl_c_keeps_the_result_so_far(rows, capfd):
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGALRM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    fitted = nncli.MLPClassifier(**{**FEW, "epochs": 10_000_000, "engine": "numpy"})
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.4)
        with pytest.warns(nncli.NncliWarning, match="training was interrupted after"):
            fitted.fit(*rows)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert 0 < fitted.n_iter_ == len(fitted.loss_curve_)
    assert fitted.predict(rows[0]).shape == (60,)
    assert capfd.readouterr() == ("", "")


def test_progress_is_shown_on_request(rows, capfd):
    nncli.MLPClassifier(verbose=True, **FEW).fit(*rows)
    out, err = capfd.readouterr()
    assert out == ""
    assert "epoch" in err


@pytest.mark.parametrize("verbose", [False, True])
def test_a_verbose_estimator_tells_that_steps_are_compiled(rows, capsys, monkeypatch, verbose):
    pytest.importorskip("numba")
    from nncli.engines.compiled import machine_code

    estimator = nncli.MLPClassifier(engine="compiled", verbose=verbose, **FEW).fit(*rows)
    spin = machine_code.Request("interpreter.spin", ("int64",))
    monkeypatch.delitem(machine_code._addresses, spin)
    monkeypatch.setattr(machine_code, "_directory", lambda: None)  # it is not in the cache either
    capsys.readouterr()
    estimator.fit(*rows)
    said = capsys.readouterr().err.startswith("Compiling the training steps")
    assert said == verbose
