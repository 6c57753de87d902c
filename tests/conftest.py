"""What every test starts from."""

import os

# One thread for the matrix products: tests run beside other work, where threads that wait for
# each other take many times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
