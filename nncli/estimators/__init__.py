"""Estimators with scikit-learn's interface; scikit-learn need not be installed."""
