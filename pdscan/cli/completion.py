"""``pdscan completion``."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """The lines that teach SHELL to complete pdscan's commands and options.

    \b
    pdscan completion bash > ~/.local/share/bash-completion/completions/pdscan
    pdscan completion zsh  > ~/.zfunc/_pdscan
    pdscan completion fish > ~/.config/fish/completions/pdscan.fish
    """  # noqa: D301 - click's mark
    from click.shell_completion import get_completion_class

    from pdscan.cli import group

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has the three that are chosen from
    click.echo(kind(group, {}, "pdscan", "_PDSCAN_COMPLETE").source())
