"""What was freed goes back to the system, also from between what is still in use."""

import subprocess
import sys

_BURST = """
from logmesh.runtime.memory import Freed, resident_bytes, share_arenas
share_arenas()
freed = Freed()
pieces = [bytes(40_000) for _ in range(5_000)]
kept = pieces[::100]
del pieces
before = resident_bytes()
freed.give_back()
print(before - resident_bytes())
"""


def test_what_a_burst_has_left_goes_back_to_the_system() -> None:
    ran = subprocess.run([sys.executable, "-c", _BURST], capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 100 << 20
