"""What was freed goes back to the system, also from between what is still in use."""

import subprocess
import sys

_BURST = """
import gc, weakref
from logmesh.runtime.memory import Freed, resident_bytes, share_arenas
share_arenas()
freed = Freed()
gc.disable()


class Cycle:
    pass


cycle = Cycle()
cycle.itself, left = cycle, weakref.ref(cycle)
del cycle
pieces = [bytes(40_000) for _ in range(5_000)]
kept = pieces[::100]
del pieces
before = resident_bytes()
freed.give_back()
print(before - resident_bytes(), left() is None)
"""


def test_what_a_burst_has_left_goes_back_to_the_system_also_what_it_has_left_in_cycles() -> None:
    ran = subprocess.run([sys.executable, "-c", _BURST], capture_output=True, text=True, check=True)
    given_back, is_cycle_gone = ran.stdout.split()
    assert int(given_back) > 100 << 20 and is_cycle_gone == "True"
