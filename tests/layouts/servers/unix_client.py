"""A connection to a server that is about to listen on a Unix socket."""

import socket
import time

PATIENCE_S = 60


class UnixClient:
    def __init__(self, path):
        deadline = time.monotonic() + PATIENCE_S
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.lines = self.socket.makefile("rb")
