"""IP addresses.

IPv4 in the dotted form without leading zeros; IPv6 in every spelling of RFC 4291 and RFC 5952, with
a zone (RFC 4007), or with an IPv4 address at its end. Ranges with a purpose of their own are marked
as the IANA registries of special-purpose addresses (RFC 6890) name them. The canonical form is the
dotted one, 32 hexadecimal digits for IPv6, and for an IPv4-mapped address that of the IPv4 address
in it, so that a visitor has one fingerprint whatever the server wrote. A zone is not part of it.

Four small numbers with dots are as often a version as an address: they are only possible, unless
the first has two digits and any has three, or two of them have three. An IPv6 address outside what
is assigned is unlikely: most such text is C++ or Rust.
"""

from __future__ import annotations

import ipaddress
import re
import socket

import numpy as np

from pdscan.detectors.checks import is_digit, levels
from pdscan.detectors.interface import Candidates, Detector, Flags, Judged, Run, Shape
from pdscan.detectors.words import VERSION
from pdscan.model import Ints, Likelihood

_COLON, _DOT = ord(":"), ord(".")
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_PRIVATE, _LOOPBACK, _LOCAL, _EXAMPLE, _RESERVED, _MAPPED = range(1, 7)
_MARKS = {
    _PRIVATE: "private range", _LOOPBACK: "loopback", _LOCAL: "link-local",
    _EXAMPLE: "documentation range", _RESERVED: "reserved range",
    _MAPPED: "IPv4-mapped",
}  # fmt: skip
_V4_RANGES = (
    ("0.0.0.0/8", _RESERVED), ("10.0.0.0/8", _PRIVATE), ("100.64.0.0/10", _PRIVATE),
    ("127.0.0.0/8", _LOOPBACK), ("169.254.0.0/16", _LOCAL), ("172.16.0.0/12", _PRIVATE),
    ("192.0.2.0/24", _EXAMPLE), ("192.168.0.0/16", _PRIVATE), ("198.18.0.0/15", _RESERVED),
    ("198.51.100.0/24", _EXAMPLE), ("203.0.113.0/24", _EXAMPLE), ("224.0.0.0/3", _RESERVED),
)  # fmt: skip


def _network(text: str) -> tuple[int, int]:
    net = ipaddress.IPv6Network(text)
    return int(net.netmask), int(net.network_address)


