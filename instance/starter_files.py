"""Places the study's files in the participant's home: only what is not there yet, so that nobody's changes are lost."""

import os
import re
import tempfile

from jupyter_server.base.handlers import APIHandler
from jupyter_server.auth.decorator import authorized
from tornado.web import HTTPError, authenticated

MOST_BYTES = 1024 * 1024
# Plain and visible: no folders, and nothing that a program reads by itself, such as .bashrc.
NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"


class StarterFileHandler(APIHandler):
    """PUT api/files/<name> with the file as the body. 201: it was written; 200: there is a file of this name already."""

    auth_resource = "contents"
    home = None  # set by the settings

    @authenticated
    @authorized
    def put(self, name):
        if re.fullmatch(NAME, name) is None:
            raise HTTPError(400, "a starter file has a plain name")
        if len(self.request.body) > MOST_BYTES:
            raise HTTPError(413, "a starter file has at most %d bytes" % MOST_BYTES)
        self.set_status(201 if place(self.home, name, self.request.body) else 200)
        self.finish()


def place(folder, name, content):
    """Whole or not at all; a link or a file that is there stays as it is."""
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".starter-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.link(temporary, os.path.join(folder, name))
        return True
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
