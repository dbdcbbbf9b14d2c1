"""One kernel, started under its limits, told why it was started anew; and no memory taken by output that nobody reads."""

import asyncio
import os
import signal
import sys
import time
from datetime import datetime, timezone

import zmq
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from watch import oom_kills

MIB = 1024 * 1024
# One request for more than this leaves is refused (MemoryError). Less than the server takes, so that a program which fills the
# memory step by step and keeps it passes the watch's limit first: a kernel that starves would be of no use.
REFUSED_BELOW_LIMIT = 28 * MIB
# Output on its way to a browser that is slow or away; what goes beyond is left out.
MOST_WAITING = 2 * MIB
# A kernel that ends because of a limit ends soon after.
SECONDS_BETWEEN = 10


class PythonKernelOnly(KernelSpecManager):
    """This interpreter's ipykernel, whatever else may be installed on the machine, started without what nobody uses here."""

    memory = disk = 0  # set by the settings

    def _kernel_dirs_default(self):
        return []

    def get_kernel_spec(self, kernel_name):
        spec = super().get_kernel_spec(kernel_name)
        # No debugger and no history database: memory, and files in the participant's folder.
        spec.metadata = {**spec.metadata, "debugger": False}
        start = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel.py")
        # Half of the disk for one file: a program that writes endlessly is told so, rather than ended.
        limits = [str(self.memory - REFUSED_BELOW_LIMIT), str(self.disk // 2)]
        # No jedi: it doubles the kernel's memory, and its first answer comes later than the page waits.
        options = ["-f", "{connection_file}", "--HistoryManager.enabled=False", "--Completer.use_jedi=False"]
        spec.argv = [sys.executable, "-I", "-S", start, *limits, *options]
        return spec


class OneKernelManager(AsyncMappingKernelManager):
    """Whoever starts a second kernel gets the first: two would not fit, and the page and the web app may both ask."""

    watch = None  # set by the settings

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # A kernel that was started anew is heard before it answers: what it prints meanwhile would be lost.
        self.context.setsockopt(zmq.RECONNECT_IVL, 10)
        self.starting = None
        self.last_restart = None
        self.oom_kills = oom_kills()
        self.watch.kernels = self.process_ids

    async def start_kernel(self, **kwargs):
        while self.starting is not None:
            await asyncio.wait([self.starting])
        for kernel_id in self.list_kernel_ids():
            return kernel_id
        # In the home, where the study's files are, whatever a request says.
        kwargs.pop("path", None)
        self.starting = asyncio.ensure_future(super().start_kernel(**kwargs, cwd=self.root_dir))
        try:
            return await self.starting
        finally:
            self.starting = None

    async def _finish_kernel_start(self, kernel_id):
        await super()._finish_kernel_start(kernel_id)
        self.add_restart_callback(kernel_id, lambda: self.note_restart(kernel_id))

    def kernel_model(self, kernel_id):
        model = super().kernel_model(kernel_id)
        if self.last_restart is not None:
            model["last_restart"] = self.last_restart
        return model

    def note_restart(self, kernel_id):
        kernel = self.get_kernel(kernel_id)
        code = kernel.provisioner.process.returncode if kernel.has_kernel else None
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.last_restart = {"reason": self.reason(code), "at": now}
        # Else the state that it had when it ended would stay: the new kernel may speak before the server hears it.
        kernel.execution_state = "starting"

    def reason(self, exit_code):
        kills, self.oom_kills = self.oom_kills, oom_kills()
        ended, self.watch.ended = self.watch.ended, None
        if ended is not None and time.time() - ended[1] < SECONDS_BETWEEN:
            return ended[0]
        return "memory" if exit_code == -signal.SIGKILL and self.oom_kills > kills else "died"

    def process_ids(self):
        provisioners = [kernel.provisioner for kernel in list(self._kernels.values())]
        return {provisioner.pid for provisioner in provisioners if provisioner is not None}

    def start_buffering(self, kernel_id, session_key, channels):
        super().start_buffering(kernel_id, session_key, channels)
        self._kernel_buffers[kernel_id]["buffer"] = BoundedBuffer()


class BoundedBuffer(list):
    """What a kernel says while no browser is connected: all that is no output, and so much output."""

    size = 0

    def append(self, message):
        channel, parts = message
        self.size += sum(map(len, parts))
        if self.size <= MOST_WAITING or channel != "iopub" or is_status(parts):
            super().append(message)


def is_status(parts):
    return parts[0].endswith(b".status")


class BoundedConnection(ZMQChannelsWebsocketConnection):
    """A browser that takes output more slowly than it comes does not get all of it, instead of filling the server."""

    def connect(self):
        # Else each run's second message waits for the acknowledgement of its first: 40 ms.
        self.websocket_handler.set_nodelay(True)
        return super().connect()

    def handle_outgoing_message(self, stream, outgoing_msg):
        if getattr(stream, "channel", None) == "iopub" and not is_status(outgoing_msg) and self.waiting() > MOST_WAITING:
            return
        super().handle_outgoing_message(stream, outgoing_msg)

    def waiting(self):
        connection = self.websocket_handler.ws_connection
        return 0 if connection is None else len(connection.stream._write_buffer)

    def write_stderr(self, error_message, parent_header):
        super().write_stderr("[Output comes too fast: some of it is left out.]", parent_header)
