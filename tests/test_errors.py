# SPDX-License-Identifier: Apache-2.0
"""Exceptions: what they carry, how they read, and that they survive a pickle."""

from __future__ import annotations

import errno
import inspect
import pickle

import pytest

from tiercel import errors
from tiercel.errors import CODES, KernelError, RulesError, TiercelError, UsageError
from tiercel.lang.diagnostics import Diagnostic


class Place:
    file = "rules.yaml"
    line = 4
    column = 9


def test_all_derive_from_one():
    classes = [value for name, value in inspect.getmembers(errors, inspect.isclass) if name.endswith("Error")]
    assert len(classes) > 5
    assert all(issubclass(value, TiercelError) for value in classes)


def test_text_names_place_code_and_hint():
    error = TiercelError("E604", "`ring` must be a number", hint="for example 8388608", span=Place())
    assert str(error) == "rules.yaml:4:9: `ring` must be a number [E604]\n  hint: for example 8388608"
    assert str(UsageError("E601", "no such command")) == "no such command [E601]"


def test_kernel_error_carries_errno_and_log():
    error = KernelError("E405", "refused", errno=errno.EACCES, log="0: (95) exit")
    assert (error.errno, error.log, error.hint, error.span) == (errno.EACCES, "0: (95) exit", None, None)


RELOCATION_LOG = """\
libbpf: prog 'sched_exec': relo #5: unexpected insn #7 (LDX/ST/STX) value: got 3, exp 4
libbpf: prog 'sched_exec': relo #5: failed to relocate: -22
libbpf: failed to perform CO-RE relocations: -22
libbpf: failed to load object 'tiercel'
"""


def test_kernel_error_names_the_program_and_the_reason():
    error = KernelError("E409", "refused", log=RELOCATION_LOG, hint="update")
    assert error.program == "sched_exec"
    assert error.excerpt == RELOCATION_LOG.splitlines()[:3]
    assert str(error).splitlines() == [
        "refused [E409]",
        *(f"  log: {line}" for line in error.excerpt),
        "  hint: update",
    ]


@pytest.mark.parametrize("log", ["", "\n\n", "libbpf: failed to load object 'tiercel'\n"])
def test_kernel_error_without_a_reason_in_its_log(log):
    error = KernelError("E409", "refused", log=log)
    assert (error.program, error.excerpt, str(error)) == ("", [], "refused [E409]")


def test_lines_of_a_log_are_short_and_harmless():
    error = KernelError("E405", "refused", log=f"{'x' * 500}\n\x1b[31mred\n")
    assert [len(line) for line in error.excerpt] == [200, 8]
    assert "\x1b" not in str(error)


def test_rules_error_is_its_first_error():
    fields = dict.fromkeys(inspect.signature(Diagnostic).parameters)
    warning = Diagnostic(**{**fields, "code": "W501", "text": "unused macro", "severity": "warning"})
    wrong = Diagnostic(**{**fields, "code": "E201", "text": "unknown field", "severity": "error", "hint": "proc.name"})
    error = RulesError([warning, wrong])
    assert (error.code, error.text, error.hint) == ("E201", "unknown field", "proc.name")
    assert error.diagnostics == (warning, wrong)
    with pytest.raises(ValueError, match="at least one"):
        RulesError([])


def test_pickle_keeps_everything():
    error = KernelError("E406", "refused", errno=errno.ENOMEM, log="log", hint="less")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is KernelError
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_codes_are_well_formed():
    assert all(code[0] == "E" and code[1:].isdigit() and code[1] in "346789" for code in CODES)
    assert len(set(CODES.values())) == len(CODES)
