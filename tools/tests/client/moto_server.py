"""moto as a server within this process: plain S3 and S3 Vectors, as far as moto has them."""
import collections
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class MotoServer:
    """Runs while it is entered; `url` is where. `requests` counts what came, by method and first step of the path.

    One request at a time: a server of S3 judges the condition of a write and writes in one step; moto alone does not.
    """

    def __init__(self):
        self.requests = collections.Counter()
        self._application = DomainDispatcherApplication(create_backend_app)
        self._turn = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Silent)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ, start_response):
        with self._turn:
            self.requests[environ["REQUEST_METHOD"], environ["PATH_INFO"].split("/")[1]] += 1
            return list(self._application(environ, start_response))

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _Silent(WSGIRequestHandler):
    def log(self, *_):
        pass
