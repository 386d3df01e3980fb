"""The `jarvis` command, one module a family of its words.

Whatever a command works with is imported when it is called, so that `jarvis --help` is there at
once; `told` and `given` hold what the families share, and none of them imports another.
"""

import typer

from cli import house, keeping, nodes, routing, simulator, tools

main = typer.Typer(
    name="jarvis",
    help="The assistant that watches a Proxmox homelab.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for family in (house, nodes, tools, routing, keeping):
    main.add_typer(family.commands)
main.add_typer(simulator.simulate, name="simulate")
main.add_typer(keeping.audit, name="audit")
