"""`replace` for frozen records, as `dataclasses` has it but many times sooner.

A step replaces the state of its run some ten times, and the library's own reads and sets each of
its thirty fields one by one. A record without slots keeps them in one dict, which is copied whole.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # by this name the checker knows what may be replaced by what
    from dataclasses import replace as replace
else:

    def replace(record, /, **changes):
        """A copy of `record` with these fields changed."""
        try:
            members = record.__dict__
        except AttributeError:
            return dataclasses.replace(record, **changes)
        copy = object.__new__(record.__class__)
        copy.__dict__.update(members, **changes)
        return copy
