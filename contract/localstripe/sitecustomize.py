"""Read by Python before localstripe: that listens on every address of the machine, and nobody else is to reach it."""

import socket


class Here(socket.socket):
    def bind(self, address):
        host = "::ffff:127.0.0.1" if address[0] == "::" else address[0]
        return super().bind((host, *address[1:]))


socket.socket = Here
