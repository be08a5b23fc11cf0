"""The sentences that results are told in, by key.

A message names its parts in braces; parts are labels and numbers ready to read. A part is put in as
it is: braces in a label mean nothing.
"""

MESSAGES = {
    # A link between two constructs
    "link.missing": "The link between {source} and {target} could not be estimated.",
    "link.unclear": (
        "The data cannot tell whether {target} is higher where {source} is higher ({span})."
    ),
    "link.positive": "Where {source} is higher, {target} is higher: a {size} link, {span}.",
    "link.negative": "Where {source} is higher, {target} is lower: a {size} link, {span}.",
    "size.strong": "strong",
    "size.moderate": "moderate",
    "size.weak": "weak",
    "size.very weak": "very weak",
    # Many links, sorted
    "links.lead": (
        "Where the first is higher the second is higher too; with a minus sign, it is lower."
    ),
    "links.sized": "**{size} links:** {links}.",
    "links.unclear": "**Not clearly different from 0:** {links}.",
    "links.missing": "**Not estimated:** {links}.",
    # Points per point, beside the published ratio
    "rate.found": (
        "Where {source} is {step} points higher, {target} is higher by {points} points "
        "({lower} to {upper})."
    ),
    "rate.published": "the published ratio of two to one would give {published}",
    "rate.missing": "The pass-through from {source} to {target} has no interval; {rate}.",
    "rate.includes": "{found} The interval includes it: {rate}.",
    "rate.more": "{found} That is more than published: {rate}.",
    "rate.less": "{found} That is less than published: {rate}.",
    # How well a model fits
    "fit.nothing to test": (
        "The model fits any data perfectly (0 degrees of freedom), so its fit cannot be tested."
    ),
    "fit.not known": "Not all measures of fit could be computed ({numbers}).",
    "fit.well": "The model fits the data well ({numbers}).",
    "fit.acceptably": "The model fits the data acceptably ({numbers}).",
    "fit.poorly": (
        "The model fits the data poorly ({numbers}): it misses something in the data, so "
        "interpret its links with caution."
    ),
    "test.chi-square": "chi-square {statistic} on {df} degrees of freedom",
    "test.f": "F {statistic} on {df} and {error_df} degrees of freedom",
    "test.robust": "Robust {test}.",
    # How reliable a score is
    "reliability.missing": "could not be estimated",
    "reliability.for persons": "excellent",
    "reliability.for groups": "good enough to compare groups",
    "reliability.too low": "too low to rely on the score alone",
    "reliability.no estimate": "The reliability of {construct} cannot be estimated: {reason}.",
    "reliability.sentence": "The reliability of {construct} is {use} ({measure} = {value}).",
    "estimate.missing": "no estimate: {reason}",
    # A group that is not shown
    "hidden.nobody": "Nobody in {source} answered in this wave.",
    "hidden.nobody.of wave": "Nobody in {source} answered in {wave}.",
    "hidden.few": (
        "Not shown: fewer than {least} people in {source} answered, and individual answers could "
        "be recognised."
    ),
    "hidden.few.of wave": (
        "Not shown for {wave}: fewer than {least} people in {source} answered, and individual "
        "answers could be recognised."
    ),
    # An index, its change and its place
    "index.one unit": "one unit only",
    "index.no differences": "no differences",
    "index.few units": "only {units}",
    "index.no interval": "{value} ({why}: no interval)",
    "change.missing": "no change since {before} can be shown",
    "change.untested": (
        "{points} since {before}, from one unit, or the same in all units: it cannot be tested"
    ),
    "change.unclear": "no clear change since {before} ({points}, interval {span})",
    "change.up": "up {size} since {before} (interval {span})",
    "change.down": "down {size} since {before} (interval {span})",
    "change.missing.brief": "no change since {before} can be shown",
    "change.untested.brief": "{points} since {before}",
    "change.unclear.brief": "no clear change since {before}",
    "change.up.brief": "up {size} since {before}",
    "change.down.brief": "down {size} since {before}",
    "change.missing.word": "not shown",
    "change.untested.word": "one unit, or the same change in all: not tested",
    "change.unclear.word": "no clear change",
    "change.up.word": "up",
    "change.down.word": "down",
    "change.missing.sentence": "{label}, {before} to {now}: {reason}",
    "change.untested.sentence": (
        "{label} changed by {points} from {before} to {now}; with one unit, or the same change in "
        "every unit, this change cannot be tested."
    ),
    "change.unclear.sentence": (
        "No clear change in {label} from {before} to {now} ({points}, {span})."
    ),
    "change.up.sentence": "{strong}{label} went up {size}{strong} from {before} to {now} ({span}).",
    "change.down.sentence": (
        "{strong}{label} went down {size}{strong} from {before} to {now} ({span})."
    ),
    "change.of organisation": "{organisation}: {change}",
    "change.of all": "All organisations together: {change}",
    "change.nobody": "Nobody in {source} answered in {waves}.",
    "change.no answers": "{construct} has no answers in one of the waves {waves}.",
    "interval.none": "no interval",
    # Who went up or down between two waves
    "changed.some": "**{before} to {now}:** {changes}.",
    "changed.none": "**{before} to {now}:** no organisation changed clearly.",
    "changed.up": "{label} up in {organisations}",
    "changed.down": "{label} down in {organisations}",
    # Links of two waves
    "effect.direct": "The link from {source} to {target}",
    "effect.indirect": "The indirect link from {source} to {target}",
    "effect.total": "The total link from {source} to {target}",
    "link change.untested": (
        "{link} has no test of change ({before} in {earlier}, {now} in {later})."
    ),
    "link change.unclear": (
        "{link} shows no clear change: {before} in {earlier}, {now} in {later}, change {change} "
        "({span})."
    ),
    "link change.stronger": (
        "{link} is stronger: {before} in {earlier}, {now} in {later}, change {change} ({span})."
    ),
    "link change.weaker": (
        "{link} is weaker: {before} in {earlier}, {now} in {later}, change {change} ({span})."
    ),
    "links change.untested": (
        "There are too few organisations for one test of whether the links of the chain changed "
        "from {before} to {now}."
    ),
    "links change.changed": "The links of the chain changed from {before} to {now} ({test}).",
    "links change.unchanged": (
        "The links of the chain show no change from {before} to {now} ({test})."
    ),
    # Latent means over waves
    "latent means.some": (
        "The latent means of {label} use {tied} of its {items} questions with equal parameters in "
        "every wave"
    ),
    "latent means.all": (
        "The latent means of {label} use all its {tied} questions with equal parameters in every "
        "wave"
    ),
    "latent means.one": (
        "The latent means of {label} use its one question with equal parameters in every wave"
    ),
    "latent means.freed": "; {items} may differ from wave to wave",
    "latent means.left out.one": "; {items} was not asked in every wave",
    "latent means.left out.some": "; {items} were not asked in every wave",
    "latent means.poor": (
        "The model with equal parameters fits {label} poorly (CFI {cfi}, RMSEA {rmsea}), so "
        "interpret its changes with caution."
    ),
    "again.known": (
        "{respondents} of {source} answered in more than one wave in the same unit, by their id. "
        "The answers of one person correlate {correlation} from wave to wave within units, and the "
        "model allows for the resulting correlation between the errors of a unit's waves."
    ),
    # Estimates of organisations, pooled
    "pooled.none": (
        "No organisation has an estimate with a standard error, so nothing can be pooled."
    ),
    "pooled.one": (
        "Only one organisation has an estimate, {estimate} (95% interval {span}), so nothing can "
        "be said about other organisations."
    ),
    "pooled.several": (
        "Over {organisations} organisations the mean is {estimate} (95% interval {span}); they "
        "differ from each other by a standard deviation of {tau} ({tau_span}), and {i2}% of the "
        "variation of their estimates is not sampling error (I²). Another organisation would "
        "probably be at {prediction}."
    ),
    "pooled.two": "Two organisations are too few to estimate how much organisations differ.",
    "pooled.narrow": (
        "The estimates vary no more than their standard errors explain, so the interval of the "
        "mean, which is based on their spread, may be too narrow."
    ),
    "pooled.without.one": "1 had no usable estimate and gets this prediction.",
    "pooled.without.some": "{without} had no usable estimate and get this prediction.",
    "place.one": "{lower} of {ranked}",
    "place.any": "its place among the {ranked} is uncertain",
    "place.range": "probably between {lower} and {upper} of {ranked}",
}


def say(key: str, **parts: object) -> str:
    """Return the message of ``key`` with its parts put in.

    >>> say("link.missing", source="People", target="Service")
    'The link between People and Service could not be estimated.'
    """
    return MESSAGES[key].format(**parts)
