"""A package index: pip downloads from it with a key."""

import os
import subprocess
import zipfile

import pytest


@pytest.fixture(scope="module")
def gate(serve, gate_before, folder, python):
    packages = folder / "packages"
    packages.mkdir()
    wheel(packages / "guarded_thing-1.0-py3-none-any.whl")
    app = serve(python, "-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", "PORT", "-P", ".", "-a", ".", "--disable-fallback", packages)
    return gate_before(f"http://127.0.0.1:{app}")


def wheel(path):
    """The smallest wheel that pip takes."""
    meta = "guarded_thing-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("guarded_thing.py", "")
        archive.writestr(f"{meta}/METADATA", "Metadata-Version: 2.1\nName: guarded-thing\nVersion: 1.0\n")
        archive.writestr(f"{meta}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{meta}/RECORD", "")


def download(gate, python, folder, key):
    index = gate.url.replace("https://", f"https://__key__:{key}@") + "/simple/"
    words = [python, "-m", "pip", "--isolated", "--no-input", "download", "--no-cache-dir", "--no-deps", "--retries", "0",
             "--disable-pip-version-check", "--cert", gate.authority, "--index-url", index, "-d", folder, "guarded-thing"]
    # A bundle named by the environment would win over the one named here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") and "CA_BUNDLE" not in name}
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120, env=environment)


def test_pip_downloads_with_a_key(gate, python, tmp_path):
    done = download(gate, python, tmp_path, gate.key("pip"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "guarded_thing-1.0-py3-none-any.whl").exists()


def test_pip_gets_nothing_with_a_wrong_key(gate, python, tmp_path):
    done = download(gate, python, tmp_path, "wrong")
    assert done.returncode != 0
    assert not list(tmp_path.iterdir())
