"""Learn MNIST with scikit-learn's MLPClassifier: ``EPOCHS ROWS MODEL``."""

import json
import sys
import warnings

import joblib
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from tests.benchmarks.rows import as_float32, mnist

epochs, rows, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
data = mnist(rows)
warnings.simplefilter("ignore", ConvergenceWarning)  # it stops at max_iter
model = MLPClassifier([128], alpha=0, batch_size=64, learning_rate_init=0.001, max_iter=epochs)
model.fit(as_float32(data.X), data.y)
accuracy = model.score(as_float32(data.X_test), data.y_test)
joblib.dump(model, path)
print(json.dumps({"score": accuracy}))
