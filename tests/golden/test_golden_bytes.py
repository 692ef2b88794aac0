"""Every trainer, option and dialect gives the bytes that it gave when digests.json was recorded."""

import json
import os
import sysconfig

import pytest
from golden_cases import CASES, REPRESENTATIVE, TRAINERS
from golden_large import LARGE
from golden_runs import KERNELS, CannotRunError, Program, best_program, key_of, read_digests, run_case

ALL = CASES | LARGE
RECORD_ANEW = "if this is meant, record anew with `python tests/golden/record.py` and say so in the commit"


@pytest.fixture(scope="module")
def best():
    """(program, digests) with the best kernel of this machine."""
    with best_program() as program:
        yield program, held_digests(program.kernel)


@pytest.fixture(scope="module", params=KERNELS)
def each(request):
    """(program, digests) with each kernel that runs here."""
    try:
        program = Program(request.param)
    except CannotRunError as reason:
        pytest.skip(str(reason))
    with program:
        yield program, held_digests(program.kernel)


def held_digests(kernel):
    """What digests.json holds for a kernel here; where the project is checked there must be something, unless only few
    machines have the kernel."""
    key = key_of(kernel)
    digests = read_digests().get(key)
    if digests is None:
        message = f"no golden digests for {key}"
        checked = os.environ.get("CI") or os.environ.get("ANN_CI")
        if checked and kernel != "native-avx512" and sysconfig.get_platform() == "linux-x86_64":
            pytest.fail(message)
        pytest.skip(message)
    return digests


def compare(program, held, name):
    found = run_case(program, ALL[name])
    wanted = held.get(name, {})
    parts = [*wanted, *(part for part in found if part not in wanted)]
    differing = [part for part in parts if found.get(part) != wanted.get(part)]
    lines = [
        f"  {described(part, name)}: {wanted.get(part, 'not recorded')} -> {found.get(part, 'missing')}"
        for part in differing
    ]
    assert not lines, "\n".join([f"{name} with {program.kernel} differs from what was recorded:", *lines, RECORD_ANEW])


def described(part, name):
    """'2 json' with the command line that printed it."""
    number = part.split()[0]
    return f"{part} of `ann {ALL[name].lines[int(number) - 1]}`" if number.isdecimal() else part


@pytest.mark.parametrize("name", REPRESENTATIVE)
def test_a_representative_case_with_the_best_kernel(best, name):
    compare(*best, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_every_case_with_each_kernel(each, name):
    compare(*each, name)


def test_every_trainer_has_a_case(best):
    program, _ = best
    listed = {trainer["name"] for trainer in json.loads(program.check(".", "trainers --json"))["trainers"]}
    assert listed == set(TRAINERS), RECORD_ANEW
    assert {f"trainer-{name}" for name in TRAINERS} <= CASES.keys()


def test_nothing_is_held_that_no_case_makes():
    for key, digests in read_digests().items():
        assert digests.keys() == ALL.keys(), f"{key}; {RECORD_ANEW}"


def test_a_change_is_found(best):
    program, held = best
    part = next(iter(held["trainer-adam"]))
    changed = {**held, "trainer-adam": {**held["trainer-adam"], part: "0" * 16}}
    with pytest.raises(AssertionError, match=r"trainer-adam with .* differs"):
        compare(program, changed, "trainer-adam")
