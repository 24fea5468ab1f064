"""The article's claims judged on made-up frames."""

from study.experiments import get_claim, get_experiment
from study.summarise.claims import evaluate_claim, evaluate_claims
from study.summarise.measured import Measured
from tests.make_study import make_settings

ARTICLE = get_experiment("article")


def study_of(frames, **settings):
    return Measured({**make_settings(), **settings}, frames, ARTICLE)


def verdicts(frames, **settings):
    rows = evaluate_claims(ARTICLE.claims, study_of(frames, **settings))
    return {row["id"]: row["verdict"] for row in rows}


def the(claim, frames, **settings):
    return evaluate_claim(get_claim(ARTICLE, claim), study_of(frames, **settings))
