"""A package is taken only as its signers made it; whatever else is done to it is refused."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import stat
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from components.packages import archive, envelope, keys, packing
from components.packages.errors import BadKeyError, Refusal, RefusedPackageError
from components.packages.keys import KEYRING, Keyring, Signer
from components.packages.verify import Held, Package, verify

PUBLISHER, BANK, STRANGER = keys.generate(), keys.generate(), keys.generate()
MANIFEST = {"key": "acme.otp", "version": "1.2.0", "kind": "remote", "publisher": "acme"}
FILES = {
    "component.json": json.dumps(MANIFEST).encode(),
    "views/customer.view.json": b'{"blocks": []}',
    "docs/README.md": b"# One-time password\n" * 40,
}


def keyring(**changes: Any) -> Keyring:
    """Trusts acme and the bank; `publisher` changes acme's entry."""
    entries = [
        keys.write_entry(keys.public_of(PUBLISHER), Signer.PUBLISHER, "acme"),
        keys.write_entry(keys.public_of(BANK), Signer.BANK, "bank-of-mars"),
    ]
    told: dict[str, Any] = {"schema": KEYRING, "keys": entries, **changes}
    return keys.read_keyring(json.dumps(told))


def made(files: Mapping[str, bytes] | None = None, *signers: Any) -> bytes:
    data = packing.pack({**FILES, **(files or {})})
    for private in signers or (PUBLISHER,):
        data = packing.sign(data, private)
    return data


def manifest(**changes: str) -> dict[str, bytes]:
    return {"component.json": json.dumps(MANIFEST | changes).encode()}


