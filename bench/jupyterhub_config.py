"""JupyterHub as its documentation starts it for a try: anybody signs in, each gets a notebook server of their own on this machine."""

import os
import shutil
import sys

FOLDER = os.environ["BENCH_FOLDER"]
HOMES = os.path.join(FOLDER, "homes")

c = get_config()  # noqa: F821 (traitlets provides it)

c.JupyterHub.bind_url = os.environ["BENCH_HUB_URL"]
c.JupyterHub.hub_port = int(os.environ["BENCH_HUB_PORT"])
c.JupyterHub.db_url = "sqlite:///" + os.path.join(FOLDER, "hub.sqlite")
c.JupyterHub.cookie_secret_file = os.path.join(FOLDER, "cookie_secret")
c.ConfigurableHTTPProxy.command = [os.environ["BENCH_NODE"], os.environ["BENCH_PROXY"]]
c.ConfigurableHTTPProxy.api_url = os.environ["BENCH_PROXY_API"]
c.ConfigurableHTTPProxy.pid_file = os.path.join(FOLDER, "proxy.pid")

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(HOMES, "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
# In the hub's own process group, so that they end with it in any case.
c.SimpleLocalProcessSpawner.popen_kwargs = {"start_new_session": False}
c.Spawner.default_url = "/notebooks/study.ipynb"


def give_notebook(spawner):
    home = os.path.join(HOMES, spawner.user.name)
    os.makedirs(home, exist_ok=True)
    shutil.copy(os.path.join(FOLDER, "study.ipynb"), home)


c.Spawner.pre_spawn_hook = give_notebook

# Lets the benchmark stop each server after its turn.
c.JupyterHub.services = [{"name": "bench", "api_token": os.environ["BENCH_TOKEN"]}]
c.JupyterHub.load_roles = [{"name": "bench", "services": ["bench"], "scopes": ["admin:servers"]}]
