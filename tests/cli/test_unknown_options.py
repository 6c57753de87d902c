"""An option that is a setting in nncli is answered with the setting."""

import pytest


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        (["--lr", "0.1"], "training.learning_rate=0.1"),
        (["--learning-rate=0.1"], "training.learning_rate=0.1"),
        (["--epochs", "3"], "training.epochs=3"),
        (["--num-epochs", "3"], "training.epochs=3"),
        (["--batch-size", "32"], "training.batch_size=32"),
        (["--optimizer", "SGD"], "training.optimizer=sgd"),
        (["--loss", "MSELoss"], "training.loss=mean_squared_error"),
        (["--activation", "ReLU"], "model.activation=relu"),
        (["--hidden-layers", "64"], '"model.hidden_layers=[64]"'),
        (["--dropout", "--quiet"], "training.dropout=VALUE"),
        (["--shuffle"], "training.shuffle=VALUE"),
        (["--validation-split", "0.2"], "data.validation=0.2"),
        (["--training.l2", "0.1"], "training.l2=0.1"),
        (["--momentum", "0.9"], '"training.optimizer={name: sgd, momentum: 0.9}"'),
        (["--lr", "high"], "training.learning_rate=VALUE"),
        (["--layers", "3"], "model.hidden_layers=VALUE"),
        (["--alpha", "0.1"], "training.l2=VALUE"),
        (["--normalize", "true"], "data.scale=VALUE"),
        (["--lr", "[1"], "training.learning_rate=VALUE"),
    ],
)
@pytest.mark.parametrize("command", ["train", "gradcheck", "trace"])
def test_an_option_that_is_a_setting_is_answered_with_it(nncli, command, words, setting):
    result = nncli(command, "c.yaml", *words)
    option = words[0].partition("=")[0]
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert lines[0].startswith(f"Usage: nncli {command} ")
    assert lines[-1] == f"Error: No such option '{option}'; write {setting}"


@pytest.mark.parametrize("command", ["train", "gradcheck"])
def test_the_seed_is_a_setting(nncli, command):
    error = nncli(command, "c.yaml", "--seed", "7").err.splitlines()[-1]
    assert error == "Error: No such option '--seed'; write seed=7"


def test_the_seed_of_a_worksheet_is_not_taken_for_the_setting(nncli):
    result = nncli("trace", "c.yaml", "--seed", "7")
    assert (result.code, result.out) == (2, "")
    assert result.error == (
        "Error: --seed: is the number of a worksheet; set --blank, or write seed=7 for the seed of "
        "the config"
    )


@pytest.mark.parametrize("arguments", [["eval", "R", "--lr", "1"], ["train", "c.yaml", "--foo"]])
def test_other_unknown_options_keep_the_usual_message(nncli, arguments):
    result = nncli(*arguments)
    assert result.code == 2
    assert "No such option" in result.err
    assert "write" not in result.err


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["train", "c.yaml", "--output", "run"], "--out"),
        (["trace", "c.yaml", "--output=page.md"], "--out"),
        (["train", "c.yaml", "--log_every", "2"], "--log-every"),
    ],
)
def test_a_longer_name_of_an_option_is_answered_with_the_option(nncli, arguments, option):
    result = nncli(*arguments)
    assert result.code == 2
    assert result.err.replace("'", "").endswith(f" Did you mean {option}?\n")  # as click quotes it
    assert "write" not in result.err


def test_the_suggested_setting_works(nncli, xor_config):
    error = nncli("train", xor_config, "--epochs", "1").err.splitlines()[-1]
    setting = error.rpartition("write ")[2]
    assert nncli("train", xor_config, "-q", "-o", "run", setting).code == 0


def test_an_expression_that_begins_with_a_minus_follows_two(nncli):
    result = nncli("derive", "-x^2", "x=3")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1] == (
        "Error: No such option '-x'; write -- before an expression that begins with -"
    )
    assert nncli("derive", "--", "-x^2", "x=3").code == 0
    assert "write" not in nncli("derive", "--plt", "x", "x=3").err
