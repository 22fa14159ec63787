"""Open cases for the ranking: ordinary ones, and any that there may be."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from responder.cases.priority import OpenCases

ORDINARY = {
    "waited": 30.0,
    "promise": 120.0,
    "p_negative": 0.6,
    "p_question": 0.1,
    "intensity": 0.5,
    "telling": 1.0,
    "hearers": 60.0,
    "velocity": 1.0,
    "tau": 480.0,
    "answerability": 1.0,
    "minutes": 6.0,
    "incident": -1,
    "safety": False,
}


def cases(*each: dict[str, object]) -> OpenCases:
    """Ordinary open cases, but for what is said of each."""
    return OpenCases(**{name: np.array([{**ORDINARY, **one}[name] for one in each]) for name in ORDINARY})


some_case = st.fixed_dictionaries(
    {
        "waited": st.floats(0, 20_000),
        "promise": st.floats(1, 10_000),
        "p_negative": st.floats(0, 1),
        "p_question": st.floats(0, 1),
        "intensity": st.floats(0, 1),
        "telling": st.floats(0, 50),
        "hearers": st.floats(0, 1e7),
        "velocity": st.floats(0, 50),
        "tau": st.floats(10, 5_000),
        "answerability": st.sampled_from([0.0, 0.2, 0.6, 1.0]),
        "minutes": st.floats(0.5, 120),
        "incident": st.integers(-1, 2),
        "safety": st.booleans(),
    }
)
some_cases = st.lists(some_case, min_size=1, max_size=12).map(lambda each: cases(*each))
