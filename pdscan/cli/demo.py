"""``pdscan demo``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from pdscan.errors import UsageError

_TOML = """\
# The systems of two sister companies that do not exist. Written by pdscan demo.
key_file = "fingerprint.key"

"""
_BOTH = "Nordkauppa Oy, Nordhandel AB"
_SOURCES = (
    ("orders", "orders.sqlite", _BOTH),
    ("accounts", "accounts.sqlite", "Nordkauppa Oy"),
    ("payments", "payments", "Nordkauppa Oy"),
    ("forms", "forms", "Nordkauppa Oy"),
    ("newsletter", "newsletter", _BOTH),
    ("logs", "logs", "Nordkauppa Oy"),
    ("support", "support", _BOTH),
    ("m365", "m365", _BOTH),
    ("crm", "crm", "Nordkauppa Oy"),
    ("cloud", "cloud", "Nordkauppa Oy"),
    ("analytics", "analytics", "Nordkauppa Oy"),
    ("social", "social", "Nordkauppa Oy"),
    ("backups", "backups", "Nordkauppa Oy"),
    ("accounting", "accounting", "Nordkauppa Oy"),
)
INVENTORY = "demo.inventory"


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"), metavar="[FOLDER]")
@click.option("--no-scan", is_flag=True, help="Only make the estate.")
@click.option("--story", is_flag=True,
              help="Then follow one person's request: copy, plan, deletion, proof.")  # fmt: skip
def command(folder: Path, no_scan: bool, story: bool) -> None:
    """Make a small estate of fictional people, and scan it.

    Writes into FOLDER (demo, if none is given): the systems of two sister companies, with an order
    database, customer accounts, payment reports, web forms, newsletter lists, server logs, support
    mail, Microsoft 365 documents, a CRM's export, a sensor cloud, analytics, social media, backups
    and accounting; a pdscan.toml that names them; truth.json, which says who is where; and the
    inventory of a scan. The same every time. One log is cut off and one row is broken, so that
    there is something that cannot be read.
    """
    marker = folder / "truth.json"
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise UsageError(f"{folder} is not empty and holds no demo; name another folder")
    from pdscan import config
    from pdscan.cli import terminal
    from pdscan.cli.job import Job
    from pdscan.cli.place import Place
    from pdscan.demo import estate
    from pdscan.exports.package import disclosure

    people = estate.write(folder / "estate", marker)
    settings_file = folder / config.FILE_NAME
    settings_file.write_text(_TOML + "\n".join(map(_table, *zip(*_SOURCES, strict=True))), "utf-8")
    said = resources.files("pdscan.demo") / "disclosure.toml"
    (folder / disclosure.FILE_NAME).write_text(said.read_text("utf-8"), "utf-8")
    terminal.say(f"{len(people)} people of two companies, in {len(_SOURCES)} systems: {folder}")
    if no_scan:
        return
    terminal.say("")
    settings = config.load({}, environment={}, file=settings_file)
    job = Job.start(settings, (), Place.here(folder / INVENTORY), replace=True, values=False)
    job.run()
    job.print_summary()
    if story:
        from pdscan.cli import story as telling

        telling.tell(folder, ((name, path) for name, path, _ in _SOURCES), INVENTORY)
        return
    terminal.say("")
    terminal.say("Look further:")
    terminal.say(f"  pdscan inventory find {folder / INVENTORY} --kind payment_card")
    terminal.say(f"  pdscan inventory ledger {folder / INVENTORY}")
    terminal.say(f"  cd {folder} && pdscan scan orders forms --findings")


def _table(name: str, path: str, entity: str) -> str:
    return f'[[source]]\nname = "{name}"\npath = "estate/{path}"\nentity = "{entity}"\n'
