"""Names of people where something tells that they are: a label, an address, a greeting, a title.

No model and no list of names: a column "etunimi", a form field "Full name:", the display name
before a mail address (RFC 5322, 3.4), the line under "Terveisin" or "Kind regards", the word after
"Hej" or "Dear". The canonical form is lower case with the given name first, so that
"Meikäläinen, Matti" and "Matti Meikäläinen" are one person's name.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.detectors.texts import CAPITAL, LETTER, Cut
from pdscan.model import Likelihood

_CLOSINGS = (
    "terveisin|Terveisin|terv.|Terv.|egards|incerely|aithfully|ours truly|est wishes|älsning"
    "|älsningar|mvh|Mvh|MVH|ilsen|ilsner|ugupidamisega|oovidega|ervitades|\nT.|\nt."
)
_GREETINGS = "Hei|Moi|Terve|Hyvä|Hej|Hejsan|Bästa|Kära|Hello|Hi|Dear|Kære|Kjære|Tere|Lugupeetud"
_THANKS = (
    "hanks|hank you|elcome|elcome back|on its way|iitos|ack|ervetuloa|älkommen|älkommen tillbaka"
    "|matkalla|på väg"
)
_INTRODUCTIONS = (
    "imeni on|y name is|itt namn är|ag heter|eg heter|it navn er|avnet mitt er|inu nimi on"
)
_HEADINGS = (
    "Vastaanottaja|Tilaaja|Maksaja|Asiakas|Yhteyshenkilö|Mottagare|Beställare|Betalare|Kund"
    "|Kontaktperson|Recipient|Payer|Customer|Contact person|Ship to|Bill to|Deliver to|Mottaker"
    "|-- "  # the separator of signatures (RFC 3676, 4.3)
)
_TITLES = "Mr|Mrs|Ms|Dr|Herr|Fru|Herra|Rouva|herra|rouva|Fröken|Tohtori"

_CAPPED = rf"[{CAPITAL}][{LETTER}'’]{{1,25}}(?:-[{CAPITAL}][{LETTER}'’]{{1,25}})?"
_PARTICLE = r"(?:von|van|der|af|de|la|le|di|da|del|al|bin|ter|ten)"
_MORE = rf"(?:[ ](?:{_CAPPED}|[{CAPITAL}]\.|{_PARTICLE}[ ]{_CAPPED}))"
_NAME = rf"(?:[{CAPITAL}]\.[ ]?){{0,2}}{_CAPPED}{_MORE}{{0,3}}"
_FULL = rf"(?:{_CAPPED},[ ]{_CAPPED}(?:[ ]{_CAPPED})?|{_CAPPED}{_MORE}{{1,3}}|{_CAPPED})"
_FIRST_AND_LAST = rf"{_CAPPED}{_MORE}{{1,3}}"
_ANY_WORDS = rf"[{LETTER}][{LETTER}.'’-]*(?:,?[ ]{{1,2}}[{LETTER}][{LETTER}.'’-]*){{0,4}}"
_CAPITAL_BYTE = r"[A-Z\xc3-\xc5]"  # the first of a capital in UTF-8
_END_OF_LINE = r"[ ]*[,.!]?[ ]*(?:\r?\n|$)"
_NOT_PEOPLE = (
    r"(?i)(?:^|[\s.,-])(?:oy|oyj|ab|as|aps|a/s|ltd|llc|inc|gmbh|plc|corp|oü|ry|rf|tmi|kommun|kunta"
    r"|team|tiimi|all|alla|kaikki|sir|madam|customers?|asiakas|asiakkaa\w*|kund|kunder|kundservice"
    r"|kundtjänst|support|tuki|service|services|asiakaspalvelu|palvelu|info|noreply|no-reply"
    r"|newsletter|uutiskirje|admin|administrator|sales|myynti|office|toimisto|helpdesk|billing"
    r"|laskutus|accounts?|group|company|yritys|företag|department|osasto|everyone|folks|there|friend"
    r"|ystävä\w*|vänner|colleagues?|kollegat|hiring|manager|user|users|null|none|unknown|test|n/a"
    r"|true|false|undefined|string|vastaanottaja|mottagare|recipient|subscriber|member|jäsen"
    r"|system|server|mailer|daemon|postmaster|root|bot|notifications?|alerts?|security|store|shop"
    r"|kauppa|verkkokauppa|bank|pankki|university|yliopisto|school|koulu|hello|hei|hej|hi|dear"
    r"|sent|lähetetty|skickat|from|best|kind|regards|thanks|kiitos|tack|mvh|order|tilaus|please"
    r"|raise|return|re|fw|fwd|vs|phone|puh|tel|www|contact|kontakt|yhteystiedot|mail|e-?mail|s-?posti|sähköposti|e-?post"
    r"|mailto)(?:$|[\s.,:-])"
)
# Variables and calls of source code; names such as McDonald and DeVito have a capital inside too.
_CODE = r"^[a-zà-ɏ]+[A-Z]\w*$|^(?:[A-Z][a-z]{4,}){2,}$"


def judge(candidates: Candidates) -> Judged:
    """Accepts names beside a sign, and what the fields hold that are called names."""
    if candidates.anchor is None:
        return _judge_fields(texts.strings(candidates.raw, candidates.raw_length))
    display = texts.only(candidates, texts.ends_before(candidates, "@"), _display)
    titled = texts.only(candidates, texts.ends_before(candidates, rf"(?:{_TITLES})\.?[ ]"), _titled)
    greeted = texts.only(
        candidates, texts.ends_before(candidates, rf"(?:^|[\s>\",;])(?:{_GREETINGS})[ ]"), _greeted
    )
    closed = texts.only(
        candidates,
        texts.ends_before(candidates, rf"(?i:{_CLOSINGS.replace('.', '[.]')})[,.!]?\s"), _closed,
    )  # fmt: skip
    thanked = texts.only(candidates, texts.ends_before(candidates, rf"(?:{_THANKS}),[ ]"), _greeted)
    introduced = texts.only(
        candidates, texts.ends_before(candidates, rf"(?:{_INTRODUCTIONS})[ ]"), _introduced
    )
    headed = texts.only(
        candidates, texts.ends_before(candidates, rf"(?:{_HEADINGS})\r?\n"), _closed
    )
    greeted = greeted.or_else(thanked)
    found = display.or_else(titled).or_else(greeted).or_else(closed).or_else(headed)
    found = found.or_else(introduced)
    found = found.where(~texts.matches(found.text, _NOT_PEOPLE))
    return texts.judged(
        found,
        np.where(display.found, Likelihood.LIKELY, Likelihood.POSSIBLE),
        {
            "before an e-mail address": display.found & found.found,
            "after a title": titled.found & ~display.found & found.found,
            "after a greeting": greeted.found & found.found,
            "signature": closed.found & found.found,
            "under a heading": headed.found & found.found,
            "introduction": introduced.found & found.found,
        },
        canonical(found.text),
    )


def _display(candidates: Candidates) -> Cut:
    between = r"[\"']?[ ]{0,2}<[^<>\s@]{1,64}@"
    return texts.cut_around(candidates, _FULL, "", between=between)


def _titled(candidates: Candidates) -> Cut:
    return texts.cut_behind(candidates, r"[ ]?", _NAME, rf"(?:[^{LETTER}0-9]|$)")


def _greeted(candidates: Candidates) -> Cut:
    return texts.cut_behind(candidates, r"[ ]?", _NAME, r"[ ]*(?:[,!:]|\r?\n)")


def _introduced(candidates: Candidates) -> Cut:
    return texts.cut_behind(candidates, "", _FIRST_AND_LAST, rf"(?:[^{LETTER}0-9]|$)")


def _closed(candidates: Candidates) -> Cut:
    return texts.cut_behind(candidates, r"\s{0,8}(?:[/–-][ ]?)?", _NAME, _END_OF_LINE)


def _judge_fields(values: pa.Array) -> Judged:
    found = texts.cut(values, r"[\s\"']*", _ANY_WORDS, r"[\s\"']*(?:[,;|<(&\n].*)?$")
    found = found.where(~texts.matches(found.text, rf"{_NOT_PEOPLE}|[a-zà-ɏ][.][a-zà-ɏ]"))
    found = found.where(~texts.matches(found.text, _CODE))
    full = texts.matches(found.text, rf"^(?:{_FULL}|[{CAPITAL}' -]{{5,60}})$")
    full &= texts.matches(found.text, "[ ]")
    small = texts.matches(found.text, rf"^[^{CAPITAL}]*$")
    level = np.where(full, Likelihood.POSSIBLE, Likelihood.UNLIKELY)
    level = np.where(small, Likelihood.VERY_UNLIKELY, level)
    return texts.judged(found, level, {"first and last name": full}, canonical(found.text))


def canonical(names: pa.Array) -> pa.Array:
    """One form for all spellings."""
    plain = texts.fold(pc.replace_substring_regex(names, '[."]', ""))
    return pc.replace_substring_regex(plain, "^([^,]+), ?([^,]+)$", r"\2 \1")


DETECTOR = Detector(
    kind="person_name",
    name="Name of a person",
    category="Name",
    finders=(
        Around(r"[^\s<>,;][ ]{0,2}<[A-Za-z0-9._%+-]{1,64}@", before=150, after=1),
        Around(f",[ ](?={_CAPITAL_BYTE})", before=24, after=80, words=tuple(_THANKS.split("|"))),
        Around(r"\r?\n(?=[ \t]{0,4}[A-Z\xc3-\xc5])", before=24, after=80, words=tuple(
            f"{start}{word}" for word in _HEADINGS.split("|")
            for start in ("\n", ">", "\t", "  "))),
        Around(rf"[,.!]?\s(?=\s{{0,8}}(?:[/-]|\xe2\x80\x93)?[ ]?{_CAPITAL_BYTE})",
               before=24, after=80, words=tuple(_CLOSINGS.split("|"))),
        Around(f"(?={_CAPITAL_BYTE})", before=14, after=80, words=tuple(
            f"{start}{word} " for word in _GREETINGS.split("|")
            for start in ("\n", '"', "> ", ";", ",", "\t"))),
        Around(f"[ ](?={_CAPITAL_BYTE})", before=24, after=80,
               words=tuple(_INTRODUCTIONS.split("|"))),
        Around(rf"\.?[ ](?={_CAPITAL_BYTE})", before=14, after=80, words=tuple(
            f"{start}{word}" for word in _TITLES.split("|") for start in '\n "')),
        Cell(
            80,
            unless=("user name", "account name", "list name", "group name", "form name", "file",
                    "product", "company", "host", "domain", "project",
                    "package", "class", "column", "table", "field", "event", "item", "category",
                    "brand", "model", "event", "city", "country", "street", "tag", "function",
                    "screen", "device", "server", "database", "db", "schema", "service",
                    "tuote", "tuotteen", "yritys", "yrityksen", "tiedosto", "tiedoston", "kaupunki",
                    "produkt", "företag", "fil", "animal", "dog", "cat", "key", "login name",
                    "team", "role", "bank", "campaign", "page", "site", "app",
                    "font", "fontname", "style", "styles", "stylesheet", "theme", "layer", "layout",
                    "meta", "attribute", "element", "parameter", "variable", "method", "module",
                    "plugin", "extension", "dependency", "template", "workspace", "prototype",
                    "text", "fill", "shape", "sheet", "chart", "image", "icon", "color", "colour",
                    "control", "menu", "button", "metric", "sensor", "channel", "queue", "topic",
                    "bucket", "region", "cluster", "container", "namespace", "machine", "network",
                    "interface", "task", "script", "currency", "language", "footer", "header",
                    "paragraphstyle", "liststyle", "layoutstyle", "sectionstyle", "tocstyle"),
            weak=("name", "nimi", "namn", "navn", "title", "contact", "from", "to", "cc", "bcc",
                  "sender", "recipient", "reply to", "author", "customer", "asiakas", "kund", "fn"),
        ),
    ),
    judge=judge,
    labels=("first name", "firstname", "given name", "forename", "middle name", "last name",
            "lastname", "surname", "family name", "full name", "name", "maiden name", "nickname",
            "customer name", "client name", "payer", "payee",
            "contact name", "contact person", "contact",
            "account holder", "card holder", "cardholder", "cardholder name", "payer name",
            "recipient name", "sender name", "employee name", "patient name", "signed by",
            "billing name", "shipping name", "beneficiary", "guardian",
            "etunimi", "etunimet", "sukunimi", "kutsumanimi", "nimi", "koko nimi", "asiakkaan nimi",
            "asiakas", "yhteyshenkilö", "yhteyshenkilo", "tilaaja", "vastaanottaja", "maksaja",
            "tilinomistaja", "huoltaja", "allekirjoittaja", "laatija", "työntekijä", "potilas",
            "förnamn", "fornamn", "efternamn", "tilltalsnamn", "namn", "fullständigt namn",
            "kontaktperson", "kund", "kundens namn", "mottagare", "beställare", "betalare",
            "fornavn", "etternavn", "efternavn", "navn", "eesnimi", "perekonnanimi",
            "etunimesi", "sukunimesi", "nimesi", "ditt namn", "ditt förnamn", "ditt efternamn",
            "your name", "vārds", "uzvārds", "vārds uzvārds", "vardas", "pavardė", "vardas pavardė",
            "nafn", "fornafn", "eftirnafn", "vorname", "nachname", "prénom", "prenom",
            "from", "to", "cc", "bcc", "reply to", "sender", "recipient", "author", "customer",
            "fn"),
    examples=("Matti Meikäläinen <matti.meikalainen@example.fi>",
              "Terveisin,\nMatti Meikäläinen\n"),
)  # fmt: skip
