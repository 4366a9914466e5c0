"""Addresses that only programs of this machine reach."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Return whether only programs of this machine can reach a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
