"""Estimators that follow scikit-learn's conventions, with and without it installed."""
