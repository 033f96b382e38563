"""``python -m bench.accuracy``: how right pdscan is, kind by kind, beside Presidio.

Exit code 1 where a kind falls short of its target.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.accuracy.documents import Document, fill_templates, read_templates
from bench.accuracy.fillers import hard_negatives
from bench.accuracy.finders import PRESIDIO_KINDS, Finder, pdscan, presidio
from bench.accuracy.score import Score, Tally
from bench.accuracy.targets import MOST_FALSE_ALARMS, target
from pdscan.model import Likelihood

_TEMPLATES = Path(__file__).parent / "templates"
_LEVELS = (Likelihood.POSSIBLE, Likelihood.LIKELY)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--set", choices=("tuning", "reporting"), default="reporting")
    parser.add_argument("--copies", type=int, default=100, help="documents made of each template")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--megabytes", type=float, default=4.0, help="of hard negatives")
    parser.add_argument("--mistakes", action="store_true", help="print what was got wrong")
    parser.add_argument("--alone", action="store_true", help="leave Presidio out")
    chosen = parser.parse_args(arguments)

    templates = read_templates(_TEMPLATES / f"{chosen.set}.txt")
    documents = list(fill_templates(templates, chosen.seed, chosen.copies))
    ours = pdscan()
    tallies = _tallies(ours, documents)
    peer = {} if chosen.alone else _tallies(presidio(("fi", "sv", "en")), documents)
    size = sum(len(document.text) for document in documents)
    print(f"{len(documents)} documents of {len(templates)} templates ({chosen.set}), "
          f"{size / 1e6:.1f} million characters\n")  # fmt: skip
    _print_table(tallies, peer)
    if chosen.mistakes:
        _print_mistakes(tallies[Likelihood.POSSIBLE])
    alarms = _print_negatives(ours, chosen.seed, chosen.megabytes, show=chosen.mistakes)
    scores = tallies[Likelihood.POSSIBLE].scores
    short = sorted(kind for kind, score in scores.items() if score.f1 < target(kind))
    if short:
        print("\nshort of their targets: " + ", ".join(short))
    return 1 if short or alarms >= MOST_FALSE_ALARMS else 0


def _tallies(find: Finder, documents: Sequence[Document]) -> dict[Likelihood, Tally]:
    tallies = {level: Tally() for level in _LEVELS}
    for document in documents:
        found = find(document)
        for level, tally in tallies.items():
            tally.add(document.text, document.truth, found, level)
    return tallies


def _print_table(ours: dict[Likelihood, Tally], peer: dict[Likelihood, Tally]) -> None:
    print(f"{'':24}{'':>7}  {'pdscan: possible':^20}  {'pdscan: likely':^20}"
          f"  {'Presidio: possible':^20}  {'Presidio: likely':^20}")  # fmt: skip
    print(f"{'kind':24}{'truths':>7}" + f"  {'prec':>6}{'recall':>7}{'F1':>7}" * 4 + "  target")
    for kind in sorted(ours[Likelihood.POSSIBLE].scores):
        line = f"{kind:24}{ours[Likelihood.POSSIBLE].scores[kind].truths:7}"
        for tallies in (ours, peer):
            for level in _LEVELS:
                known = tallies is ours or kind in (*PRESIDIO_KINDS.values(), "ipv6")
                score = tallies[level].scores.get(kind, Score()) if tallies and known else None
                line += _figures(score)
        wanted = target(kind)
        reached = ours[Likelihood.POSSIBLE].scores[kind].f1 >= wanted
        print(line + (f"  {wanted:.3f}{'' if reached else ' SHORT'}" if wanted else ""))


def _figures(score: Score | None) -> str:
    if score is None:
        return f"  {'-':>6}{'-':>7}{'-':>7}"
    return f"  {score.precision:6.3f}{score.recall:7.3f}{score.f1:7.3f}"


def _print_mistakes(tally: Tally) -> None:
    print("\nmistakes at possible (count, kind, what else was said; an example or three)")
    for (kind, missed, instead), count in sorted(tally.sorts.items()):
        print(f"{count:6} {kind} {'missed' if missed else 'false alarm'}"
              f"{f' ({instead})' if instead else ''}")  # fmt: skip
        for mistake in tally.mistakes:
            if (mistake.kind, mistake.missed, mistake.instead) == (kind, missed, instead):
                print(f"         {mistake.text!r} in {mistake.around!r}")


def _print_negatives(find: Finder, seed: int, megabytes: float, *, show: bool) -> float:
    """Prints the false alarms on text without personal data; returns those at likely per MB."""
    print("\nfalse alarms on hard negatives")
    likely = size = 0
    for name, text in hard_negatives(seed, int(megabytes * 1e6)):
        tally = {level: Tally() for level in _LEVELS}
        found = find(Document(name, "en", "text", text, ()))
        for level in _LEVELS:
            tally[level].add(text, (), found, level)
        size += len(text)
        certain = {k: s.found for k, s in tally[Likelihood.LIKELY].scores.items()}
        likely += sum(certain.values())
        possible = {k: s.found for k, s in tally[Likelihood.POSSIBLE].scores.items()}
        print(f"{name:12}{len(text) / 1e6:6.2f} MB  at likely {certain or 0}, "
              f"at possible {possible or 0}")  # fmt: skip
        if show:
            for mistake in tally[Likelihood.LIKELY].mistakes:
                print(f"         {mistake.kind}: {mistake.text!r} in {mistake.around!r}")
    rate = likely / (size / 1e6)
    print(f"{'in all':12}{size / 1e6:6.2f} MB  {rate:.2f} at likely per MB "
          f"(fewer than {MOST_FALSE_ALARMS:g} wanted)")  # fmt: skip
    return rate


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
