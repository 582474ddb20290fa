"""Runs kazoo's own tests against servers that somebody else starts and stops.

Loaded by pytest (-p mpim_cluster). Replaces nothing but kazoo's cluster factory: members are named by their ports in
MPIM_MEMBERS and are stopped and run by one line each to MPIM_CONTROL, `stop <n>` or `run <n>`, answered by a line.
"""
import os
import socket

import kazoo.testing.harness as harness


class Member(object):
    def __init__(self, number, port):
        self.number = number
        self.port = port
        self.running = True

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def client_port(self):
        return self.port

    def _ask(self, verb):
        control = socket.create_connection(("127.0.0.1", int(os.environ["MPIM_CONTROL"])))
        try:
            control.sendall(("%s %d\n" % (verb, self.number)).encode())
            answer = control.makefile().readline().strip()
        finally:
            control.close()
        if answer != "done":
            raise Exception("%s %d: %s" % (verb, self.number, answer))

    def run(self):
        if not self.running:
            self._ask("run")
            self.running = True

    def stop(self):
        if self.running:
            self._ask("stop")
            self.running = False


class Cluster(list):
    def start(self):
        for member in self:
            member.run()

    def stop(self):
        for member in self:
            member.stop()

    def terminate(self):
        pass


ports = os.environ.get("MPIM_MEMBERS", "0").split(",")
cluster = Cluster(Member(number, int(port)) for number, port in enumerate(ports))
harness.get_global_cluster = lambda: cluster
