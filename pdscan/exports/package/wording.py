"""What the page says, in Finnish, Swedish and English. The three stand together so that none is
forgotten.
"""

from __future__ import annotations

LANGUAGES = ("fi", "sv", "en")
NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}

#: Key -> the text in the order of `LANGUAGES`.
TEXTS: dict[str, tuple[str, str, str]] = {
    "title": ("Henkilötietosi", "Dina personuppgifter", "Your personal data"),
    "access": (
        "Kopio tiedoista, joita sinusta käsitellään (tietosuoja-asetus, 15 artikla)",
        "En kopia av de uppgifter som behandlas om dig (dataskyddsförordningen, artikel 15)",
        "A copy of the data that is held about you (GDPR, Article 15)",
    ),
    "portability": (
        "Tietosi siirrettäväksi (tietosuoja-asetus, 20 artikla)",
        "Dina uppgifter att ta med dig (dataskyddsförordningen, artikel 20)",
        "Your data to take with you (GDPR, Article 20)",
    ),
    "language": ("Kieli", "Språk", "Language"),
    "search": ("Hae tiedoista", "Sök i uppgifterna", "Search the data"),
    "hits": ("osumaa", "träffar", "matches"),
    "controller": ("Rekisterinpitäjä", "Personuppgiftsansvarig", "Controller"),
    "contact": ("Yhteystiedot", "Kontakt", "Contact"),
    "officer": ("Tietosuojavastaava", "Dataskyddsombud", "Data protection officer"),
    "request": ("Pyyntö", "Begäran", "Request"),
    "as_of": ("Tietojen tila", "Uppgifterna per", "Data as of"),
    "items": ("kohdetta", "poster", "items"),
    "systems": ("järjestelmää", "system", "systems"),
    "contents": ("Järjestelmät", "System", "Systems"),
    "you": ("Sinä", "Du", "You"),
    "name": ("Nimi", "Namn", "Name"),
    "emails": ("Sähköpostiosoitteet", "E-postadresser", "E-mail addresses"),
    "phones": ("Puhelinnumerot", "Telefonnummer", "Telephone numbers"),
    "addresses": ("Osoitteet", "Adresser", "Addresses"),
    "entity": ("Tiedoista vastaa", "Ansvarig för uppgifterna", "Answers for this data"),
    "purpose": ("Käyttötarkoitus", "Ändamål", "Purpose"),
    "basis": ("Oikeusperuste", "Rättslig grund", "Lawful basis"),
    "origin": ("Tiedon alkuperä", "Uppgifternas ursprung", "Where the data came from"),
    "retention": ("Säilytysaika", "Lagringstid", "Kept for"),
    "recipients": ("Vastaanottajat", "Mottagare", "Recipients"),
    "transfers": (
        "Siirrot EU:n ulkopuolelle",
        "Överföringar utanför EU",
        "Transfers out of the EU",
    ),
    "unknown": ("ei ilmoitettu", "inte angivet", "not stated"),
    "nobody": ("ei ole", "inga", "none"),
    "none_told": ("ei ilmoitettu", "inga angivna", "none stated"),
    "rows": ("riviä", "rader", "rows"),
    "messages": ("Viestit", "Meddelanden", "Messages"),
    "files": ("Tiedostot", "Filer", "Files"),
    "open_file": ("Avaa tiedosto", "Öppna filen", "Open the file"),
    "no_subject": ("(ei aihetta)", "(inget ämne)", "(no subject)"),
    "field": ("Tieto", "Uppgift", "Field"),
    "record": ("Tietue", "Post", "Record"),
    "blacked_out": ("peitetty", "maskerat", "blacked out"),
    "left_out": ("Mitä tästä puuttuu", "Vad som saknas här", "What is left out"),
    "nothing_left_out": ("Mitään ei jätetty pois.", "Inget utelämnades.", "Nothing was left out."),
    "system": ("Järjestelmä", "System", "System"),
    "place": ("Kohta", "Plats", "Place"),
    "column": ("Sarake", "Kolumn", "Column"),
    "why": ("Miksi", "Varför", "Why"),
    "count": ("Määrä", "Antal", "Count"),
    "not_read": ("Mitä ei voitu lukea", "Vad som inte kunde läsas", "What could not be read"),
    "all_read": (
        "Kaikki järjestelmien sisältö luettiin.",
        "Allt innehåll i systemen lästes.",
        "Everything in the systems was read.",
    ),
    "reason": ("Syy", "Orsak", "Reason"),
    "rights": ("Oikeutesi", "Dina rättigheter", "Your rights"),
    "rights_text": (
        "Voit pyytää tietojen oikaisua, poistamista tai käsittelyn rajoittamista, vastustaa "
        "käsittelyä ja siirtää tietosi muualle. Voit myös valittaa valvontaviranomaiselle.",
        "Du kan begära att uppgifterna rättas, raderas eller att behandlingen begränsas, invända "
        "mot behandlingen och flytta dina uppgifter. Du kan också klaga hos tillsynsmyndigheten.",
        "You may ask for the data to be corrected, erased or restricted, object to its use, and "
        "take it elsewhere. You may also complain to the supervisory authority.",
    ),
    "authority": ("Valvontaviranomainen", "Tillsynsmyndighet", "Supervisory authority"),
    "automated": ("Automaattiset päätökset", "Automatiserade beslut", "Automated decisions"),
    "reading": ("Paketin tiedostot", "Filerna i paketet", "The files of this package"),
    "reading_text": (
        "Samat tiedot ovat koneluettavina kansiossa tables; rakenteen kuvaa datapackage.json "
        "(Frictionless Data Package). Viestit ja tiedostot ovat kansiossa originals, "
        "yhteystietosi tiedostoissa person.json ja person.vcf, ja view.xlsx avautuu Excelissä.",
        "Samma uppgifter finns maskinläsbara i mappen tables; datapackage.json beskriver dem "
        "(Frictionless Data Package). Meddelanden och filer finns i mappen originals, dina "
        "kontaktuppgifter i person.json och person.vcf, och view.xlsx öppnas i Excel.",
        "The same data is in the folder tables for machines to read; datapackage.json describes it "
        "(Frictionless Data Package). Messages and files are in the folder originals, your "
        "contact details in person.json and person.vcf, and view.xlsx opens in Excel.",
    ),
    "skip": ("Siirry tietoihin", "Hoppa till uppgifterna", "Skip to the data"),
    "scroll": ("taulukko, vieritettävä", "tabell, kan rullas", "table, scrolls sideways"),
    # lawful bases, origins
    "consent": ("suostumus", "samtycke", "consent"),
    "contract": ("sopimus", "avtal", "contract"),
    "legal_obligation": ("lakisääteinen velvoite", "rättslig förpliktelse", "legal obligation"),
    "vital_interests": ("elintärkeä etu", "vitalt intresse", "vital interests"),
    "public_task": ("yleinen etu", "allmänt intresse", "public task"),
    "legitimate_interests": ("oikeutettu etu", "berättigat intresse", "legitimate interests"),
    "provided": ("antamasi tieto", "du har lämnat den", "you provided it"),
    "observed": (
        "havaittu käytöstäsi",
        "observerad när du använt tjänsten",
        "observed from your use",
    ),
    "inferred": ("päätelty", "härledd", "inferred"),
    # reasons
    "other people": (
        "Kuuluu muille ihmisille, joiden tiedot on peitetty.",
        "Gäller andra personer, vars uppgifter har maskerats.",
        "It is about other people; their details are blacked out.",
    ),
    "other people, in a form that cannot be blacked out": (
        "Sisältää muiden ihmisten tietoja muodossa, jota ei voi peittää.",
        "Innehåller andras uppgifter i en form som inte kan maskeras.",
        "It holds other people's details in a form that cannot be blacked out.",
    ),
    "attachment of a shared message": (
        "Liite viestissä, joka koskee muitakin.",
        "Bilaga till ett meddelande som även gäller andra.",
        "An attachment of a message that is also about others.",
    ),
    "credential": (
        "Salasana tai tunniste, jolla pääsee tilille.",
        "Lösenord eller kod som öppnar ett konto.",
        "A password or token that opens an account.",
    ),
    "inferred data": ("Päätelty tieto.", "Härledd uppgift.", "Inferred data."),
    "lawful basis": (
        "Käsittely ei perustu suostumukseen eikä sopimukseen (20 artikla).",
        "Behandlingen grundas inte på samtycke eller avtal (artikel 20).",
        "Its use rests neither on consent nor on a contract (Article 20).",
    ),
    "undecided": (
        "Ei ole varmistettu, koskeeko tämä sinua.",
        "Det är inte bekräftat att detta gäller dig.",
        "Nobody has confirmed yet that this is about you.",
    ),
    "unreadable": (
        "Ei voitu lukea, kun paketti tehtiin.",
        "Kunde inte läsas när paketet gjordes.",
        "It could not be read when the package was made.",
    ),
}


def text(key: str, language: str) -> str:
    """The text of `key` in one language."""
    return TEXTS[key][LANGUAGES.index(language)]
