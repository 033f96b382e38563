"""Text in pictures, by RapidOCR with the models that its package carries (the extra ``ocr``).

Nothing is downloaded: the models are named by their files. One thread, because there is a worker
process for each processor, and so that the same picture always reads the same.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pdscan.errors import UnreadableError
from pdscan.model import Reason

EXTRA = "ocr"
NEEDS = ("rapidocr", "onnxruntime", "PIL")
HINT = f"pip install 'pdscan[{EXTRA}]'"
_MEMORY = 2 << 30  # bytes that the engine may take beyond what a worker may
#: What stands in the ledger beside text that was read so: characters may be mistaken.
DETAIL = "by OCR"
_SMALLEST = 12  # pixels: the height and width that a character needs
_SMALL = 1000  # pixels; pictures with no longer side are made twice as large before they are read
LONGEST = 2000  # pixels of a side; larger pictures are made smaller before they are read


def is_installed() -> bool:
    """Whether pictures can be read here."""
    return all(find_spec(name) is not None for name in NEEDS)


def lines(picture: npt.NDArray[np.uint8]) -> list[str]:
    """The lines of text in `picture` (rows, columns, three colours), as a person reads them.

    What stands side by side with a gap between is a line each. Raises UnreadableError (EXTRA) where
    the engine is installed without its models.
    """
    if min(picture.shape[:2]) < _SMALLEST:
        return []
    if max(picture.shape[:2]) < _SMALL:
        picture = picture.repeat(2, axis=0).repeat(2, axis=1)
    found = _engine()(picture)
    return [] if found.txts is None else [str(text) for text in found.txts]


@cache
def _engine() -> Any:
    _allow(_MEMORY)
    from rapidocr import RapidOCR

    folder = Path(*(find_spec("rapidocr").submodule_search_locations or ()), "models")  # type: ignore[union-attr] # is installed
    parameters: dict[str, Any] = {
        "Global.log_level": "critical",
        "Global.max_side_len": LONGEST,
        # By default a narrow picture is blown up until its short side has 736 pixels: gigabytes.
        "Det.limit_type": "max",
        "Det.limit_side_len": LONGEST,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    for task in ("Det", "Cls", "Rec"):
        model = next(iter(sorted(folder.glob(f"*_{task.lower()}_*.onnx"))), None)
        if model is None:
            raise UnreadableError(Reason.EXTRA, "rapidocr is installed without its models")
        parameters[f"{task}.model_path"] = str(model)
    return RapidOCR(params=parameters)


def _allow(size: int) -> None:
    """Raises the limit on the memory of this process, where it has one, by `size` bytes."""
    if sys.platform == "win32":
        return
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_AS)
    if now != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (now + size, most))
