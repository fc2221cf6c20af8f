"""Makes the Autobahn WebSocket test suite importable.

The suite on PyPI is written for Python 2. Its cases are converted as they stand into a temporary directory: nothing of
them is kept here. In what comes out, a `str` of characters below U+0100 stands for bytes, as it did in Python 2.
"""

import importlib
import importlib.metadata
import pathlib
import re
import sys

from fissix import refactor

# What fissix cannot know: Python 2's integer division, and a `str` that is hexed for a description.
CHANGES = [
    (r"binascii\.b2a_hex\(", "repr("),
    (r" / self\.p\.autoFragmentSize", " // self.p.autoFragmentSize"),
    (r"\(object, *Case *,? *\)", "(Case,)"),
]
# 9.9 is not in the suite's own list; 12 and 13 are for permessage-deflate, which Restante does not offer: what it carries
# is encrypted, and does not shrink.
LEFT_OUT = re.compile(r"^.*(case9_9_1|case12_x_x|Case1[23]_X_X).*$", re.MULTILINE)


def load(directory):
    """Converts the suite into `directory`, and returns its list of cases and its `CaseSet`."""
    package = pathlib.Path(directory) / "autobahntestsuite"
    (package / "case").mkdir(parents=True)
    (package / "__init__.py").touch()
    for path in importlib.metadata.files("autobahntestsuite"):
        name = pathlib.PurePosixPath(path)
        is_case = name.parent.name == "case" and name.suffix == ".py" and not LEFT_OUT.search(name.stem)
        if is_case or name.name == "caseset.py":
            (package / name.relative_to("autobahntestsuite")).write_bytes(path.locate().read_bytes())
    # After all of them are there: it tells a sibling's import by the file.
    tool = refactor.RefactoringTool(refactor.get_fixers_from_package("fissix.fixes"))
    for file in package.glob("**/*.py"):
        file.write_text(converted(tool, file))
    sys.path.insert(0, str(directory))
    cases = importlib.import_module("autobahntestsuite.case")
    # Equal is equal: pickles, by which the suite compares, tell objects apart that are the same one twice.
    cases.Case.compare = lambda _, left, right: left == right
    sets = importlib.import_module("autobahntestsuite.caseset")
    return sets.CaseSet("websocket", "Case", cases.Cases, {}, {})


def converted(tool, file):
    # In Python 2 the literals of these files are the bytes that stand in them.
    text = "".join(chr(byte) if byte < 0x80 else f"\\x{byte:02x}" for byte in file.read_bytes())
    text = str(tool.refactor_string(LEFT_OUT.sub("", text) + "\n", str(file)))
    for pattern, replacement in CHANGES:
        text = re.sub(pattern, replacement, text)
    return text
