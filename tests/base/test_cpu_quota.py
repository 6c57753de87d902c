"""The quota of processor time that Linux gives a control group, read from made-up files."""

import pytest

from nncli.base.cpu_quota import cpu_quota
from nncli.base.threads import processors

V2 = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = "32 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
OTHERS = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n33 25 0:29 / /sys/x rw - cgroup c rw,pids\n"


@pytest.fixture
def machine(tmp_path):
    """Return a function that writes files of a Linux system and returns their root."""

    def write(group, mounts, **files):
        files = {"proc/self/cgroup": group, "proc/self/mountinfo": OTHERS + mounts, **files}
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("text", "quota", "whole"),
    [
        ("150000 100000\n", 1.5, 1),
        ("50000 100000\n", 0.5, 1),
        ("300000 100000\n", 3, 3),
        ("100000 50000\n", 2, 2),
        ("max 100000\n", None, 8),
        ("", None, 8),
        ("many 100000\n", None, 8),
        ("100000 0\n", None, 8),
    ],
)
def test_version_2(machine, text, quota, whole):
    root = machine("0::/app\n", V2, **{"sys/fs/cgroup/app/cpu.max": text})
    assert cpu_quota(root) == quota
    assert processors(available=8, root=root) == whole


@pytest.mark.parametrize(
    ("quota", "period", "expected"),
    [("250000", "100000", 2.5), ("-1", "100000", None), ("20000", "100000", 0.2), ("1", "", None)],
)
def test_version_1(machine, quota, period, expected):
    group = "sys/fs/cgroup/cpu,cpuacct/docker/a1"
    files = {f"{group}/cpu.cfs_quota_us": quota, f"{group}/cpu.cfs_period_us": period}
    root = machine("5:pids:/other\n4:cpu,cpuacct:/docker/a1\n0::/\n", V1 + V2, **files)
    assert cpu_quota(root) == expected


def test_the_smallest_quota_on_the_way_to_the_root_counts(machine):
    files = {
        "sys/fs/cgroup/a/b/c/cpu.max": "max 100000",
        "sys/fs/cgroup/a/b/cpu.max": "400000 100000",
        "sys/fs/cgroup/a/cpu.max": "200000 100000",
        "sys/fs/cgroup/z/cpu.max": "10000 100000",
    }
    assert cpu_quota(machine("0::/a/b/c\n", V2, **files)) == 2


def test_the_smaller_of_both_versions_counts(machine):
    unified = "31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    files = {
        "sys/fs/cgroup/unified/x/cpu.max": "300000 100000",
        "sys/fs/cgroup/cpu,cpuacct/y/cpu.cfs_quota_us": "200000",
        "sys/fs/cgroup/cpu,cpuacct/y/cpu.cfs_period_us": "100000",
    }
    assert cpu_quota(machine("4:cpu,cpuacct:/y\n0::/x\n", V1 + unified, **files)) == 2


def test_a_group_outside_of_the_mount(machine):
    files = {"sys/fs/cgroup/cpu.max": "200000 100000", "sys/fs/x/cpu.max": "100000 100000"}
    assert cpu_quota(machine("0::/../x\n", V2, **files)) == 2


@pytest.mark.parametrize("group", ["/", "/docker/a1", "/../../docker/a1"])
def test_a_container_sees_its_group_as_the_root_of_the_mount(machine, group):
    mount = "30 25 0:26 /docker/a1 /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
    files = {"sys/fs/cgroup/cpu.max": "200000 100000"}
    assert cpu_quota(machine(f"0::{group}\n", mount, **files)) == 2


def test_a_group_within_a_container(machine):
    mount = "30 25 0:26 /docker/a1 /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
    files = {"sys/fs/cgroup/in/cpu.max": "100000 100000", "sys/fs/cgroup/cpu.max": "max 100000"}
    assert cpu_quota(machine("0::/docker/a1/in\n", mount, **files)) == 1


def test_a_mount_with_a_space_in_its_path(machine):
    mount = V2.replace("/sys/fs/cgroup", "/sys/a\\040b")
    assert cpu_quota(machine("0::/g\n", mount, **{"sys/a b/g/cpu.max": "100000 100000"})) == 1


def test_no_quota_without_the_files_of_linux(tmp_path, machine):
    assert cpu_quota(tmp_path) is None
    assert processors(available=3, root=tmp_path) == 3
    assert cpu_quota(machine("no group\n", "no mount\n1 2 3 4 / - cgroup2\n - \n")) is None


def test_a_quota_above_the_processors_changes_nothing(machine):
    root = machine("0::/\n", V2, **{"sys/fs/cgroup/cpu.max": "900000 100000"})
    assert processors(available=4, root=root) == 4


def test_this_machine_has_at_least_one():
    assert processors() >= 1
