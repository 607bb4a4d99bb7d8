# SPDX-License-Identifier: MIT
"""service.py - an HTTP server with threads, and what else Python programs do: prints "all is well"."""

import asyncio
import ctypes
import http.server
import multiprocessing
import multiprocessing.shared_memory
import os
import pty
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


def square(number):
    return number * number


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def serves():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fetch, [f"http://127.0.0.1:{server.server_port}/"] * 200))
    server.shutdown()
    assert answers == [b"hello"] * 200


def starts_programs():
    assert subprocess.run(["sh", "-c", "cat"], input=b"x", capture_output=True, check=True).stdout == b"x"
    started = subprocess.Popen(["sleep", "60"], start_new_session=True)
    started.send_signal(signal.SIGTERM)
    assert started.wait() == -signal.SIGTERM
    try:
        subprocess.run(["sleep", "60"], timeout=0.1, check=True)
        raise AssertionError("it must have been too slow")
    except subprocess.TimeoutExpired:
        pass
    assert os.WEXITSTATUS(os.system("exit 3")) == 3
    pid = os.posix_spawn("/bin/true", ["true"], os.environ)
    assert os.waitpid(pid, 0)[1] == 0
    assert pty.spawn(["sh", "-c", "test -t 0"]) == 0


def uses_processes():
    for method in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            assert list(pool.map(square, range(20))) == [square(n) for n in range(20)]
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=queue.put, args=("x",))
    process.start()
    assert queue.get() == "x"
    process.join()
    shared = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    shared.buf[0] = 1
    shared.close()
    shared.unlink()


async def loop():
    async def echo(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("localhost", port)
    writer.write(b"line\n")
    assert await reader.readline() == b"line\n"
    writer.close()
    server.close()
    child = await asyncio.create_subprocess_exec("true")
    assert await child.wait() == 0


def knows_the_system():
    assert os.cpu_count() >= 1 and len(os.sched_getaffinity(0)) >= 1
    assert ("lo" in [name for _, name in socket.if_nameindex()])
    assert socket.getaddrinfo("localhost", 80)
    assert ssl.create_default_context() and os.urandom(16) and ctypes.CDLL(None).getpid() == os.getpid()
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 100000)
        file.flush()
        os.fsync(file.fileno())
    faults = os.listdir("/proc/self/fd")
    assert faults and time.clock_gettime(time.CLOCK_BOOTTIME) > 0


if __name__ == "__main__":
    serves()
    starts_programs()
    uses_processes()
    asyncio.run(loop())
    knows_the_system()
    print("all is well", flush=True)
