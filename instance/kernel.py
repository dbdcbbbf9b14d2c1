"""Starts the kernel under its limits:

    python -I -S kernel.py <bytes of memory> <bytes of a file> -f <connection file>

They are set before anything of the kernel runs, and what its programs start inherits them. What is counted over several
processes is the business of watch.py.
"""

import os
import resource
import sys
import time

KIB, MIB = 1024, 1024 * 1024
# A thread's stack counts as memory from the start, whatever it uses: with 8 MiB each, the kernel's own would be all there is.
THREAD_STACK, MAIN_STACK = 1 * MIB, 8 * MIB
OPEN_FILES = 256
# Programs that put out more than this wait: the browser takes no more, and nothing needs to be thrown away on the way there.
PUT_OUT_A_SECOND, PRINTED_AT_ONCE = 1 * MIB, 64 * KIB


def limit(memory, file_size):
    set_limit(resource.RLIMIT_DATA, memory)
    set_limit(resource.RLIMIT_FSIZE, file_size)
    set_limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    set_limit(resource.RLIMIT_CORE, 0)
    # Not RLIMIT_NPROC: it counts all processes of the user on this node, and the other instances run as the same user.
    resource.setrlimit(resource.RLIMIT_STACK, (THREAD_STACK, resource.getrlimit(resource.RLIMIT_STACK)[1]))
    # Where memory ends, this goes before the server.
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def set_limit(kind, wanted):
    hard = resource.getrlimit(kind)[1]
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(kind, (value, value))


def main_stack():
    """Threads got theirs when the interpreter was started; the main thread's may grow as it is used."""
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (MAIN_STACK if hard == resource.RLIM_INFINITY else min(MAIN_STACK, hard), hard))


def import_kernel():
    # Nobody could speak to a debugger here, and it takes longer to load than everything else of a kernel.
    sys.modules["debugpy"] = None
    from ipykernel import debugger, kernelapp, zmqshell  # noqa: F401 (else loaded when the kernel is made)

    return kernelapp


def run(kernelapp):
    """With the arguments of the program, for as long as the kernel lives."""
    pace_output()
    kernel = kernelapp.IPKernelApp.instance()
    kernel.initialize()
    # The server, which watches, is served first; but somebody waits for the start, before which no program runs.
    for thread in os.listdir("/proc/self/task"):
        os.setpriority(os.PRIO_PROCESS, int(thread), 5)
    kernel.start()


def pace_output():
    """Lets a program that puts out too much wait, so that endless output fills neither this memory nor the server's."""
    import threading

    from ipykernel.iostream import IOPubThread, OutStream

    pace = Pace()
    write_now, send_now = OutStream.write, IOPubThread.send_multipart

    def write(self, string):
        if not isinstance(string, str):
            return write_now(self, string)  # which says what is wrong with it
        for start in range(0, len(string), PRINTED_AT_ONCE):
            part = string[start : start + PRINTED_AT_ONCE]
            write_now(self, part)
            pace.wait(len(part))
        return len(string)

    def send_multipart(self, parts, *args, **kwargs):
        send_now(self, parts, *args, **kwargs)
        # What was printed is sent by a thread of its own and has waited already; how the kernel does is told at once.
        if threading.current_thread() is threading.main_thread() and not parts[0].endswith(b".status"):
            pace.wait(sum(map(len, parts)))

    OutStream.write, IOPubThread.send_multipart = write, send_multipart


class Pace:
    def __init__(self):
        self.next_free = time.monotonic()

    def wait(self, size):
        now = time.monotonic()
        # A second's worth may go out at once.
        self.next_free = max(self.next_free, now - 1) + size / PUT_OUT_A_SECOND
        if self.next_free > now:
            time.sleep(self.next_free - now)


if __name__ == "__main__":
    if sys.argv[1].isdecimal():
        limit(int(sys.argv[1]), int(sys.argv[2]))
        os.execv(sys.executable, [sys.executable, os.path.abspath(__file__), *sys.argv[3:]])
    main_stack()
    del sys.path[0]  # this folder
    run(import_kernel())
