"""The files that TensorBoard shows: curves, histograms, and the graph of the network."""
