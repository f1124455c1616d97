"""Which addresses of the internet a query may make this machine ask.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry/
Source: https://www.iana.org/assignments/iana-ipv6-special-registry/
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

#: Networks that no release of Python is relied on to know as special. Those that carry an IPv4
#: address to a relay (6to4, Teredo, local NAT64) are refused whole.
_SPECIAL: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/96",
            "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
            "5f00::/16", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
#: Networks of a machine or an organisation, which a keeper may let queries ask.
_PRIVATE: Final = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
         "::1/128", "fc00::/7"),
    )
)  # fmt: skip
#: Where an IPv4 address is translated from, its last 32 bits.
_NAT64: Final = ip_network("64:ff9b::/96")


def may_be_asked(address: str, *, allow_private: bool = False) -> bool:
    """Say whether a request may go to an address.

    :param address: an IPv4 or IPv6 address.
    :param allow_private: take addresses of this machine and of private networks as well. Those
        for one link, such as the one that tells a machine in a cloud its secrets, are never
        taken.

    >>> may_be_asked("93.184.215.14"), may_be_asked("::ffff:10.0.0.1")
    (True, False)
    >>> may_be_asked("10.0.0.1", allow_private=True)
    True
    >>> may_be_asked("169.254.169.254", allow_private=True)
    False
    """
    try:
        found = _reached(ip_address(address))
    except ValueError:
        return False
    if any(found in network for network in _PRIVATE):
        return allow_private
    return found.is_global and not any(found in network for network in _SPECIAL)


def _reached(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the address that is reached in the end, which an IPv6 address may carry."""
    if isinstance(address, IPv6Address):
        if address.scope_id:
            raise ValueError("an address of one link")
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
