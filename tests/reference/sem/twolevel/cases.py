"""Makes cases.json: python cases.py"""

import json
from pathlib import Path

TRUST = "t1 + t2 + t3 + t4"
PLAIN = f"level: 1\nw =~ {TRUST}\nlevel: 2\nb =~ {TRUST}"
COVARIATES = f"level: 1\nw =~ {TRUST}\nw ~ age + hours\nlevel: 2\nb =~ {TRUST}\nb ~ size + region"
CHAIN = (
    f"level: 1\ntw =~ {TRUST}\nsw =~ s1 + s2\nsw ~ a*tw\npace ~ tw\n"
    f"level: 2\ntb =~ {TRUST}\nsb =~ s1 + s2\nsb ~ c*tb + size\ntb ~ d*size\nind := c*d"
)
SAME = "level: 1\nw =~ t1 + a*t2 + b*t3 + c*t4\nlevel: 2\nb =~ t1 + a*t2 + b*t3 + c*t4"
BENT = (
    "level: 1\nw =~ t1 + a*t2 + t3 + t4\nlevel: 2\nb =~ t1 + b*t2 + t3 + t4\nt1 ~~ v*t1\n"
    "b == 2*a - 0.8"
)
PATHS = "level: 1\nt1 ~ s1 + age\ns1 ~ hours\nlevel: 2\nt1 ~ size\ns1 ~ size"
MIXED = "level: 1\nt1 ~~ t2\nt1 ~ pace\nlevel: 2\nt1 ~~ t2\nt1 ~ region"
RESIDUAL = (
    f"level: 1\nw =~ {TRUST}\nt1 ~~ t2\nw ~ age\nlevel: 2\nb =~ {TRUST}\nt4 ~~ 0*t4\nb ~ size\n"
    "t1 ~ 1"
)


def in_groups(*blocks: str) -> str:
    """Blocks of the groups a and b, the same for both if there is one."""
    first, second = blocks if len(blocks) == 2 else blocks * 2
    return f"group: a\n{first}\ngroup: b\n{second}"


EQUAL_LINKS = COVARIATES.replace("~ age", "~ p*age").replace("~ size", "~ q*size")
OF_UNITS = f"{PLAIN}\nb ~ q*size + region"
APART = f"level: 1\nw =~ {TRUST}\nw ~ age\nt1 ~~ t2\nlevel: 2\nb =~ {TRUST}\nb ~ q1*size + region"
OTHER = (
    f"level: 1\nw =~ {TRUST}\nw ~ age\nlevel: 2\nb =~ t1 + t2 + t3 + 0.8*t4\nb ~ q2*size + region"
)
GROUPS = {
    "groups": (in_groups(PLAIN), "MLR"),
    "groups, equal loadings": (in_groups(SAME), "MLR"),
    "groups, equal links": (in_groups(EQUAL_LINKS), "ML"),
    "groups, equal links, MLR": (in_groups(OF_UNITS), "MLR"),
    "groups, compared": (
        in_groups(
            PLAIN.replace("t1 + t2", "t1 + a*t2", 1), PLAIN.replace("t1 + t2", "t1 + d*t2", 1)
        )
        + "\ndifference := a - d",
        "MLR",
    ),
    "groups, own models": (
        in_groups(APART, OTHER) + "\nq1 == q2",
        "ML",
    ),
}

MODELS = {
    "plain": (PLAIN, {}),
    "covariates": (COVARIATES, {}),
    "chain": (CHAIN, {}),
    "same loadings": (SAME, {}),
    "constraint": (BENT, {}),
    "paths": (PATHS, {}),
    "mixed": (MIXED, {}),
    "residual": (RESIDUAL, {}),
}


def cases() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for name, (model, options) in MODELS.items():
        for estimator in ("ML", "MLR"):
            found[f"{name} {estimator}"] = {
                "model": model,
                "options": {**options, "estimator": estimator},
            }
    found["even"] = {"model": SAME, "options": {"estimator": "MLR"}, "even": True}
    found["std_lv"] = {"model": CHAIN, "options": {"estimator": "MLR", "std.lv": True}}
    found["orthogonal"] = {
        "model": f"level: 1\nw =~ {TRUST}\nsw =~ s1 + 1*s2\nlevel: 2\nb =~ {TRUST}\n"
        "sb =~ s1 + 1*s2",
        "options": {"estimator": "ML", "orthogonal": True},
    }
    found["free covariates"] = {
        "model": "level: 1\nt1 ~ s1 + age\ns1 ~ hours\nlevel: 2\nt1 ~ s1 + size",
        "options": {"estimator": "ML", "fixed.x": False},
    }
    for name, (model, estimator) in GROUPS.items():
        found[name] = {"model": model, "options": {"estimator": estimator}, "groups": True}
    return found


if __name__ == "__main__":
    Path(__file__).with_name("cases.json").write_text(
        json.dumps(cases(), indent=1) + "\n", encoding="utf-8"
    )
