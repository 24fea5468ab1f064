"""The README, what was found, and the published results that both speak of."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FINDINGS = (ROOT / "reports" / "FINDINGS.md").read_text(encoding="utf-8")
PUBLISHED = ROOT / "reports" / "published"


def summary_of(name: str) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((PUBLISHED / name / "summary.json").read_text("utf-8"))
    return summary


def papers_told() -> dict[str, str]:
    """What is said of each paper on the real pictures, by the name of the published results."""
    start = FINDINGS.index("On the pictures at 32 pixels, over")
    text = FINDINGS[start : FINDINGS.index("## The article in the small size")]
    items = [" ".join(item.split("\n\n")[0].split()) for item in text.split("\n- ")[1:]]
    return {re.findall(r"`([a-z-]+-real-32px)`", item)[0]: item for item in items}
