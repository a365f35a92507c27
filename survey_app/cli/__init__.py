"""The ``survey`` command. Each room has a module here, imported only when its command is called."""

from __future__ import annotations

import importlib
import sys

import click
from sqlalchemy.exc import SQLAlchemyError

# command -> (module, one line of help); the module exposes a click command of the command's name
COMMANDS = {
    "demo": ("demo", "Load Hà Nội 2026, rehearse it and serve it on this machine."),
    "serve": ("serve", "Serve the platform (production; settings from the environment)."),
    "worker": ("worker", "Run background jobs; `survey serve` starts one by itself."),
    "purge": ("purge", "Destroy names and files of people of rounds that ended long ago."),
    "migrate": ("serve", "Bring the database to the newest schema."),
    "account": ("account", "Create accounts, give them roles, reset passwords and second factors."),
    "round": ("round", "Create, open and close survey rounds; invite people; write links and posters."),
    "mail": ("mail", "Note e-mails that came back undelivered."),
    "instrument": ("instrument", "Check and convert questionnaires (.yaml, .xlsx)."),
    "score": ("score", "Points, indices and ranks of a round or of a CSV file."),
    "sample-size": ("sample_size", "How many people to ask: proportions, means, differences, two stages."),
    "allocate": ("allocate", "Share a sample among strata, or between thôn and people of communes."),
    "draw": ("draw", "Draw a sample from a frame (.csv, .sav, .dta), so that anybody can draw it again."),
    "assign": ("assign", "Share units out to invitees in balanced booklets."),
    "outcome": ("outcome", "Response, cooperation, refusal and contact rates of a sample (AAPOR)."),
    "weight": ("weight", "Weights by a recipe: design, nonresponse, calibration, trimming."),
    "estimate": ("estimate", "Means, totals, ratios, proportions, quantiles with their standard errors."),
    "test": ("comparison", "Do groups differ: Rao-Scott chi-square, t and Wald tests by the design."),
    "model": ("model", "Linear, logistic and ordinal regression by the design; drivers of satisfaction."),
    "reliability": ("reliability", "Scales: alpha, omega, item statistics, ICC."),
    "factor": ("factor", "Factors: KMO, parallel analysis, exploratory and confirmatory analysis, invariance."),
    "rank": ("rank", "Ranks with confidence sets, tied groups, the chance that one is above another."),
    "small-area": ("small_area", "Fay-Herriot estimates for communes with few answers; to inform, never to score."),
    "quality": (
        "quality",
        "Signs of careless or invented answers, by ballot and by cluster; it flags, it never decides.",
    ),
    "plot": ("plot", "Charts from tables: estimates, ranks, answers, factors, returns; .svg or .png."),
    "rehearse": ("rehearse", "Play respondents over HTTP into a rehearsal of a round."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, so that ``survey --help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"survey_app.cli.{COMMANDS[cmd_name][0]}")
        named = {"round": "round_", "weight": "weigh"}.get(cmd_name, cmd_name.replace("-", "_"))
        command: click.Command = getattr(module, named)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in COMMANDS.items()])


@click.command(cls=LazyGroup)
def survey() -> None:
    """Surveys of administrative reform: questionnaires, samples, ballots, scores."""


def main() -> None:
    """Run the command; what the user can mend is said in a sentence, not in a traceback."""
    try:
        sys.exit(survey.main(standalone_mode=False))  # the number that a command ended with, if any
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (ValueError, LookupError, OSError, SQLAlchemyError) as error:
        refusals = importlib.import_module("survey_app.cli.refusals")
        click.echo(refusals.in_words(error), err=True)
        sys.exit(1)
