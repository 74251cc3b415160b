"""Output appears whole or not at all, and never outside its destination."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventcodec.archive.output import (
    OutputDirectory,
    OutputTree,
    atomic_file,
    check_run_name,
    write_all,
)


def tree_of(path: Path) -> set[str]:
    return {str(each.relative_to(path)) for each in path.rglob("*")}


class Stop(Exception):  # noqa: N818
    pass


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "out.tfevents") as descriptor:
        write_all(descriptor, b"abc")
        assert not (tmp_path / "out.tfevents").exists()
        assert all("tfevents" not in name for name in tree_of(tmp_path))
    assert (tmp_path / "out.tfevents").read_bytes() == b"abc"
    assert tree_of(tmp_path) == {"out.tfevents"}


def test_nothing_is_left_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Stop), atomic_file(tmp_path / "out") as descriptor:  # noqa: PT012
        write_all(descriptor, b"abc")
        raise Stop
    with pytest.raises(Stop), OutputDirectory(tmp_path / "dir") as output:  # noqa: PT012
        with output.tree.create("a/b", "x.tfevents") as (descriptor, _):
            write_all(descriptor, b"abc")
        raise Stop
    assert tree_of(tmp_path) == set()


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="choose another"), atomic_file(tmp_path / "out"):
        pytest.fail("the block must not begin")
    # Also when it appears while the output is being written.
    with pytest.raises(FileExistsError), atomic_file(tmp_path / "late") as descriptor:  # noqa: PT012
        write_all(descriptor, b"abc")
        (tmp_path / "late").symlink_to(tmp_path / "elsewhere")
    assert tree_of(tmp_path) == {"out", "late"}
    with atomic_file(tmp_path / "out", replace=True) as descriptor:
        write_all(descriptor, b"new")
    assert (tmp_path / "out").read_bytes() == b"new"


@pytest.mark.parametrize("occupied", ["file", "full", "link"])
def test_a_directory_takes_no_place_that_is_taken(tmp_path: Path, occupied: str) -> None:
    place = tmp_path / "out"
    if occupied == "file":
        place.write_bytes(b"")
    elif occupied == "full":
        place.mkdir()
        (place / "mine").touch()
    else:
        (tmp_path / "empty").mkdir()
        place.symlink_to(tmp_path / "empty")
    before = tree_of(tmp_path)
    with pytest.raises(FileExistsError, match="choose another"):
        OutputDirectory(place)
    assert tree_of(tmp_path) == before


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("files", [1, 40])
def test_a_directory_appears_when_it_is_committed(tmp_path: Path, exists: bool, files: int) -> None:
    place = tmp_path / "out"
    if exists:
        place.mkdir()
    with OutputDirectory(place) as output:
        pieces = []
        for number in range(files):
            with output.tree.create("a/b", f"{number}.tfevents") as (descriptor, piece):
                write_all(descriptor, b"%d" % number)
            pieces.append(piece)
        assert all("tfevents" not in name for name in tree_of(tmp_path))
        output.commit(pieces)
    assert (place / "a/b/0.tfevents").read_bytes() == b"0"
    assert len(list((place / "a/b").iterdir())) == files
    assert (place.stat().st_mode & 0o777) == ((tmp_path / "out/a").stat().st_mode & 0o777)


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with OutputDirectory(tmp_path / "out") as output:
        (output.tree.path / "a").symlink_to(outside)
        with pytest.raises(OSError, match="Not a directory"), output.tree.create("a", "x"):
            pytest.fail("a link was followed")
        (output.tree.path / "a").unlink()
        moved = output.tree.path.rename(tmp_path / "moved")
        output.tree.path.symlink_to(outside)
        with pytest.raises(OSError, match="Not a directory"), output.tree.create("b", "x"):
            pytest.fail("a link was followed")
        output.tree.path.unlink()
        moved.rename(output.tree.path)
    assert tree_of(tmp_path) == {"outside"}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="paths of descriptors are Linux's")
def test_a_path_to_write_to_stays_where_it_was(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with OutputDirectory(tmp_path / "out") as output:
        with output.tree.directory("a/b") as directory:
            moved = output.tree.path.rename(tmp_path / "moved")
            output.tree.path.symlink_to(outside)
            (directory / "file").write_text("x")
            output.tree.path.unlink()
            moved.rename(output.tree.path)
        assert (output.tree.path / "a/b/file").read_text() == "x"
        assert list(outside.iterdir()) == []


HOSTILE = ["..", "../x", "a/../../x", "/etc", "a//b", "a/", "", "./a", "a/.", "a\0b"]


@pytest.mark.parametrize("run", HOSTILE)
def test_hostile_run_names(tmp_path: Path, run: str) -> None:
    with pytest.raises(ValueError, match="rename it"):
        check_run_name(run)
    tree = OutputTree(tmp_path)
    with pytest.raises((ValueError, OSError)), tree.create(run, "x"):
        pytest.fail("created")


@pytest.mark.parametrize("run", ["a\nb", "\x1b[31m", "a" * 256, "\x7f"])
def test_run_names_that_nobody_wants(run: str) -> None:
    with pytest.raises(ValueError, match="rename it"):
        check_run_name(run)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "/etc/passwd"])
def test_hostile_file_names(tmp_path: Path, name: str) -> None:
    tree = OutputTree(tmp_path)
    with pytest.raises(ValueError, match="cannot have the name"), tree.create(".", name):
        pytest.fail("created")


@pytest.mark.parametrize("run", [".", "a", "a/b c/d", "\N{SNOWMAN}", "a" * 255])
def test_good_run_names(run: str) -> None:
    assert check_run_name(run) == run


def test_descriptors_are_closed(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(5):
        with OutputDirectory(tmp_path / str(number)) as output:
            with output.tree.create("a", "x") as (_, piece):
                pass
            output.commit([piece])
        with atomic_file(tmp_path / f"file{number}"):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
