"""Which folders are the two classes, and which of them is label 0."""

from collections.abc import Iterable

from study.data.source import NESTED, OUTSIDE
from study.errors import DataError

Parts = tuple[str, ...]

LAYOUT = "expected one folder a class and two classes, as in PetImages/Cat and PetImages/Dog"


class ClassFolders:
    """The two class folders among the names of pictures.

    The class folders are the folders with pictures at the top, or below a single folder that
    wraps them (``PetImages/Cat``). ``cat`` is 0 and ``dog`` 1, in capitals and plural too;
    other names are labelled in alphabetical order.

    Args:
        names: relative names of all pictures, with forward slashes.
        source: what the names came from, for messages.

    Raises:
        DataError: no pictures, one class, more than two, or folders within the class folders
            where the pictures should be.
    """

    def __init__(self, names: Iterable[str], source: str) -> None:
        holding = {_folder(name) for name in names}
        self.root = _wrapping_folder(holding)
        found = sorted({folder[len(self.root)] for folder in holding if _below(folder, self.root)})
        if len(found) != 2:
            raise DataError(f"{source}: found {_counted(found, holding)}; {LAYOUT}.")
        deep = [name for name in found if (*self.root, name) not in holding]
        if deep:
            raise DataError(
                f"{source}: the pictures of {_listed(deep)} lie in folders below it; {LAYOUT}. "
                f"Give the path of one of these folders instead, such as {source}/{deep[0]}."
            )
        self.folders, self.class_names = label_order(found[0], found[1])
        self._labels = {(*self.root, name): label for label, name in enumerate(self.folders)}

    def label(self, name: str) -> int | None:
        """The label of the picture ``name``, None where it does not lie in a class folder."""
        return self._labels.get(_folder(name))

    def misplaced(self, name: str) -> tuple[str, str]:
        """Reason and class name under which a picture without a label is dropped."""
        folder = _folder(name)
        label = self._labels.get(folder[: len(self.root) + 1])
        return (OUTSIDE, "") if label is None else (NESTED, self.class_names[label])


def label_order(first: str, second: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Orders two class names by label.

    Returns:
        The names as given, and the names to show (``cat`` and ``dog`` without plural and
        capitals, all others as given), label 0 first.
    """
    ordered = sorted((first, second), key=lambda name: (_plain(name), name))
    given = (ordered[0], ordered[1])
    if {_plain(first), _plain(second)} == {"cat", "dog"}:
        return given, ("cat", "dog")
    return given, given


def _plain(name: str) -> str:
    lower = name.lower()
    return {"cats": "cat", "dogs": "dog"}.get(lower, lower)


def _folder(name: str) -> Parts:
    return tuple(name.split("/")[:-1])


def _below(folder: Parts, root: Parts) -> bool:
    return len(folder) > len(root) and folder[: len(root)] == root


def _wrapping_folder(holding: set[Parts]) -> Parts:
    """The deepest folder that is the only one with folders of pictures at its level."""
    root: Parts = ()
    while True:
        inner = {folder[: len(root) + 1] for folder in holding if _below(folder, root)}
        if len(inner) != 1:
            return root
        only = next(iter(inner))
        if not any(_below(folder, only) for folder in holding):
            return root
        root = only


def _counted(found: list[str], holding: set[Parts]) -> str:
    if not found:
        return "pictures but no class folders" if holding else "no pictures"
    if len(found) == 1:
        return f"one class only ({found[0]})"
    return f"{len(found)} classes ({_listed(found)})"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown}, ..."
