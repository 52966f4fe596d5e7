"""How gunicorn serves the site, on one machine and in a container (`--config python:courant.gunicorn`).

Pages are bound by the processor, so there is a process a core. Each has a few threads only because a browser opens
connections that it does not use yet: a worker of the `sync` kind waits for the first byte on such a connection, and is
killed for it after `timeout`.
"""

import os

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
# Loaded once and then forked: half the time to start and a third of the memory.
preload_app = True
# Seconds. A page that takes longer is a fault; ending is below the supervisor's grace.
timeout = 30
graceful_timeout = 3
keepalive = 5
# Recycled now and then, so that a slow leak in a library never fills a machine.
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
# The worker's sign of life is a file; memory never blocks as a disk may.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 (gunicorn reads this file's names)
