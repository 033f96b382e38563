"""Every detector finds its examples wherever they stand."""

from __future__ import annotations

import pytest

from pdscan.detectors import (
    card_expiry_cvv,
    cookie_id,
    date_of_birth,
    email,
    geo_coordinates,
    jwt,
    passport,
    password,
    password_hash,
    person_name,
    postal_address,
    special_categories,
    url_credentials,
    user_agent,
    username,
    vehicle_registration,
)
from pdscan.detectors.interface import Detector
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block
from tests.detectors.columns import find

DETECTORS = (
    person_name.DETECTOR, postal_address.DETECTOR, date_of_birth.DETECTOR,
    geo_coordinates.DETECTOR, vehicle_registration.DETECTOR, passport.DETECTOR,
    card_expiry_cvv.DETECTOR, cookie_id.DETECTOR, user_agent.DETECTOR, username.DETECTOR,
    password_hash.DETECTOR, password.DETECTOR, jwt.DETECTOR, url_credentials.DETECTOR,
    email.DETECTOR, *special_categories.DETECTORS,
)  # fmt: skip
EXAMPLES = [
    pytest.param(detector, example, id=f"{detector.kind}-{number}")
    for detector in DETECTORS
    for number, example in enumerate(detector.examples)
]


@pytest.mark.parametrize(("detector", "example"), EXAMPLES)
def test_in_frames(detector: Detector, example: str) -> None:
    (alone,) = find([detector], example)[:1]
    for frame in ("{}\n", "Ärende:\n{}\n", "x; {} ", "{0}\n\n{0}\n", "<p> {} </p>", "\t{}\r\n"):
        found = [one.text for one in find([detector], frame.format(example))]
        assert found.count(alone.text) == frame.count("{"), frame


@pytest.mark.parametrize(("detector", "example"), EXAMPLES)
def test_across_window_edges(detector: Detector, example: str) -> None:
    scanner_of = Engine([detector])
    reserve = scanner_of.reserve
    text = ("sana \n" * (reserve // 3) + example + "\n" + "ord \n" * (reserve // 2)).encode()
    expected = {one.text for one in find([detector], text)}
    assert expected
    at = text.index(example.encode())
    for cut in range(at - 3, at + len(example.encode()) + 4, 7):
        blocks = [Block(text[:cut], joins=True), Block(text[cut:])]
        if text[cut] & 0xC0 == 0x80:
            continue
        scanner = Scanner(scanner_of, Fingerprinter(b"k" * 32), values=True)
        values = [v for batch in scanner.scan(blocks) for v in batch.column("value").to_pylist()]
        assert set(values) == expected
        assert len(values) == len(find([detector], text))
