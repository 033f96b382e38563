"""People that Faker makes up, written as their countries write them."""

from __future__ import annotations

import unicodedata
from random import Random

from faker import Faker

from bench.accuracy.values import VALUES, Value

_LOCALES = {
    "fi": "fi_FI",
    "sv": "sv_SE",
    "en": "en_GB",
    "us": "en_US",
    "no": "no_NO",
    "dk": "da_DK",
}
_HOSTS = ("gmail.com", "hotmail.com", "outlook.com", "icloud.com", "example.com")
_PROVIDERS = {"fi": ("kolumbus.fi", "elisanet.fi"), "sv": ("telia.se", "bredband.net"),
              "en": ("btinternet.com", "sky.co.uk"), "us": ("comcast.net", "aol.com"),
              "no": ("online.no",), "dk": ("mail.dk",)}  # fmt: skip


class People:
    """Names, addresses and e-mail addresses from one seed."""

    def __init__(self, seed: int) -> None:
        self._fakers = {}
        for language, locale in _LOCALES.items():
            self._fakers[language] = Faker(locale)
            self._fakers[language].seed_instance(seed)

    def values(self) -> dict[str, Value]:
        """Every value that can be labelled, by name: those of `VALUES` and those of people."""
        made = dict(VALUES)
        for language in _LOCALES:
            made[f"person_name:{language}"] = self._maker(self._name, language)
            made[f"email:{language}"] = self._maker(self._email, language)
            made[f"postal_address:{language}"] = self._maker(self._address, language, ", ")
            made[f"postal_address:{language}_lines"] = self._maker(self._address, language, "\n")
        return made

    @staticmethod
    def _maker(method, *arguments: str) -> Value:  # type: ignore[no-untyped-def] # three shapes
        return lambda chance: method(chance, *arguments)

    def _name(self, _chance: Random, language: str) -> str:
        faker = self._fakers[language]
        return f"{faker.first_name()} {faker.last_name()}"

    def _email(self, chance: Random, language: str) -> str:
        first, _, last = _ascii(self._name(chance, language)).lower().partition(" ")
        local = chance.choice((
            f"{first}.{last}", f"{first[0]}{last}", f"{first}{chance.randrange(100)}",
            f"{first}_{last}", f"{first}.{last}+shop",
        ))  # fmt: skip
        return f"{local}@{chance.choice((*_HOSTS, *_PROVIDERS[language]))}"

    def _address(self, chance: Random, language: str, joint: str) -> str:
        faker = self._fakers[language]
        number = chance.randrange(1, 120)
        street = faker.street_name()
        if language == "fi":
            flat = chance.choice(("", "", f" {chance.choice('ABC')} {chance.randrange(1, 60)}",
                                  f" as. {chance.randrange(1, 40)}"))  # fmt: skip
            return f"{street} {number}{flat}{joint}{faker.postcode()} {faker.city()}"
        if language == "sv":
            code = faker.postcode()
            code = f"{code[:3]} {code[3:]}" if chance.random() < 0.8 else code
            flat = chance.choice(
                ("", "", chance.choice("ABC"), f" lgh {1000 + chance.randrange(500)}")
            )
            return f"{street} {number}{flat}{joint}{code} {faker.city()}"
        if language == "en":
            return f"{number} {street}{joint}{faker.city()}{joint}{faker.postcode()}"
        if language == "us":
            return (
                f"{number} {street}{joint}{faker.city()}, {faker.state_abbr()} {faker.postcode()}"
            )
        return f"{street} {number}{joint}{faker.postcode()} {faker.city()}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c in " -"))
