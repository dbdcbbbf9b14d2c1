import platform

import %module%

print("Python", platform.python_version(), "with %libraryName%", %module%.__version__)
