"""Geographic coordinates (WGS 84), exact enough to tell a home: four decimals are eleven metres.

Pairs in decimal degrees or in degrees, minutes and seconds (ISO 6709, annex D), geo URIs
(RFC 5870), and single columns called latitude or longitude. The canonical form is decimal degrees
with five decimals. A pair without a sign, a word or a label may be any two
measures: it is unlikely.
"""

from __future__ import annotations

import re

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_DEGREES = r"[+-]?[0-9]{1,3}\.[0-9]{4,15}"
_AFTER_MINUTES = r"[ ]?['’′][ ]?(?:[0-9]{1,2}(?:[.,][0-9]{1,6})?[ ]?(?:\"|”|″|''))?[ ]?"
_ANGLE = "[0-9]{1,2}" + _AFTER_MINUTES
_ANGLE_LESS_ONE = "[0-9]?" + _AFTER_MINUTES  # digit, that is
_PARTS = re.compile(
    r"([0-9]{1,3})[ ]?°[ ]?([0-9]{1,2})[ ]?['’′][ ]?(?:([0-9.,]+)[ ]?(?:\"|”|″|''))?[ ]?([NSEW])"
)
_BORDER = r"(?:[^0-9A-Za-z.].*|[.](?:[^0-9].*)?)?$"


def _from_pair(text: str) -> str | None:
    parts = _PARTS.findall(text)
    if parts:
        values = [
            (int(degrees) + int(minutes) / 60 + float(seconds.replace(",", ".") or 0) / 3600)
            * (-1 if point in "SW" else 1)
            for degrees, minutes, seconds, point in parts
        ]
    else:
        values = [float(number) for number in re.findall(_DEGREES, text)]
    latitude, longitude = values
    if abs(latitude) > 90 or abs(longitude) > 180 or not (latitude or longitude):
        return None
    return f"{latitude:.5f},{longitude:.5f}"


def _from_field(text: str) -> str | None:
    if len(re.findall(_DEGREES, text)) == 2:
        return _from_pair(text)
    value = float(text)
    return f"{value:.5f}" if 0 < abs(value) <= 180 else None


def judge(candidates: Candidates) -> Judged:
    """Accepts pairs within the ranges of latitude and longitude."""
    if candidates.anchor is None:
        values = texts.strings(candidates.raw, candidates.raw_length)
        pair = rf"{_DEGREES}(?:[ ]?[,;/ ][ ]?{_DEGREES})?"
        found = texts.cut(values, r"[\s\"'\[(]*", pair, r"[\s\"'\])]*(?:[^0-9.].*)?$")
        form = texts.each(found.text, _from_field)
        level = np.full(len(candidates), Likelihood.UNLIKELY, np.int64)
    else:
        decimal = texts.cut_around(
            candidates, rf"{_DEGREES}[,;/ ][ ]?[+-]?[0-9]{{1,3}}\.[0-9]{{4}}", "[0-9]{0,11}",
            border=_BORDER,
        )  # fmt: skip
        sexagesimal = texts.cut_around(
            candidates, r"[0-9]{1,3}[ ]?°[ ]?[0-9]",
            f"{_ANGLE_LESS_ONE}[NS][ ,;/]{{0,3}}[0-9]{{1,3}}[ ]?°[ ]?{_ANGLE}[EW]",
            border=_BORDER,
        )  # fmt: skip
        found = decimal.or_else(sexagesimal)
        form = texts.each(found.text, _from_pair)
        signed = texts.matches(found.text, r"(?:^|[,;/ ])[+-]")
        listed = texts.matches(
            texts.strings(candidates.raw, candidates.raw_length),
            r"[0-9][ ]?[,;][ ]?[+-]?[0-9]{1,9}\.[0-9]{1,15}[ ]?[,;][ ]?[+-]?[0-9]",
        )
        # Two small numbers are any measures; as degrees they lie in the Gulf of Guinea.
        small = texts.matches(found.text, r"^[+-]?[0-9]\.[0-9]+[,;/ ]{1,2}[+-]?[0-9]\.")
        telling = signed & ~listed & ~small
        level = np.where(telling, Likelihood.POSSIBLE, Likelihood.UNLIKELY)
        level[sexagesimal.found] = Likelihood.LIKELY
    found = found.where(~texts.missing(form))
    return texts.judged(found, level, {"within the ranges of degrees": found.found}, form)


DETECTOR = Detector(
    kind="geo_coordinates",
    name="Geographic coordinates",
    category="GPSCoordinate",
    finders=(
        Around(r"[0-9]\.[0-9]{4,15}[,;/ ][ ]?[+-]?[0-9]{1,3}\.[0-9]{4}", before=48, after=14),
        Around("[0-9][ ]?\xb0[ ]?[0-9]", before=12, after=48),
        Cell(48),
    ),
    judge=judge,
    context=("lat", "latitude", "longitud", "lon", "lng", "gps", "geo", "koordinaat", "koordinat",
             "coordinate", "location", "sijainti", "position", "maps"),
    counter=("version", "price", "hinta", "pris", "ratio"),
    labels=("latitude", "longitude", "lat", "lon", "lng", "long", "lat lon", "lat lng", "latlng",
            "gps", "coordinates", "coordinate", "geo", "geo location", "koordinaatit", "leveysaste",
            "pituusaste", "leveyspiiri", "sijainti", "koordinater", "latitud", "longitud"),
    examples=("-33.86882, 151.20930",),
)  # fmt: skip
