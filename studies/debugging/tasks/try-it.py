import os

print("Beside this notebook are:", ", ".join(sorted(name for name in os.listdir() if not name.startswith("."))))
