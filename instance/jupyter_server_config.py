"""What an instance runs: a Jupyter server that can run kernels and nothing else.

    python -m jupyter_server --config=jupyter_server_config.py

It reads INSTANCE_ID, INSTANCE_TOKEN_HASH, INSTANCE_ADDRESS and INSTANCE_PORT. The token itself never comes here: a request
is accepted when the SHA-256 of the token it presents equals INSTANCE_TOKEN_HASH, so that nothing which a participant's
code can read on this machine opens an instance.
"""

import hashlib
import hmac
import os
import re

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server import serverapp
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler, APIVersionHandler
from jupyter_server.services.api.handlers import APIStatusHandler
from jupyter_server.services.contents.manager import ContentsManager
from jupyter_server.services.kernels.handlers import default_handlers as kernel_routes
from jupyter_server.services.kernelspecs.handlers import default_handlers as kernelspec_routes
from tornado.web import HTTPError

# Taken out of the environment, because each kernel inherits it.
INSTANCE_ID = os.environ.pop("INSTANCE_ID")
TOKEN_HASH = os.environ.pop("INSTANCE_TOKEN_HASH").lower()
ADDRESS = os.environ.pop("INSTANCE_ADDRESS", "127.0.0.1")
PORT = int(os.environ.pop("INSTANCE_PORT"))
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
        ]
        base_url = settings["base_url"].rstrip("/")
        return [(base_url + pattern, *rest) for pattern, *rest in routes] + [(r".*", NotFoundHandler)]


class NoContentsManager(ContentsManager):
    """The notebook lives in the web app: this server has no files to offer."""

    files_handler_class = None
    root_dir = HOME


class PythonKernelOnly(KernelSpecManager):
    """This interpreter's ipykernel, whatever else may be installed on the machine, started without what nobody uses here."""

    def _kernel_dirs_default(self):
        return []

    def get_kernel_spec(self, kernel_name):
        spec = super().get_kernel_spec(kernel_name)
        # No debugger and no history database: memory, and files in the participant's folder. No jedi, which takes 37 MiB at the
        # first completion and up to 3 s; without it names are completed from what is there, in 2 to 25 ms.
        spec.metadata = {**spec.metadata, "debugger": False}
        spec.argv = [*spec.argv, "--HistoryManager.enabled=False", "--Completer.use_jedi=False"]
        return spec


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
c.ServerApp.terminals_enabled = False
c.ServerApp.jpserver_extensions = {"jupyter_server_terminals": False}
c.ServerApp.quit_button = False
c.ServerApp.log_level = "WARN"
# Keeps proxies from closing the kernel's channel while a participant thinks.
c.ServerApp.websocket_ping_interval = 30
c.ServerApp.websocket_ping_timeout = 30

# A kernel lives as long as its instance: the study's manager retires instances, idle kernels are participants who think.
c.MappingKernelManager.cull_idle_timeout = 0
c.KernelManager.shutdown_wait_time = 1.0
