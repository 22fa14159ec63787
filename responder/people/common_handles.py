"""What handles are often made of, the most frequent first: what a model of handles knows before a brand has its own.

Written down for this project: given and family names of the languages Earshot is used in, and words that handles are
made of. The order is a rough guess, and does not matter once a few hundred handles are known.
"""

from __future__ import annotations

COMMON_HANDLES: tuple[str, ...] = tuple(
    """
    user john alex the mike david chris admin james maria anna mark paul dan sam ben tom max nick mr real jack matt
    official peter adam robert steve sarah laura lisa emma kate jane mary eva sara nina lena julia andrea martin thomas
    michael daniel andreas stefan markus jan tim lukas felix simon jonas anton marie sophie claire pierre jean luc marc
    nicolas antoine julien carlos juan jose luis miguel pablo diego javier sergio jorge pedro ana carmen lucia elena
    isabel marta rosa joao paulo bruno tiago rafael lucas gabriel fernanda marco luca giulia paolo andrea francesco
    alessandro matteo chiara mehmet ahmet mustafa ali can emre burak murat hakan serkan cem deniz ayse fatma zeynep elif
    merve selin ece defne yusuf omer kemal nikos giorgos kostas yannis dimitris vasilis maria eleni katerina sofia
    dimitra ioanna christos panos thanos spyros niki siti ahmad muhammad mohd abdul aziz hafiz amir farid nur aisyah
    fatimah aminah zul azlan hakim iman budi agus dewi putri rizky andi eko sri wati kees jan piet anouk sanne bram
    daan omar hassan khalid yusuf fatima layla karim nour game gamer music art photo tech dev code news fan club love
    life happy sunny lucky little big old new dark light blue red green black white golden silver star moon sun sky
    night day fire ice wolf fox cat dog bear tiger dragon lion bird owl king queen lord lady prince mister miss doctor
    captain just its not only my your our hello hey travel coffee tea food cook baker garden book reader writer mum mama
    dad papa uncle auntie home house city london paris berlin madrid istanbul ankara athens kuala jakarta lisboa
    amsterdam team shop store online world info mail test
    """.split()  # noqa: SIM905 — a list of words reads better as words
)

COMMON_NUMBERS: tuple[str, ...] = ("1", "12", "123", "99", "87", "2000", "7", "01", "90", "3", "1990", "21")
"""Numbers that handles end with when the name alone was taken."""
