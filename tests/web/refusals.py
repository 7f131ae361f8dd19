"""What a page of an error says, for tests."""

import re
from typing import Any


def reason_of(response: Any) -> str:
    """The name of the words on a page that refuses something."""
    found = re.search(r'<p class="detail" data-code="[^"]*" lang="en">([^ ]+) · \d+</p>', response.text)
    assert found, response.text[:2000]
    return found[1]
