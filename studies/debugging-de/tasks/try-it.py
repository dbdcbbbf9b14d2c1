import os

print("Neben diesem Notebook liegen:", ", ".join(sorted(name for name in os.listdir() if not name.startswith("."))))
