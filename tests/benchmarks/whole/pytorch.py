"""Learn MNIST with PyTorch, based on its Quickstart: ``EPOCHS ROWS MODEL``."""

import json
import sys

import torch
from torch import nn

from tests.benchmarks.rows import as_float32, mnist

epochs, rows, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
data = mnist(rows)
X, y = torch.from_numpy(as_float32(data.X)), torch.from_numpy(data.y)

model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
loss = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
for _ in range(epochs):
    for chosen in torch.randperm(len(X)).split(64):
        optimizer.zero_grad()
        loss(model(X.index_select(0, chosen)), y.index_select(0, chosen)).backward()
        optimizer.step()

with torch.inference_mode():
    Z = model(torch.from_numpy(as_float32(data.X_test)))
accuracy = (Z.argmax(dim=1) == torch.from_numpy(data.y_test)).float().mean().item()
torch.save(model.state_dict(), path)
print(json.dumps({"score": accuracy}))
