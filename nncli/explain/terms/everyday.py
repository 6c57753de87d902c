"""Other names of terms, from everyday language, lectures and other libraries."""

from nncli.config.synonyms import by_other_name

EVERYDAY = by_other_name(
    {
        "batch": ("minibatch", "mini_batch"),
        "unit": ("neuron", "node"),
        "row": ("sample", "example", "instance", "observation", "record"),
        "multilayer perceptron": ("mlp", "feedforward_network", "dense_network"),
        "dense layer": ("linear_layer", "fully_connected_layer"),
        "backpropagation": ("backprop", "backward_pass"),
        "accuracy": ("acc",),
        "roc_auc": ("auc", "roc", "auroc"),
        "F1": ("f1_score", "f_score"),
        "ece": ("calibration", "calibration_error"),
        "r2": ("r_squared", "r2_score", "coefficient_of_determination"),
        "rmse": ("root_mean_squared_error",),
        "loss": ("loss_function", "cost_function", "objective"),
        "activation": ("activation_function", "transfer_function"),
        "overfitting": ("overfit", "memorizing"),
        "underfitting": ("underfit",),
        "regularization": ("regularisation",),
        "normalization": ("normalisation",),
        "training.l2": ("l2_regularization", "ridge", "tikhonov"),
        "training.l1": ("l1_regularization", "lasso"),
        "early_stopping": ("early_stop",),
        "one-hot": ("one_hot_encoding", "dummy_variable"),
        "training rows": ("training_set", "training_data"),
        "validation rows": ("validation_set", "validation_data", "dev_set"),
        "test rows": ("test_set", "test_data"),
        "held-out rows": ("holdout",),
        "schedule": ("learning_rate_schedule", "lr_decay", "learning_rate_decay"),
        "missing value": ("nan", "missing_data", "na"),
        "leak": ("data_leakage", "leakage", "target_leakage"),
        "target": ("label_column", "dependent_variable", "response"),
        "constant guess": ("baseline", "dummy_classifier"),
        "weight": ("weights", "trainable_parameter"),
        "weighted sum": ("pre_activation", "net_input"),
        "hyperparameter": ("setting", "hyper_parameter"),
        "divergence": ("exploding_gradient", "nan_loss", "diverge"),
    }
)