def rezip(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    files = archive.read(data)
    change(files)
    return archive.write(files)


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    def drop(files: dict[str, bytes]) -> None:
        del files[name]

    return drop


def resigned(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The package with its envelope changed by hand."""

    def swap(files: dict[str, bytes]) -> None:
        told = json.loads(files[envelope.NAME])
        change(told)
        files[envelope.NAME] = json.dumps(told).encode()

    return rezip(made(), swap)


def refusal(data: bytes, ring: Keyring | None = None, **more: Any) -> RefusedPackageError:
    with pytest.raises(RefusedPackageError) as refused:
        verify(data, ring or keyring(), **more)
    return refused.value


def test_package_is_taken_as_it_was_signed() -> None:
    found = verify(made(None, PUBLISHER, BANK), keyring(), must_be_countersigned=True)

    assert (found.key, found.version, found.publisher) == ("acme.otp", "1.2.0", "acme")
    assert found.is_countersigned
    assert found.files == FILES


def test_same_files_give_the_same_package_and_digest() -> None:
    shuffled = dict(sorted(FILES.items(), reverse=True))

    assert packing.pack(shuffled) == packing.pack(FILES)
    one, other = verify(made(), keyring()), verify(made(None, PUBLISHER, BANK), keyring())
    assert one.digest == other.digest
    assert not one.is_countersigned


def with_entry(name: str, data: bytes, mode: int = stat.S_IFREG | 0o644) -> bytes:
    """The signed package with one more entry, written as a careless tool would."""
    out = io.BytesIO(made())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")  # a name that is there already is what some are about
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        file.writestr(entry, data)
    return out.getvalue()


def many() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for number in range(archive.MAX_FILES + 1):
            file.writestr(f"f{number}", b"")
    return out.getvalue()


def lying(data: bytes) -> bytes:
    """The bomb says that it unpacks to ten bytes."""
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"bomb"))
    changed = bytearray(data)
    changed[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(changed)


BOMB = with_entry("bomb", bytes(8 << 20))
TAMPERED: list[tuple[str, bytes, Refusal]] = [
    ("no ZIP file", b"hello", Refusal.NOT_AN_ARCHIVE),
    ("cut short", made()[:-30], Refusal.NOT_AN_ARCHIVE),
    ("too large packed", bytes(archive.MAX_PACKED_BYTES + 1), Refusal.TOO_LARGE),
    ("too many files", many(), Refusal.TOO_MANY_FILES),
    ("bomb", BOMB, Refusal.TOO_DENSE),
    ("bomb that lies", lying(BOMB), Refusal.DAMAGED),
    ("leads up", with_entry("../evil", b"x"), Refusal.BAD_NAME),
    ("leads up inside", with_entry("views/../../evil", b"x"), Refusal.BAD_NAME),
    ("absolute", with_entry("/etc/evil", b"x"), Refusal.BAD_NAME),
    ("drive", with_entry("C:\\evil", b"x"), Refusal.BAD_NAME),
    ("hidden", with_entry(".ssh/evil", b"x"), Refusal.BAD_NAME),
    ("strange letters", with_entry("views/\u202egpj.exe", b"x"), Refusal.BAD_NAME),
    ("symlink", with_entry("link", b"/etc/passwd", stat.S_IFLNK | 0o777), Refusal.NOT_A_FILE),
    ("device", with_entry("tty", b"", stat.S_IFCHR | 0o666), Refusal.NOT_A_FILE),
    ("folder", with_entry("views/more/", b""), Refusal.BAD_NAME),
    ("twice", with_entry("docs/README.md", b"other"), Refusal.DUPLICATE_ENTRY),
    ("twice in other case", with_entry("docs/readme.md", b"other"), Refusal.DUPLICATE_ENTRY),
    ("unsigned", packing.pack(FILES), Refusal.UNSIGNED),
    ("no signatures", resigned(lambda told: told.update(signatures=[])), Refusal.UNSIGNED),
    ("no DSSE", resigned(lambda told: told.pop("payload")), Refusal.BAD_ENVELOPE),
    ("other type", resigned(lambda told: told.update(payloadType="x/y")), Refusal.BAD_ENVELOPE),
    (
        "another statement",
        resigned(lambda told: told.update(payload="e30=")),
        Refusal.BAD_SIGNATURE,
    ),
    ("unknown key", made(None, STRANGER), Refusal.UNKNOWN_KEY),
    ("a stranger too", made(None, PUBLISHER, STRANGER), Refusal.UNKNOWN_KEY),
    (
        "spoofed key id",
        resigned(lambda told: told["signatures"][0].update(keyid=keys.id_of(keys.public_of(BANK)))),
        Refusal.BAD_SIGNATURE,
    ),
    (
        "flipped signature",
        resigned(lambda told: told["signatures"][0].update(sig="A" * 86 + "==")),
        Refusal.BAD_SIGNATURE,
    ),
    ("the bank alone", made(None, BANK), Refusal.UNSIGNED),
    ("another publisher", made(manifest(publisher="evil")), Refusal.WRONG_PUBLISHER),
    ("extra file", rezip(made(), lambda files: files.update(more=b"x")), Refusal.EXTRA_FILE),
    (
        "missing file",
        rezip(made(), without("docs/README.md")),
        Refusal.MISSING_FILE,
    ),
    (
        "changed file",
        rezip(made(), lambda files: files.update({"docs/README.md": b"# Other"})),
        Refusal.CHANGED_FILE,
    ),
    ("Python", made({"behaviour.py": b"import os"}), Refusal.CARRIES_CODE),
    ("Python in capitals", made({"views/x.PY": b"import os"}), Refusal.CARRIES_CODE),
    ("builtin", made(manifest(kind="builtin")), Refusal.FORBIDDEN_KIND),
    ("script", made(manifest(kind="script")), Refusal.FORBIDDEN_KIND),
]


@pytest.mark.parametrize(
    ("data", "code"), [row[1:] for row in TAMPERED], ids=[row[0] for row in TAMPERED]
)
def test_tampered_package_is_refused_with_its_reason(data: bytes, code: Refusal) -> None:
    refused = refusal(data)

    assert refused.code == code
    assert refused.expected
    assert str(refused).startswith(str(code))


def test_key_that_was_revoked_signs_nothing_any_more() -> None:
    entry = keys.write_entry(keys.public_of(PUBLISHER), Signer.PUBLISHER, "acme")

    assert refusal(made(), keyring(keys=[{**entry, "revoked": True}])).code == Refusal.REVOKED_KEY


def test_package_that_was_called_back_is_refused_by_its_digest() -> None:
    digest = verify(made(), keyring()).digest

    assert refusal(made(), keyring(revoked=[digest])).code == Refusal.REVOKED_PACKAGE


def test_package_that_needs_the_bank_is_refused_without_it() -> None:
    refused = refusal(made(), must_be_countersigned=True)

    assert refused.code == Refusal.NOT_COUNTERSIGNED


def held(found: Package, newest: str) -> dict[str, Held]:
    return {"acme.otp": Held(newest=newest, digests={found.version: found.digest})}


def test_versions_only_go_up_and_are_one_content_for_ever() -> None:
    found = verify(made(), keyring())
    other = made({"docs/README.md": b"# Other"})

    assert verify(made(), keyring(), held=held(found, "1.10.0")).digest == found.digest
    assert refusal(other, held=held(found, "1.2.0")).code == Refusal.VERSION_TAKEN
    lower = made(manifest(version="1.9.9"))
    assert refusal(lower, held=held(found, "1.10.0")).code == Refusal.DOWNGRADE
    higher = made(manifest(version="1.10.1"))
    assert verify(higher, keyring(), held=held(found, "1.10.0")).version == "1.10.1"


@settings(max_examples=300)
@given(st.integers(0, len(made()) - 1), st.integers(1, 255))
def test_flipped_byte_is_refused_or_changes_nothing(at: int, flip: int) -> None:
    data = bytearray(made())
    data[at] ^= flip

    try:
        found = verify(bytes(data), keyring())
    except RefusedPackageError:
        return
    assert found.files == FILES
    assert found.digest == verify(made(), keyring()).digest


@given(st.binary(max_size=600))
def test_strange_bytes_are_refused_and_never_raise(data: bytes) -> None:
    for whole in (data, archive.write({**FILES, envelope.NAME: data})):
        assert refusal(whole).code in set(Refusal)


def test_statement_that_is_not_canonical_is_refused() -> None:
    told = json.loads(envelope.state("acme.otp", "1.2.0", FILES))
    with_more = json.dumps(told | {"more": 1}).encode()

    for payload in (json.dumps(told, indent=1).encode(), with_more, b"[]", b'{"files": {}}'):
        with pytest.raises(RefusedPackageError) as refused:
            envelope.read_statement(payload)
        assert refused.value.code == Refusal.BAD_ENVELOPE


def test_package_that_was_changed_after_one_signature_gets_no_second() -> None:
    changed = rezip(made(), lambda files: files.update({"docs/README.md": b"# Other"}))

    with pytest.raises(RefusedPackageError) as refused:
        packing.sign(changed, BANK)

    assert refused.value.code == Refusal.CHANGED_FILE


@pytest.mark.parametrize(
    "told",
    [
        "no JSON",
        "[]",
        '{"schema": "other/1", "keys": []}',
        json.dumps({"schema": KEYRING, "keys": [{"id": "x"}]}),
        json.dumps({"schema": KEYRING, "keys": "all"}),
    ],
)
def test_keyring_that_cannot_be_read_says_what_was_expected(told: str) -> None:
    with pytest.raises(BadKeyError, match="expected"):
        keys.read_keyring(told)


def test_keyring_whose_id_is_of_another_key_is_refused() -> None:
    entry = keys.write_entry(keys.public_of(PUBLISHER), Signer.PUBLISHER, "acme")
    other = keys.id_of(keys.public_of(BANK))

    for change in ({"id": other}, {"algorithm": "none"}, {"owner": "Acme Ltd."}):
        with pytest.raises(BadKeyError):
            keyring(keys=[{**entry, **change}])
    with pytest.raises(BadKeyError, match="once"):
        keyring(keys=[entry, entry])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "acme_otp"
    for name, data in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    (place / ".git").mkdir()
    (place / ".git" / "config").write_text("not for others")
    return place


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("component", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_publisher_makes_signs_and_the_bank_verifies(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPONENT_KEY_PASSWORD", "secret of acme")
    package, key, ring = tmp_path / "otp.component", tmp_path / "acme.pem", tmp_path / "ring.json"

    ring.write_text(run("keygen", str(key), "--owner", "acme"))
    packed = run("pack", str(folder), "--out", str(package))
    run("sign", str(package), "--key", str(key))
    told = run("verify", str(package), "--keyring", str(ring))

    assert "3 files" in packed
    assert "acme.otp 1.2.0 by acme, not countersigned" in told
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in key.read_bytes()


def test_refused_package_ends_with_its_reason_and_1(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package, ring = tmp_path / "otp.component", tmp_path / "ring.json"
    run("pack", str(folder), "--out", str(package))
    ring.write_text(json.dumps({"schema": KEYRING, "keys": []}))

    with pytest.raises(SystemExit) as ended:
        call_command("component", "verify", str(package), "--keyring", str(ring))

    assert ended.value.code == 1
    assert "unsigned" in capsys.readouterr().err


def test_key_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "acme.pem").write_text("mine")

    with pytest.raises(CommandError):
        run("keygen", str(tmp_path / "acme.pem"), "--owner", "acme")

    assert (tmp_path / "acme.pem").read_text() == "mine"


def test_link_in_a_folder_is_not_packed(folder: Path) -> None:
    os.symlink("/etc/passwd", folder / "passwd")

    with pytest.raises(RefusedPackageError) as refused:
        packing.collect(folder)

    assert (refused.value.code, refused.value.where) == (Refusal.NOT_A_FILE, "passwd")


def test_package_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        verify(made(), keyring()).version = "9.9.9"  # type: ignore[misc]
