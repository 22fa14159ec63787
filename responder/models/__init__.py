"""Tables only, one file per aggregate; no feature is imported here.

Every row below a brand carries `brand_id`, and nothing is ever shared between brands: a mention that two brands hear is
two rows, so access, retention and erasure always concern one brand (docs/decisions/0002).
"""

from __future__ import annotations

from responder.models.alerts import Alert, AlertState
from responder.models.authors import Author
from responder.models.brands import Brand
from responder.models.calendars import BusinessCalendar, PromisePolicy
from responder.models.cases import Case, CaseEvent, CaseState, CaseWatch
from responder.models.incidents import Incident, IncidentEvent, KeptOut
from responder.models.jobs import JobRun
from responder.models.learning import Correction, ModelDecision, OverruledOpinion, TrainingPermit
from responder.models.mentions import Mention, WatchMention
from responder.models.people import AccountLink, AccountTrace, JoinProposal, JoinStatus, LinkStatus, PeopleProgress
from responder.models.ranking import Judgement, RankSnapshot
from responder.models.replies import Reply, ReplyEvent, ReplyMode, ReplyRule, ReplyState, Way
from responder.models.rollups import AuthorDay, HourCell
from responder.models.sharers import Objection, Sharer, SharerFlag, SharerReference, StockTaking, Telling
from responder.models.users import Membership, Role, SignInLink, User
from responder.models.vectors import MentionVector
from responder.models.watches import Connection, ConnectionState, Gap, Poll, Watch

__all__ = [
    "AccountLink",
    "AccountTrace",
    "Alert",
    "AlertState",
    "Author",
    "AuthorDay",
    "Brand",
    "BusinessCalendar",
    "Case",
    "CaseEvent",
    "CaseState",
    "CaseWatch",
    "Connection",
    "ConnectionState",
    "Correction",
    "Gap",
    "HourCell",
    "Incident",
    "IncidentEvent",
    "JobRun",
    "JoinProposal",
    "JoinStatus",
    "Judgement",
    "KeptOut",
    "LinkStatus",
    "Membership",
    "Mention",
    "MentionVector",
    "ModelDecision",
    "Objection",
    "OverruledOpinion",
    "PeopleProgress",
    "Poll",
    "PromisePolicy",
    "RankSnapshot",
    "Reply",
    "ReplyEvent",
    "ReplyMode",
    "ReplyRule",
    "ReplyState",
    "Role",
    "Sharer",
    "SharerFlag",
    "SharerReference",
    "SignInLink",
    "StockTaking",
    "Telling",
    "TrainingPermit",
    "User",
    "Watch",
    "WatchMention",
    "Way",
]
