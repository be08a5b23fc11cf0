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
    # Drivers
    "rows.within": "{rows} of the same organisation",
    "importance.several": (
        "The drivers together account for {explained} of the differences in {outcome} between "
        "{rows} ({span}%); {driver} accounts for {share} ({lower} to {upper}) of that {explained}, "
        "or {part} of all differences."
    ),
    "importance.one": (
        "The drivers together account for {explained} of the differences in {outcome} between "
        "{rows} ({span}%); all of it is associated with {driver}."
    ),
    "importance.driver": "{driver} (alpha {alpha})",
    "importance.low reliability": (
        "Low reliability (alpha below {least}): {drivers}. Importance is corrected for this, but "
        "remains uncertain."
    ),
    "importance.no effects": "Total effects on {outcome} could not be estimated: {reason}",
    "importance.many drivers": (
        "With {drivers} drivers, importance is computed by relative weights only; averages over "
        "orderings are computed for up to {most} drivers."
    ),
    "importance.skipped": (
        "Because many people skipped questions, each correlation uses those {rows} who answered "
        "both."
    ),
    "left out.by error": (
        "Left out, because {rows} differ in it by hardly more than measurement error: {names}."
    ),
    "left out.few people": "Left out, because fewer than {least} people answered: {what}.",
    "left out.missing": "Left out, because one of the two values is missing: {count}.",
    "left out.alone": (
        "Left out, because there is none to compare with in the same organisation: {rows}."
    ),
    "left out.no answer": "Left out, because there is no answer to compare: {names}.",
    "left out.same": "Left out, because all answers are the same: {names}.",
    "left out.same within": (
        "Left out, because all answers of {rows} of the same organisation are the same: {names}."
    ),
    "advice.improve": "improve first",
    "advice.keep": "keep up",
    "advice.watch": "watch",
    "advice.leave": "leave as it is",
    "advice.only": "no other driver to compare with",
    "advice.negative": "none: the link is negative",
    "advice.may be zero": "none: the link may be zero",
    "advice.average": "none: importance not clearly above or below the mean",
    "advice.alike": "none: performance not clearly different",
    "advice.unknown": "none: performance cannot be compared",
    "others.drivers": "the other drivers",
    "others.organisations": "the other organisations",
    "others.channels": "the other channels",
    "others.units": "the other units",
    "others.groups": "the other groups",
    "priorities.one": (
        "{driver} is the only driver of {outcome} here, so drivers cannot be ranked."
    ),
    "priorities.none": (
        "For {outcome}, no driver stands out to improve first or to keep up: none is both clearly "
        "more important than the average and clearly different from {others}."
    ),
    "priorities.some": "For {outcome}, {advice}.",
    "priorities.part": "{advice}: {drivers}",
    "priorities.no map": (
        "{finding} The map needs a driver whose performance can be compared with that of {others}."
    ),
    "priorities.method": (
        "Importance: share of the differences explained by all drivers together (relative "
        "weights). Performance: index, 0–100, and its difference from the mean of {others}. All "
        "with 95% intervals. Advice is given only where the importance is clearly above or below "
        "the mean share, the link is clearly positive (or the driver clearly unimportant), and the "
        "difference in performance is clear after correction for multiple comparisons (Benjamini & "
        "Hochberg 1995)."
    ),
    "priorities.few respondents": "{channel}: {respondents} respondents, too few for an analysis.",
    "priorities.of channel": "{channel}: {note}",
    "performance.no interval": (
        "A performance has no interval if it comes from one unit, from units that are all the "
        "same, or from so few units that the interval would cover the whole scale."
    ),
    "scorecard.unassigned": "Without a responsible role: {drivers}.",
    # Necessary conditions
    "necessity.not": (
        "Units with low {condition} scores can have high {outcome} scores: the upper left corner "
        "of the scatter plot is hardly empty ({numbers})."
    ),
    "necessity.chance": (
        "The upper left corner of the scatter plot is partly empty, but this could be due to "
        "chance, so the data do not show that {condition} is necessary for {outcome} ({numbers})."
    ),
    "necessity.consistent": (
        "Units with low {condition} scores almost never have high {outcome} scores. The effect is "
        "{size} and larger than expected by chance ({numbers}). This is consistent with a "
        "necessary condition but does not prove one."
    ),
    "necessity numbers.plain": "d = {effect}, {p}",
    "necessity numbers.corrected": (
        "d = {effect} corrected for measurement error, {uncorrected} uncorrected, {p}"
    ),
    "necessity size.small": "small",
    "necessity size.medium": "medium",
    "necessity size.large": "large",
    "necessity size.very large": "very large",
    "necessity error.unknown": (
        "The measurement error of these scores, which blurs a ceiling, is not known."
    ),
    "necessity error.too large": (
        "The scores are too unreliable to correct the effect size, which measurement error makes "
        "smaller."
    ),
    "necessity error.corrected": (
        "Measurement error blurs a ceiling. The corrected effect size uses scores shrunk towards "
        "their mean so that their variances and correlation are those of the true scores (Ghosh "
        "1992). The correction is partial where the ceiling is sharp, so the true effect may be "
        "larger. The test, the figure and the other numbers use the uncorrected scores."
    ),
    "necessity marks": (
        "{points} points. Effect size: below {medium} small, to {large} medium, to {very_large} "
        "large, above very large (Dul 2016)."
    ),
    "needed.nothing": "NN",
    "needed.not reached": "not reached",
    "needed.key": "NN: not necessary; this level occurs at any value of the condition.",
    # What goes with a difference
    "what if.nothing": "Nothing in the chain comes after {label}.",
    "what if.higher": "Where {label} is {size} higher, {effects}.",
    "what if.lower": "Where {label} is {size} lower, {effects}.",
    "what if.effect.higher": "{label} is {size} higher ({span})",
    "what if.effect.lower": "{label} is {size} lower ({span})",
    "what if.doubt": "{span}; there may be no difference",
    "what if.association": "This is an association, not a forecast.",
    "what if.limited": (
        "{asked} would go beyond the range seen in the data ({label} from {low} to {high}, now "
        "{start}); the result is for {change}."
    ),
    "what if.beyond": "beyond the range seen",
    "what if.slider": (
        "Now {start} of 100. The slider covers the range seen in the data, {low} to {high}."
    ),
    "what if.no links": "The chain has no links, so there is no scenario to show.",
    "what if.unclear": "No link of the chain is clearly different from 0.",
    "what if.method": (
        "Total effects with 95% intervals, along all paths of the chain. They are associations, "
        "not forecasts. Where the interval includes 0, there may be no difference."
    ),
    "what if.range unknown": (
        "No unit has {least} answers or more on {label}, so the range seen in the data is not "
        "known."
    ),
    "effect caution.none": "{name}",
    "effect caution.no interval": "{name} (no interval)",
    "effect caution.may be none": "{name} (may be no difference)",
    "effect caution.negative": "{name} (negative link)",
    # Places
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
