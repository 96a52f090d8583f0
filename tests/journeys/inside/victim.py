"""A process of the host, with all that a command must not reach. Runs as the user as whom commands run, so that nothing but the
sandbox stands between them. Prints one line of JSON when it is ready, and waits until its input ends.

  victim.py SECRET_FILE ABSTRACT_NAME SOCKET_FILE QUEUE_NAME LAN_ADDRESS
"""

import ctypes
import json
import os
import socket
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PTRACER, ANY = 0x59616D61, ctypes.c_ulong(-1)
IPC_CREAT, IPC_RMID = 0o1000, 0


def greet(server):
    while True:
        connection, _ = server.accept()
        connection.sendall(b"secret")
        connection.close()


def listen(server):
    server.listen()
    threading.Thread(target=greet, args=(server,), daemon=True).start()
    return server.getsockname()


def internet(address):
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    server.bind((address, 0))
    return listen(server)[1]


def unix(address):
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    listen(server)


def main():
    secret, abstract, path, queue, lan = sys.argv[1:6]
    libc.prctl(PR_SET_PTRACER, ANY, 0, 0, 0)
    kept = os.open(secret, os.O_RDONLY)
    unix("\0" + abstract)
    unix(path)
    os.chmod(path, 0o777)
    memory_key = 0x7A6F0000 | (os.getpid() & 0xFFFF)
    memory = libc.shmget(memory_key, 4096, IPC_CREAT | 0o666)
    opened = libc.mq_open(queue.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
    print(json.dumps({"pid": os.getpid(), "port": internet("127.0.0.1"), "lan_port": internet(lan) if lan else 0, "descriptor": kept,
                      "memory_key": memory_key, "memory": memory, "queue": opened}), flush=True)
    sys.stdin.read()
    libc.shmctl(memory, IPC_RMID, None)
    libc.mq_unlink(queue.encode())


main()