_V6_RANGES = tuple(
    (*_network(text), meaning)
    for text, meaning in (
        ("::1/128", _LOOPBACK), ("2001:db8::/32", _EXAMPLE), ("3fff::/20", _EXAMPLE),
        ("fc00::/7", _PRIVATE), ("fe80::/10", _LOCAL), ("ff00::/8", _RESERVED),
    )
)  # fmt: skip
_ASSIGNED = tuple(map(_network, ("2000::/3", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8")))
_MAPPED_PREFIX = bytes(10) + b"\xff\xff"


def judge_v4(candidates: Candidates) -> Judged:
    """Accepts four numbers up to 255 without leading zeros."""
    address, good, wide = _read_v4(candidates)
    mark = np.zeros(len(candidates), np.int64)
    for text, meaning in _V4_RANGES:
        net = ipaddress.IPv4Network(text)
        mark[(address & int(net.netmask)) == int(net.network_address)] = meaning
    level = np.where(wide | (mark == _PRIVATE), Likelihood.LIKELY, Likelihood.POSSIBLE)
    nobody = (address & 0xFFFFFF) == 0  # a network, or the version of a browser
    level[nobody | (mark == _RESERVED)] = Likelihood.UNLIKELY
    return Judged(levels(good, level), _marks(mark, good), candidates.chars)


def _read_v4(candidates: Candidates) -> tuple[Ints, Flags, Flags]:
    """The address as a number, whether it is one, and whether it is no version by its size."""
    count = len(candidates)
    address, octet = np.zeros(count, np.int64), np.zeros(count, np.int32)
    wrong, started = (np.zeros(count, np.bool_) for _ in range(2))
    for code in np.ascontiguousarray(candidates.chars.T):
        number, dot = is_digit(code), code == _DOT
        wrong |= number & started & (octet == 0)
        octet = np.where(number, octet * 10 + code - 0x30, octet)
        wrong |= octet > 255
        address = np.where(dot, (address << 8) + octet, address)
        octet[dot] = 0
        started = number
    address = (address << 8) + octet
    octets = [address >> shift & 255 for shift in (0, 8, 16, 24)]
    wide = sum((part >= 100 for part in octets), np.zeros(count, np.int64))
    return address, ~wrong, (wide >= 2) | ((wide == 1) & (octets[3] >= 10))


def _marks(mark: Ints, good: Flags) -> dict[str, Flags]:
    return {name: good & (mark == number) for number, name in _MARKS.items()}


_FORM = re.compile(
    rb"(?P<lead>(?:[A-Za-z]*[G-Zg-z][A-Za-z]*[:.])*(?::(?!:))?)"
    rb"(?P<address>[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:])"
    rb"(?P<zone>%[A-Za-z0-9.]+?)?(?P<trail>[.:]*)"
)
_FEWEST_COLONS = 2


def judge_v6(candidates: Candidates) -> Judged:
    """Accepts addresses, less a name before and the punctuation after them."""
    raw, count = candidates.raw, len(candidates)
    colon = raw == _COLON
    double = (colon[:, 1:] & colon[:, :-1]).any(axis=1)
    many = colon.sum(axis=1)
    maybe = np.flatnonzero((double & (many >= _FEWEST_COLONS)) | (many >= 6))  # x:x:x:x:x:x:1.2.3.4
    level = np.full(count, -1, np.int8)
    mark = np.zeros(count, np.int64)
    canonical = np.zeros((count, 32), np.uint8)
    lead, trail = np.zeros(count, np.int64), np.zeros(count, np.int64)
    known: dict[bytes, tuple[int, int, bytes, int, int] | None] = {}
    for row in maybe.tolist():
        text = raw[row].tobytes().rstrip(b"\0")
        if text not in known:
            known[text] = _read_v6(text)
        if (found := known[text]) is not None:
            level[row], mark[row], form, lead[row], trail[row] = found
            canonical[row, : len(form)] = np.frombuffer(form, np.uint8)
    return Judged(level, _marks(mark, level >= 0), canonical, lead, trail)


def _read_v6(text: bytes) -> tuple[int, int, bytes, int, int] | None:
    """Level, mark, canonical form, and how much to cut off at both ends."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    spelling, trail = match["address"].decode(), len(match["trail"])
    if spelling.endswith(":") and not spelling.endswith("::"):
        spelling, trail = spelling[:-1], trail + 1
    try:
        packed = socket.inet_pton(socket.AF_INET6, spelling)
    except OSError:
        return None
    if not any(packed):
        return None
    if packed.startswith(_MAPPED_PREFIX):
        form = socket.inet_ntop(socket.AF_INET, packed[12:]).encode()
        return Likelihood.LIKELY, _MAPPED, form, len(match["lead"]), trail
    address = int.from_bytes(packed)
    mark = next((mean for mask, net, mean in _V6_RANGES if address & mask == net), 0)
    assigned = any(address & mask == net for mask, net in _ASSIGNED)
    pairs = len(spelling) == 23 and "::" not in spelling  # eight pairs are no address
    level = Likelihood.LIKELY if assigned and not pairs else Likelihood.VERY_UNLIKELY
    if mark == _LOOPBACK:
        level = Likelihood.POSSIBLE
    return level, mark, packed.hex().encode(), len(match["lead"]), trail


_CONTEXT = (
    "ip", "ip-osoite", "ip osoit", "ip-adress", "ip address", "ipv4", "ipv6", "address", "addr",
    "client", "remote", "host", "server", "login", "kirjautu", "inloggning", "received from",
    "forwarded for", "x-forwarded-for", "inet", "peer",
)  # fmt: skip
_LABELS = (
    "ip", "ip address", "ip addr", "ipaddress", "client ip", "remote addr", "remote ip",
    "remote address", "source ip", "src ip", "dst ip", "c ip", "s ip", "x forwarded for",
    "host ip", "login ip", "last login ip", "ip osoite", "ip adress", "received",
)  # fmt: skip

IPV4 = Detector(
    kind="ipv4",
    name="IPv4 address",
    category="IPAddress",
    finders=(Shape(r"9{1,3}(?:\.9{1,3}){3}", apart=".+"),),
    judge=judge_v4,
    context=_CONTEXT,
    counter=VERSION,
    labels=_LABELS,
    examples=("192.0.2.146",),
)

IPV6 = Detector(
    kind="ipv6",
    name="IPv6 address",
    category="IPAddress",
    finders=(
        Run(":", _WORD + ":.%", 96, hint="::|(?::[0-9A-Fa-f]{1,4}){6}", least=2, beyond_ascii=True),
    ),
    judge=judge_v6,
    context=_CONTEXT,
    labels=_LABELS,
    same_as="ipv4",
    examples=("2001:db8::ff00:42:8329",),
)

DETECTORS = (IPV4, IPV6)
