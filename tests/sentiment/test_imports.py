from __future__ import annotations

import subprocess
import sys

import pytest

ONLY_NOUNS = "import sentiment; sentiment.Label; sentiment.Opinion"
SERVING = (
    "import sentiment; opinions = sentiment.build_scorer().score(['The parcel never arrived', 'Kargom hiç gelmedi ve kimse cevap vermiyor', '']);"
    "assert [o.language for o in opinions] == ['en', 'tr', 'und'], opinions"
)


@pytest.mark.parametrize(
    ("work", "unwanted"),
    [
        (ONLY_NOUNS, ("torch", "transformers", "onnxruntime", "tokenizers", "numpy", "py3langid")),
        (SERVING, ("torch", "transformers", "onnx", "sklearn", "pandas", "scipy")),
    ],
    ids=["naming an opinion", "serving the shipped model"],
)
def test_heavy_libraries_stay_out(work, unwanted):
    program = f"import sys; {work}; print(sorted(set({unwanted!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
