"""What a user reads when a view can't be read by days."""

import pytest

from source_citrusad.api.errors import BigQueryError, Meaning
from source_citrusad.sync.refusals import sentence

MESSAGE = (
    "Cannot query over table 'core.base' without a filter over column(s) 'made' that can be used for partition "
    "elimination"
)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT `made` FROM `p.d.v` WHERE `made` >= DATE '2022-09-01'", "d.v lets no filter through to its own table"),
        (
            "SELECT `made` FROM `p.d.v`",
            "d.v needs a filter on made, which the catalog does not say: refresh the schema.",
        ),
    ],
)
def test_a_filter_that_is_missing_or_does_not_arrive(sql: str, said: str) -> None:
    """A query that had the filter can't be mended by a new schema."""
    error = BigQueryError(Meaning.INVALID, 400, "invalidQuery", MESSAGE)
    assert sentence(error, "d.v", "reader@acme", sql, []).startswith(said)
