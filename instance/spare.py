"""A kernel that has imported what kernels import, and waits: the first one that is wanted is there at once.

It is forked from the server, so that most of its memory is the server's. Kernels that are started anew, or when this one is
gone, are started as Jupyter starts them (kernel.py).
"""

import asyncio
import gc
import json
import os
import signal
import sys

import kernel
from jupyter_client import localinterfaces
from jupyter_client.provisioning import local_provisioner

start_as_jupyter_does = local_provisioner.launch_kernel
waiting = None
# The server as it was when this process was forked. Were it let go, it would close files that are not its own any more.
kept = []


def start(server):
    """To be called once, between the server's initialisation and its start."""
    global waiting
    assert len(os.listdir("/proc/self/task")) == 1, "a fork takes one thread along"
    kernelapp = kernel.import_kernel()
    localinterfaces.local_ips()  # looked up once, and then known to both
    # What a collection touches is copied for whoever touches it.
    gc.collect()
    gc.freeze()
    orders, pipe = os.pipe()
    pid = os.fork()
    if pid == 0:
        forget(server, orders)
        wait_and_run(orders, kernelapp)
        sys.exit()
    os.close(orders)
    waiting = Spare(pid, pipe)
    # Jupyter has no setting for it.
    local_provisioner.launch_kernel = launch


def forget(server, orders):
    """Nothing of the server is reached from here: a process as it is when it was started by itself."""
    os.setsid()
    kept.extend([server, asyncio.get_event_loop()])
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.closerange(3, orders)
    os.closerange(orders + 1, 1024)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio.set_event_loop(asyncio.new_event_loop())
    type(server).clear_instance()
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path != folder]
    for name, module in list(sys.modules.items()):
        if os.path.dirname(getattr(module, "__file__", None) or "") == folder:
            del sys.modules[name]


def wait_and_run(orders, kernelapp):
    with os.fdopen(orders) as file:
        order = file.read()
    if not order:
        sys.exit()  # the server has ended
    order = json.loads(order)
    memory, file_size, *sys.argv[1:] = order["arguments"]
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    kernel.limit(int(memory), int(file_size))
    kernel.main_stack()
    kernel.run(kernelapp)


def launch(command, *, cwd, env, **others):
    """In place of jupyter_client's, with its parameters."""
    global waiting
    spare, waiting = waiting, None
    if spare is None or spare.poll() is not None:
        return start_as_jupyter_does(command, cwd=cwd, env=env, **others)
    arguments = command[command.index(os.path.abspath(kernel.__file__)) + 1 :]
    # Told by the environment, it is only heard by a kernel that has imported nothing yet. It ends with the server.
    arguments.append("--IPKernelApp.parent_handle=%d" % os.getpid())
    spare.run({"arguments": arguments, "cwd": cwd, "env": env})
    return spare


class Spare:
    """The process, with what Jupyter asks of a subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, pid, pipe):
        self.pid, self.pipe, self.returncode = pid, pipe, None

    def run(self, order):
        with os.fdopen(self.pipe, "w") as file:
            json.dump(order, file)

    def poll(self):
        return self.ended(os.WNOHANG)

    def wait(self):
        return self.ended(0)

    def ended(self, options):
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:
                # Another has taken leave of it: the watch, when it ended before it was wanted.
                self.returncode = -signal.SIGKILL
            else:
                if pid != 0:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)
