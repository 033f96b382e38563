"""MAC addresses of network interfaces.

IEEE 802, EUI-48: six octets with colons or hyphens, or three groups of four digits with dots (as
Cisco writes them). The second lowest bit of the first octet marks an address that was made up
locally, such as the random ones of telephones; the lowest one that of a group, which is nobody's.
"""

from __future__ import annotations

import re

import numpy as np

from pdscan.detectors.interface import Candidates, Detector, Judged, Run, Shape
from pdscan.model import Likelihood

_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_FORM = re.compile(
    rb"(?P<lead>(?:(?:[A-Za-z]*[G-Zg-z][A-Za-z]*)?:)?)"
    rb"(?P<address>[0-9A-Fa-f]{2}(?P<sign>[:-])(?:[0-9A-Fa-f]{2}(?P=sign)){4}[0-9A-Fa-f]{2}"
    rb"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}):?"
)
_SIGNS = bytes.maketrans(b"ABCDEF", b"abcdef")
_DIGITS = 12
_GROUP, _LOCAL = 1, 2


def judge(candidates: Candidates) -> Judged:
    """Accepts six octets of a single interface, less a name before them."""
    count = len(candidates)
    level = np.full(count, -1, np.int8)
    local = np.zeros(count, np.bool_)
    canonical = np.zeros((count, _DIGITS), np.uint8)
    lead, trail = np.zeros(count, np.int64), np.zeros(count, np.int64)
    known: dict[bytes, re.Match[bytes] | None] = {}
    for row, length in enumerate(candidates.raw_length.tolist()):
        text = candidates.raw[row, :length].tobytes()
        if text not in known:
            known[text] = _FORM.fullmatch(text)
        if (match := known[text]) is None:
            continue
        digits = match["address"].translate(_SIGNS, b":-.")
        first = int(digits[:2], 16)
        if first & _GROUP or digits == digits[:1] * _DIGITS:
            continue
        level[row] = Likelihood.LIKELY if match["sign"] == b":" else Likelihood.POSSIBLE
        local[row] = first & _LOCAL != 0
        canonical[row] = np.frombuffer(digits, np.uint8)
        lead[row], trail[row] = match.start("address"), length - match.end("address")
    good = level >= 0
    return Judged(level, {"form": good, "locally administered": local}, canonical, lead, trail)


DETECTOR = Detector(
    kind="mac_address",
    name="MAC address",
    category="MACAddress",
    finders=(
        Shape("[9A]{2}(?:-[9A]{2}){5}", apart="-.+", hint="(?:-[0-9A-Fa-f]{2}){5}"),
        Shape(r"[9A]{4}\.[9A]{4}\.[9A]{4}", apart="-.+",
              hint=r"(?:\.[0-9A-Fa-f]{4}){2}"),
        Run(":", _WORD + ":", 64, hint="(?::[0-9A-Fa-f]{2}){5}", least=5,
            beyond_ascii=True),
    ),
    judge=judge,
    context=("mac", "mac-osoite", "mac osoit", "mac-adress", "mac address", "ether", "hwaddr",
             "wifi", "wlan", "bluetooth", "ethernet", "bssid", "lladdr", "dhcp"),
    counter=("fingerprint", "sha1", "md5", "uuid", "guid"),
    labels=("mac", "mac address", "macaddress", "mac addr", "hwaddr", "mac osoite", "mac adress",
            "bssid", "bluetooth address", "device mac"),
    examples=("00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7"),
)  # fmt: skip
