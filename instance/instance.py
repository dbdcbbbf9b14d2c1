"""Starts an instance: the Jupyter server, and a kernel that waits to be used.

    python instance.py

What it reads from the environment stands in jupyter_server_config.py.
"""

import os
import resource
import sys

sys.dont_write_bytecode = True  # this folder may be shared, or not ours to write to

from kernel import THREAD_STACK, main_stack  # noqa: E402


def with_small_thread_stacks():
    """How large the stacks of its threads are is decided when a program is started."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if soft != THREAD_STACK:
        resource.setrlimit(resource.RLIMIT_STACK, (THREAD_STACK, hard))
        os.execv(sys.executable, [sys.executable, *sys.argv])
    main_stack()


def serve():
    from jupyter_server.serverapp import ServerApp

    import spare

    folder = os.path.dirname(os.path.abspath(__file__))
    server = ServerApp.instance()
    server.initialize(["--config=" + os.path.join(folder, "jupyter_server_config.py")])
    # Now that the server has what it needs, and before it has a thread: what both have in common takes memory once.
    spare.start(server)
    server.kernel_manager.watch.start()
    server.start()


if __name__ == "__main__":
    with_small_thread_stacks()
    serve()
