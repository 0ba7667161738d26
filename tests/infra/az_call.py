"""`az` of a script under test: passes one call on to the server in the process of the test (az.py), by its port.

It imports what costs nothing, since scripts call it hundreds of times.
"""

import _socket
import posix
import sys

port, *words = sys.argv[1:]
server = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
server.connect(("127.0.0.1", int(port)))
request = "\0".join([posix.getcwd(), *words]).encode()
while request:
    request = request[server.send(request) :]
server.shutdown(_socket.SHUT_WR)
parts = []
while part := server.recv(1 << 16):
    parts.append(part)
head, _, rest = b"".join(parts).partition(b"\n")
status, length = map(int, head.split())
sys.stdout.buffer.write(rest[:length])
sys.stderr.buffer.write(rest[length:])
sys.exit(status)
