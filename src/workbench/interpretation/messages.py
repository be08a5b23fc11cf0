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
    "change.untested": (
        "{points} since {since}, from one unit, or the same in all units: it cannot be tested"
    ),
    "change.untested.brief": "{points} since {since}",
    "change.unclear": "no clear change since {since} ({points}, interval {span})",
    "change.unclear.brief": "no clear change since {since}",
    "change.up": "up {size} since {since} (interval {span})",
    "change.up.brief": "up {size} since {since}",
    "change.down": "down {size} since {since} (interval {span})",
    "change.down.brief": "down {size} since {since}",
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
