"""moto's server, one write at a time.

    python tests/test_cluster/s3_server.py HOST PORT

moto looks whether an object exists and stores it later, so two conditional PUTs at the same time
would both succeed. S3 accepts one.
"""

import sys
from threading import Lock

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

WRITING = Lock()
answer = DomainDispatcherApplication(create_backend_app)


def serve(environ, start_response):
    if environ["REQUEST_METHOD"] in {"PUT", "POST"}:
        with WRITING:
            return answer(environ, start_response)
    return answer(environ, start_response)


if __name__ == "__main__":
    run_simple(sys.argv[1], int(sys.argv[2]), serve, threaded=True)
