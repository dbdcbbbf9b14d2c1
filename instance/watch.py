"""Keeps what a participant's programs take within the instance's limits, by ending them all: the server goes on and starts
the kernel anew. For what counts over several processes, which no rlimit does; the limits of one process are in kernel.py.
"""

import collections
import ctypes
import os
import shutil
import signal
import stat
import threading
import time

LOOK_SECONDS, DISK_SECONDS = 0.2, 1.0
# A folder of more entries is as full as one of too many bytes.
MOST_FILES = 5000
PAGE = os.sysconf("SC_PAGE_SIZE")

Process = collections.namedtuple("Process", "pid parent zombie threads resident")
Usage = collections.namedtuple("Usage", "size files")
TOO_MUCH = Usage(1 << 62, 1 << 62)


class Watch:
    def __init__(self, *, memory, processes, disk, folders, log):
        self.memory, self.processes, self.disk, self.log = memory, processes, disk, log
        self.folders = [os.path.realpath(folder) for folder in folders]
        self.server = os.getpid()
        self.kernels = lambda: set()  # whoever started them also waits for their end
        self.ended = None  # (reason, when) of the last time

    def start(self):
        adopt_orphans()
        threading.Thread(target=self.run, name="watch", daemon=True).start()

    def run(self):
        disk_next = 0.0
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                programs = self.programs()
                reason = self.passed(programs)
                if reason is None and time.monotonic() >= disk_next:
                    disk_next = time.monotonic() + DISK_SECONDS
                    reason = self.passed_disk(programs)
                if reason is not None:
                    self.end_all(reason)
            except Exception:
                self.log.exception("the limits could not be checked; trying again")

    def programs(self):
        """Everything that descends from the server, of which it starts nothing but kernels."""
        found = descendants(self.server)
        self.reap(found)
        return [process for process in found if not process.zombie]

    def passed(self, programs):
        if sum(process.threads for process in programs) > self.processes:
            return "processes"
        server = process_of(self.server)
        resident = sum(process.resident for process in [server, *programs])
        # What is resident counts shared pages to each; the exact measure costs more and is only taken when it can matter.
        if resident > self.memory and sum(proportional(process) for process in [server, *programs]) > self.memory:
            return "memory"
        return None

    def passed_disk(self, programs):
        used = sum_of(usage(folder, self) for folder in self.folders)
        size = used.size + unlinked_bytes(programs)
        return "disk" if size > self.disk or used.files > MOST_FILES else None

    def end_all(self, reason):
        self.ended = (reason, time.time())
        self.log.warning("the limit of %s is passed: all programs are ended", reason)
        kernels, stopped = self.kernels(), set()
        # First all are stopped, so that none starts another while they are ended.
        for _ in range(1000):
            new = [process.pid for process in self.programs() if process.pid not in stopped]
            if not new:
                break
            send(new, signal.SIGSTOP)
            stopped.update(new)
        # The kernel last: as soon as it has ended, the next one is started, which must not be taken for one of these.
        for _ in range(100):
            left = [process.pid for process in self.programs() if process.pid not in kernels]
            if not left:
                break
            send(left, signal.SIGKILL)
            time.sleep(0.02)
        send(kernels, signal.SIGKILL)
        if reason == "disk":
            self.make_room()

    def make_room(self):
        """Removes what is largest until half of the disk is free; a program that finds it full could not even start."""
        found = [(self.share(usage(entry.path, self)), entry.path) for folder in self.folders for entry in os.scandir(folder)]
        used = sum(share for share, _ in found)
        for share, path in sorted(found, reverse=True):
            if used <= 0.5:
                break
            remove(path)
            used -= share

    def share(self, used):
        """What it takes of the space that there is, in bytes or in files."""
        return max(used.size / self.disk, used.files / MOST_FILES)

    def reap(self, found):
        """Takes leave of adopted processes that have ended: each would keep its number for ever."""
        kernels = self.kernels()
        for process in found:
            if process.zombie and process.parent == self.server and process.pid not in kernels:
                try:
                    os.waitpid(process.pid, os.WNOHANG)
                except ChildProcessError:
                    pass  # whoever started it was first


def adopt_orphans():
    """What a program starts and leaves behind becomes a child of this server, as it would be of a container's first process."""
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(pid):
    found, waiting = [], children_of(pid)
    while waiting:
        child = waiting.pop()
        process = process_of(child)
        if process is not None:
            found.append(process)
            waiting.extend(children_of(child))
    return found


def children_of(pid):
    children = []
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread)) as file:
                children.extend(map(int, file.read().split()))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended meanwhile
    return children


def process_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            # The name is in brackets and may hold anything.
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Process(pid, int(fields[1]), fields[0] in "ZX", int(fields[17]), int(fields[21]) * PAGE)


def proportional(process):
    """Private memory and the process's share of what it has in common with others."""
    try:
        with open("/proc/%d/smaps_rollup" % process.pid) as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return 0
    except PermissionError:
        return process.resident  # a process may hide; then all of it counts


def usage(path, watch):
    """Bytes and files at a path, of which no more is looked at than is needed to see that it is too much."""
    size, files, waiting = 0, 0, [path]
    while waiting:
        here = waiting.pop()
        try:
            info = os.lstat(here)
            size, files = size + info.st_blocks * 512, files + 1
            if size > watch.disk or files > MOST_FILES:
                break
            if stat.S_ISDIR(info.st_mode):
                waiting.extend(entry.path for entry in os.scandir(here))
        except FileNotFoundError:
            pass
        except OSError:
            return TOO_MUCH  # too deep, or closed to us: a way to hide
    return Usage(size, files)


def sum_of(usages):
    usages = list(usages)
    return Usage(sum(one.size for one in usages), sum(one.files for one in usages))


def unlinked_bytes(programs):
    """Of files that programs have removed and hold open."""
    found = {}
    for process in programs:
        try:
            for number in os.listdir("/proc/%d/fd" % process.pid):
                info = os.stat("/proc/%d/fd/%s" % (process.pid, number))
                if stat.S_ISREG(info.st_mode) and info.st_nlink == 0:
                    found[info.st_dev, info.st_ino] = info.st_blocks * 512
        except OSError:
            pass  # it ended or closed the file meanwhile
    return sum(found.values())


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def oom_kills():
    """How often the machine or a container has killed a process for its memory."""
    with open("/proc/vmstat") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
