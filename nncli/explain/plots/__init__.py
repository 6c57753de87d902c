"""Plots of data, training and models, drawn with matplotlib.

One module per group of kinds; `kinds` lists them all.
"""
