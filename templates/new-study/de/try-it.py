import platform

print("Python", platform.python_version(), "ist bereit")
