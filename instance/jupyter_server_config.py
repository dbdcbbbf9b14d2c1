"""What an instance runs, started by instance.py: a Jupyter server that can run kernels and nothing else.

It reads INSTANCE_ID, INSTANCE_TOKEN_HASH, INSTANCE_ADDRESS and INSTANCE_PORT. The token itself never comes here: a request
is accepted when the SHA-256 of the token it presents equals INSTANCE_TOKEN_HASH, so that nothing which a participant's
code can read on this machine opens an instance.

INSTANCE_MEMORY (MB for this server and all programs), INSTANCE_PROCESSES (processes and threads of the programs) and
INSTANCE_DISK (MB in the home and in INSTANCE_FOLDERS, further folders separated by colons) are the limits: programs that
pass one are ended and the kernel starts anew. GET api/kernels/<id> then tells of it until the next time:

    "last_restart": {"reason": "memory" | "processes" | "disk" | "died", "at": "2026-11-25T04:55:00Z"}
"""

import hashlib
import hmac
import logging
import os
import re

from jupyter_server import serverapp
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler, APIVersionHandler
from jupyter_server.services.api.handlers import APIStatusHandler
from jupyter_server.services.contents.manager import ContentsManager
from jupyter_server.services.kernels.handlers import default_handlers as kernel_routes
from jupyter_server.services.kernelspecs.handlers import default_handlers as kernelspec_routes
from tornado.web import HTTPError

from kernels import BoundedConnection, OneKernelManager, PythonKernelOnly
from starter_files import StarterFileHandler
from watch import Watch

MIB = 1024 * 1024

# Taken out of the environment, because each kernel inherits it.
INSTANCE_ID = os.environ.pop("INSTANCE_ID")
TOKEN_HASH = os.environ.pop("INSTANCE_TOKEN_HASH").lower()
ADDRESS = os.environ.pop("INSTANCE_ADDRESS", "127.0.0.1")
PORT = int(os.environ.pop("INSTANCE_PORT"))
MEMORY = int(float(os.environ.pop("INSTANCE_MEMORY", "128"))) * MIB
PROCESSES = int(float(os.environ.pop("INSTANCE_PROCESSES", "128")))
DISK = int(float(os.environ.pop("INSTANCE_DISK", "16"))) * MIB
FOLDERS = [folder for folder in os.environ.pop("INSTANCE_FOLDERS", "").split(":") if folder]
HOME = os.path.expanduser("~")

if not re.fullmatch(r"[0-9a-f]{12}", INSTANCE_ID):
    raise SystemExit("INSTANCE_ID must be 12 hexadecimal digits, not %r" % INSTANCE_ID)
if not re.fullmatch(r"[0-9a-f]{64}", TOKEN_HASH):
    raise SystemExit("INSTANCE_TOKEN_HASH must be the SHA-256 of the instance's token, 64 hexadecimal digits")


class HashedTokenIdentityProvider(IdentityProvider):
    """Knows one user: whoever presents the instance's token in the Authorization header. No cookie, no URL, no login page."""

    login_available = False
    logout_available = False
    participant = User("participant")

    def get_user(self, handler):
        presented = self.auth_header_pat.fullmatch(handler.request.headers.get("Authorization", ""))
        if presented is None:
            return None
        digest = hashlib.sha256(presented.group(2).encode()).hexdigest()
        if not hmac.compare_digest(digest, TOKEN_HASH):
            return None
        # Jupyter's own mark of a request that carries its credential: no cookie, hence no forged cross-site request.
        handler._token_authenticated = True
        return self.participant


class NotFoundHandler(APIHandler):
    """Everything else, told as JSON and without a redirect to a login page that does not exist."""

    async def prepare(self):
        raise HTTPError(404)


class KernelsOnlyApplication(serverapp.ServerWebApplication):
    """Jupyter's web application with the routes that the notebook page and the health check use."""

    def init_handlers(self, default_services, settings):
        routes = [
            (r"/api", APIVersionHandler),  # open: Consul's check reads it
            (r"/api/status", APIStatusHandler),
            *kernel_routes,
            *kernelspec_routes,
            (r"/api/files/([^/]+)", StarterFileHandler),
        ]
        base_url = settings["base_url"].rstrip("/")
        return [(base_url + pattern, *rest) for pattern, *rest in routes] + [(r".*", NotFoundHandler)]


class NoContentsManager(ContentsManager):
    """The notebook lives in the web app: this server has no files to offer."""

    files_handler_class = None
    root_dir = HOME


# Jupyter has no setting for the class of its web application.
serverapp.ServerWebApplication = KernelsOnlyApplication

c = get_config()  # noqa: F821 (traitlets provides it)

c.ServerApp.base_url = "/proxy/%s/" % INSTANCE_ID
c.ServerApp.ip = ADDRESS
c.ServerApp.port = PORT
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True  # in a container or under raw_exec the driver decides who runs this

c.ServerApp.identity_provider_class = HashedTokenIdentityProvider
c.HashedTokenIdentityProvider.token = ""  # else Jupyter makes one up and logs it, though nothing would accept it
c.ServerApp.allow_unauthenticated_access = False
c.ServerApp.allow_remote_access = True  # the Host header names the proxy; the token decides
c.ServerApp.disable_check_xsrf = True  # no cookie authenticates, so none can be abused
c.ServerApp.tornado_settings = {"static_path": None, "xsrf_cookies": False}

c.ServerApp.root_dir = HOME
c.ServerApp.contents_manager_class = NoContentsManager
c.ServerApp.kernel_spec_manager_class = PythonKernelOnly
c.ServerApp.kernel_manager_class = OneKernelManager
c.ServerApp.kernel_websocket_connection_class = BoundedConnection
c.ServerApp.terminals_enabled = False
c.ServerApp.jpserver_extensions = {"jupyter_server_terminals": False}
c.ServerApp.quit_button = False
c.ServerApp.log_level = "WARN"
# Keeps proxies from closing the kernel's channel while a participant thinks.
c.ServerApp.websocket_ping_interval = 30
c.ServerApp.websocket_ping_timeout = 30

# More than a kernel puts out by itself (kernel.py lets it wait); what a program sends past that is left out.
c.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 4_000_000
c.ZMQChannelsWebsocketConnection.iopub_msg_rate_limit = 2_000

# A kernel lives as long as its instance: the study's manager retires instances, idle kernels are participants who think.
c.MappingKernelManager.cull_idle_timeout = 0
c.KernelManager.shutdown_wait_time = 1.0
# One that ends by itself, or because it took too much, is started anew: soon, at the same ports, and however often.
c.KernelRestarter.time_to_dead = 0.5
c.KernelRestarter.random_ports_until_alive = False
c.KernelRestarter.restart_limit = 1_000_000

PythonKernelOnly.memory, PythonKernelOnly.disk = MEMORY, DISK
StarterFileHandler.home = HOME
OneKernelManager.watch = Watch(
    memory=MEMORY, processes=PROCESSES, disk=DISK, folders=[HOME, *FOLDERS], log=logging.getLogger("tornado.application")
)
