"""What holds under load: short forms in every run, the full lengths by ``tests/run --soak``."""
