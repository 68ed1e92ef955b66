# SPDX-License-Identifier: Apache-2.0
"""An event that no rule matches costs no memory, and no Python: nothing is allocated, and the GIL is not taken."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from pathlib import Path

from support.core import event
from support.live import REPOSITORY

from tiercel import compiler
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel._core.testing import _testing
from tiercel.rules import load_text

# Counts the calls that give out memory. Python's own allocator is switched off, so that its objects are among them.
COUNTER = r"""
#define _GNU_SOURCE
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static unsigned long calls;

unsigned long allocations(void) { return calls; }
void *malloc(size_t size) { calls++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { calls++; return __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { calls++; return __libc_realloc(block, size); }
void *memalign(size_t align, size_t size) { calls++; return __libc_memalign(align, size); }
void *aligned_alloc(size_t align, size_t size) { calls++; return __libc_memalign(align, size); }
"""

RULES = """
- rule: every kind of index
  desc: and checks of many kinds
  condition: >
    evt.type in (openat, execve, kill) and proc.name != never and
    (fd.name in (/a, /b, /c, /d, /e, /f) or fd.name startswith /nowhere or fd.name endswith .nothing or
     proc.cmdline contains noword or proc.exepath icontains noword or fd.directory pmatch (/nowhere, /none/at/all) or
     proc.aname in (nobody, nothing) or fd.name regex '/no[wh]ere' or fd.name glob '/no*where' or
     tolower(proc.name) = none or fd.snet = 10.0.0.0/8 or proc.env[NO] = x or evt.args contains noword or
     basename(fd.name) in (no, never))
  output: never
  priority: NOTICE
"""

SCRIPT = """
import ctypes, sys
sys.path[:0] = [{tests!r}, {root!r}]
from benches.material import PACKAGED, execve, openat
from support.core import event
from tiercel import compiler
from tiercel._core.testing import _testing
from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.rules import load_files, load_text

count = ctypes.CDLL(None).allocations
count.restype = ctypes.c_ulong
files = load_files([PACKAGED])
for rules in (load_text({rules!r}), files):
    evaluator = Evaluator(RuleProgram(compiler.compile(rules).program), ProcessTable())
    evaluator.feed(execve("cat", "file"))
    for record in (openat(), openat("/usr/bin/../lib//x"), execve("cat", "file"), event("kill")):
        taken = []
        for times in (1, 1, 5000):
            before = count()
            assert _testing.eval_repeat(evaluator, record, times) == 0
            taken.append(count() - before)
        assert taken[2] == taken[1], taken
    before = count()
    _testing.apply_repeat(evaluator, [openat()], 1)
    once = count() - before
    _testing.apply_repeat(evaluator, [openat()], 5000)
    assert count() - before == 2 * once, (once, count() - before)
    assert count() > 10_000  # the counter counts
print("done")
"""


def test_nothing_is_allocated(tmp_path: Path) -> None:
    library = tmp_path / "counter.so"
    (tmp_path / "counter.c").write_text(COUNTER)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, tmp_path / "counter.c"], check=True)
    script = SCRIPT.format(tests=str(REPOSITORY / "tests"), root=str(REPOSITORY), rules=RULES)
    variables = {**os.environ, "LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "done\n", done.stderr


def test_it_goes_on_while_others_hold_the_gil() -> None:
    """Whatever takes a reference of a Python object needs the GIL: an evaluation does not."""
    program = compiler.compile(load_text(RULES)).program
    assert program is not None
    evaluator = Evaluator(RuleProgram(program), ProcessTable())
    thread = threading.Thread(target=_testing.eval_repeat, args=(evaluator, event("kill"), 2_000_000))
    thread.start()
    while evaluator.stats()["events"] < 1000:
        pass
    before = evaluator.stats()["events"]
    ctypes.PyDLL(None).usleep(100_000)  # PyDLL keeps the GIL in a call
    after = evaluator.stats()["events"]
    running = thread.is_alive()
    thread.join()
    assert running
    assert after - before > 1000
