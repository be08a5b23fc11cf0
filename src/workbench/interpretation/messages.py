"""The sentences that results are told in, by key.

A message names its parts in braces; parts are labels and numbers ready to read. A part is put in as
it is: braces in a label mean nothing. A message in two forms is told by the number that its part
``count`` is. Translations are in ``workbench/languages``; ``make messages`` writes new and changed
messages there.
"""

import re

from workbench.interpretation.languages import Plural, Text, spoken
from workbench.interpretation.page_messages import PAGE_MESSAGES
from workbench.text import capitalised

MESSAGES: dict[str, Text] = {
    **PAGE_MESSAGES,
    # Numbers
    # The symbols of public statistics that stand where a number is not shown
    "symbol.confidential": "[c]",
    "symbol.unreliable": "[u]",
    "symbol.not available": "[x]",
    "symbol.not applicable": "[z]",
    "symbols explained": "{symbol} {meaning}.",
    "symbol.confidential.meaning": (
        "confidential: so few people answered that individual answers could be recognised"
    ),
    "symbol.unreliable.meaning": "unreliable: too uncertain to be shown",
    "symbol.not available.meaning": "not available: there is no such number, or it has no estimate",
    "symbol.not applicable.meaning": "not applicable",
    "number.missing": "[x]",
    "number.interval": "{lower} to {upper}",
    "number.estimate": "{value} ({interval})",
    "number.percent": "{number}%",
    "number.point": Plural("{points} point", "{points} points"),
    "number.above 1": "above 1",
    "number.below minus 1": "below \u22121",
    "number.ordinal.one": "{number}st",
    "number.ordinal.two": "{number}nd",
    "number.ordinal.few": "{number}rd",
    "number.ordinal.other": "{number}th",
    # Lists of names
    "list.none": "none",
    "list.comma": ", ",
    "list.semicolon": "; ",
    "list.and": "{names} and {last}",
    "list.or": "{names} or {last}",
    "list.and of": "{names} and of {last}",
    "names.more": Plural("{count} more", "{count} more"),
    # So many of something
    "count.answer": Plural("{count} answer", "{count} answers"),
    "count.case": Plural("{count} case", "{count} cases"),
    "count.channel": Plural("{count} channel", "{count} channels"),
    "count.common factor": Plural("{count} common factor", "{count} common factors"),
    "count.component": Plural("{count} component", "{count} components"),
    "count.construct": Plural("{count} construct", "{count} constructs"),
    "count.driver": Plural("{count} driver", "{count} drivers"),
    "count.group": Plural("{count} group", "{count} groups"),
    "count.item": Plural("{count} item", "{count} items"),
    "count.measure": Plural("{count} measure", "{count} measures"),
    "count.organisation": Plural("{count} organisation", "{count} organisations"),
    "count.page": Plural("{count} page", "{count} pages"),
    "count.question": Plural("{count} question", "{count} questions"),
    "count.report": Plural("{count} report", "{count} reports"),
    "count.respondent": Plural("{count} respondent", "{count} respondents"),
    "count.row": Plural("{count} row", "{count} rows"),
    "count.wave": Plural("{count} wave", "{count} waves"),
    "count.unit": Plural("{count} unit", "{count} units"),
    "people.answer": "{people} answers",
    "people.respondent": "{people} respondents",
    # What a row of an analysis is
    "row.unit": "unit",
    "row.respondent": "respondent",
    "row.organisation": "organisation",
    "by.organisation": "organisation",
    "by.wave": "wave",
    "by.type": "type",
    "by.group": "group",
    "by.channel": "channel",
    "by.segment": "segment",
    "groups.organisation": "organisations",
    "groups.type": "types",
    "groups.channel": "channels",
    "groups.segment": "segments",
    "groups.wave": "waves",
    "rows.units": "units",
    "rows.respondents": "respondents",
    "rows.organisations": "organisations",
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
    "sign.expected": "Every link that the authors of the chain state has the sign they expect.",
    "sign.against": "Opposite to the expected sign: {links}.",
    "sign.unclear": "Not clearly different from 0 in these data: {links}.",
    "sign.open": "Of a sign that the authors of the chain leave open: {links}.",
    "sign.tests": (
        "Not stated by the authors of the chain: {links}. The workbench adds such a link to test "
        "whether the longer path between the same two carries all that they share."
    ),
    "sign.added": "Not stated by the authors of the chain, added by the workbench: {links}.",
    # Many links, sorted
    "links.lead": (
        "Where the first is higher the second is higher too; with a minus sign, it is lower."
    ),
    "links.sized": "**{size} links:** {links}.",
    "links other.unclear": "**Not clearly different from 0:** {links}.",
    "links other.missing": "**Not estimated:** {links}.",
    # Points per point, beside a published rate
    "rate.found": (
        "Where {source} is {step} points higher, {target} is higher by {points} points "
        "({lower} to {upper})."
    ),
    "rate.missing": (
        "The pass-through from {source} to {target} has no interval; the published rate would give "
        "{published}."
    ),
    "rate.includes": (
        "{found} The published rate would give {published}, which lies in this interval."
    ),
    "rate.more": ("{found} That is more than the published rate, which would give {published}."),
    "rate.less": ("{found} That is less than the published rate, which would give {published}."),
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
    "reliability told.none": "The reliability of {construct} cannot be estimated: {reason}.",
    "reliability told.use": "The reliability of {construct} is {use} ({measure} = {value}).",
    "estimate.missing": "no estimate: {reason}",
    # A group that is not shown
    "hidden.nobody": "Nobody in {source} gave a usable answer in this wave.",
    "hidden.nobody.of no wave": "Nobody in {source} gave a usable answer.",
    "hidden.nobody.of wave": "Nobody in {source} gave a usable answer in {wave}.",
    "hidden.few": (
        "Not shown: fewer than {least} people in {source} answered, and individual answers could "
        "be recognised."
    ),
    "hidden.title": "No numbers are shown for this organisation",
    "hidden.benchmark": ("The benchmark report has the results of all organisations together."),
    "hidden.alike": (
        "Not shown in detail: more than {share} of those who answered gave the answer {answer}."
    ),
    "hidden.spread": "[c]",
    "hidden.ends": (
        "Not shown: almost all people in {source} gave the answer at the same end of the scale, so "
        "that individual answers could be recognised."
    ),
    "hidden.units": "Not shown by unit: there are fewer than {least} people behind some units.",
    "hidden.few.question": (
        "Not shown: fewer than {least} people in {source} answered this question, and individual "
        "answers could be recognised."
    ),
    "hidden.few.of wave": (
        "Not shown for {wave}: fewer than {least} people in {source} answered, and individual "
        "answers could be recognised."
    ),
    # An index, its change and its place
    "index.not shown": "[c]",
    "index.one unit": "one unit only",
    "index.no differences": "no differences",
    "index.few units": "only {units}",
    "index.no interval": "{value} ({why}: no interval)",
    "index.together": (
        "**The satisfaction index of all organisations together is {index}.** {change}"
    ),
    "index.the": "The index",
    "index.no change": "no change can be shown.",
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
    "change.missing.word": "[c]",
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
        "{label} shows no clear change from {before} to {now} ({points}, {span})."
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
    "trends.one round": (
        "The study has only one survey round, so there is no change to show yet. After the next "
        "survey, add its rows to the same files, name the column with the wave as "
        'wave = "…" under [columns] of study.toml, and make this page again.'
    ),
    "trends.keep units": "Keep the names of units, so that changes are compared within them.",
    "trends.one wave": (
        "There is only one wave ({wave}), so there is no change to show yet. After the next "
        "survey, add its rows to the same files and make this page again."
    ),
    # Who went up or down between two waves
    "changed.some": "**{before} to {now}:** {changes}.",
    "changed.none": "**{before} to {now}:** no organisation changed clearly.",
    "changed.part.up": "{label} up in {organisations}",
    "changed.part.down": "{label} down in {organisations}",
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
    "latent means.tied.some": (
        "The latent means of {label} use {tied} of its {items} questions with equal parameters in "
        "every wave"
    ),
    "latent means.tied.all": (
        "The latent means of {label} use all its {tied} questions with equal parameters in every "
        "wave"
    ),
    "latent means.tied.one": (
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
    "within organisations": "{rows} of the same organisation",
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
    "left out.few people": (
        "Left out, because fewer than {least} people answered, or so that these cannot be found by "
        "subtraction: {what}."
    ),
    "left out.missing": "Left out, because one of the two values is missing: {count}.",
    "left out.alone": (
        "Left out, because there is none to compare with in the same organisation: {rows}."
    ),
    "drivers.between one.some": "{driver} (after {before})",
    "drivers.between one.all": "{driver} (after all of these)",
    "drivers.between left out": (
        "Left out, because in the chain they come between the drivers shown and {outcome}: {names}."
    ),
    "drivers.between shown.wholly": (
        "In the chain, every path from {before} to {outcome} goes by {driver}, whose share "
        "includes theirs."
    ),
    "drivers.between shown.partly": (
        "In the chain, {driver} comes before {outcome} and after {before}; its share includes a "
        "part of theirs."
    ),
    "records.few units": (
        "Only {units} units have both {outcome} and {construct}; it takes {least} to tell what "
        "goes with what."
    ),
    "records.no differences": (
        "After correction for measurement error, the differences in {construct} between units of "
        "the same organisation may be zero, so what {outcome} goes with cannot be told."
    ),
    "records.no wave before": (
        "The codebook sets {item} beside the answers of {lag} waves before, and the study has none "
        "so early; choose a later wave, or another lag."
    ),
    "questions behind.ranked": "The questions about {driver}, the lowest first: {questions}.",
    "questions behind.listed": "The questions about {driver}: {questions}.",
    "question behind.one": "“{question}”",
    "question behind.most": "“{question}” (most important)",
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
    "priorities.no group": "No group has {least} answers or more to the drivers of {outcome}.",
    "priorities.few here": (
        "{organisation} has fewer than {least} answers to the drivers of {outcome}."
    ),
    # Why ceilings cannot be told
    "ceiling.few cases": "{cases} have both {one} and {other}; it takes three or more.",
    "ceiling.constant": (
        "{label} is {value} in all {cases}: without variation there is no ceiling."
    ),
    # Why importance cannot be told
    "many within": "{rows} of the same organisation",
    "rows without drivers.all": (
        "No row has both {outcome} and one of its drivers; choose another wave or outcome."
    ),
    "rows without drivers.here": (
        "No row in {organisation} has both {outcome} and one of its drivers; choose another wave, "
        "organisation or outcome."
    ),
    "importance.constant outcome": (
        "The outcome {outcome} has the same value in all {number} {rows}: no link with it can be "
        "estimated. Choose another outcome, or more organisations."
    ),
    "importance.constant drivers": (
        "None of {drivers} varies over the {number} {rows}; they cannot be analysed."
    ),
    "importance.few rows": (
        "There are {number} {rows} for {drivers} of {outcome}, too few for an analysis: name fewer "
        "drivers, or take all organisations."
    ),
    "importance.nothing to explain": (
        "After correction for measurement error, the differences in {outcome} between {rows} may "
        "be zero, so there is nothing to explain."
    ),
    "importance.no differences": (
        "After correction for measurement error, the differences in {names} between {rows} may be "
        "zero, so their link with {outcome} cannot be estimated."
    ),
    "importance.not separate": (
        "Corrected for measurement error, the correlation of {one} and {other} would be "
        "{correlation}, {beyond}: the answers do not separate the two, so the importance of each "
        "driver cannot be estimated."
    ),
    "importance.more than all": (
        "Corrected for measurement error, the drivers would explain more than all the differences "
        "in {outcome}: there are too few {rows} for so many drivers. Name fewer."
    ),
    "importance.none to compare": (
        "No organisation has two {rows} with {outcome} and one of its drivers, so there are none "
        "to be compared."
    ),
    "importance.almost nothing": (
        "The drivers in this study explain almost none of the differences ({share}, possibly only "
        "{least}), so there is no advice."
    ),
    "priorities.no drivers": (
        "The questions of the study are about nothing that comes before {outcome} in a chain, so "
        "there are no drivers to tell of."
    ),
    "priorities.no channels": (
        "The drivers of {outcome} were asked of others than those who know the channel, so "
        "channels cannot be compared."
    ),
    "priorities.not compared": "not compared",
    "priorities.brief.all": "Drivers of {outcome}, the most important first",
    "priorities.brief.some": "The {shown} most important of {drivers} drivers of {outcome}",
    "priorities.brief.note": (
        "Importance: share of the differences that all drivers together explain, over all "
        "organisations. Performance: index, 0–100, with 95% interval. These are associations: they "
        "show where to look first, not what a change would bring about."
    ),
    "priorities.method": (
        "Importance: share of the differences explained by all drivers together (relative "
        "weights). Performance: index, 0–100, and its difference from the mean of {others}. All "
        "with 95% intervals. Advice is given only where the importance is clearly above or below "
        "the mean share, the link is clearly positive (or the driver clearly unimportant), and the "
        "difference in performance is clear after correction for multiple comparisons (Benjamini & "
        "Hochberg 1995)."
    ),
    "priorities.n of respondents": "Respondents",
    "priorities.n of units": "Units",
    "priorities.n of both": "Based on",
    "priorities.few respondents": "{channel}: too few respondents for an analysis.",
    "priorities.of channel": "{channel}: {note}",
    "performance.no interval": (
        "A performance has no interval if it comes from one unit, from units that are all the "
        "same, or from so few units that the interval would cover the whole scale."
    ),
    "scorecard.note": (
        "Points per point: difference in the outcome that goes with one point more of the driver, "
        "along all paths of the chain. These are associations: they do not show what a role would "
        "bring about."
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
        "The highest {outcome} scores are missing where {condition} scores are lowest: a {size} "
        "effect, larger than expected by chance ({numbers}). This is consistent with a condition "
        "that is necessary in degree; it does not prove one, and does not say that there are no "
        "exceptions."
    ),
    "exceptions.quarters": Plural(
        "Of {cases} in the top quarter of {outcome}, {count} is below the middle of {condition} "
        "({share}, {lower} to {upper}).",
        "Of {cases} in the top quarter of {outcome}, {count} are below the middle of {condition} "
        "({share}, {lower} to {upper}).",
    ),
    "exceptions.stated": Plural(
        "Of {cases} with {outcome} of {high} or more, {count} is below {low} on {condition} "
        "({share}, {lower} to {upper}).",
        "Of {cases} with {outcome} of {high} or more, {count} are below {low} on {condition} "
        "({share}, {lower} to {upper}).",
    ),
    "exceptions cases.unit": "units",
    "exceptions cases.organisation": "organisations",
    "exceptions none high.quarters": "No {cases} are in the top quarter of {outcome}.",
    "exceptions none high.stated": "No {cases} have {outcome} of {high} or more.",
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
    "most telling.none": "No single unit changes the result.",
    "most telling.named": (
        "The result depends most on one unit of {whose}: without it the effect size would be "
        "{effect}."
    ),
    "most telling.unnamed": (
        "The result depends most on one unit: without it the effect size would be {effect}."
    ),
    "needed.nothing": "NN",
    "needed.not reached": "not reached",
    "needed.key": "NN: not necessary; this level occurs at any value of the condition.",
    # What goes with a difference
    "what if.nothing": "Nothing in the chain comes after {label}.",
    "what if.source.higher": "Where {label} is {size} higher, {effects}.",
    "what if.source.lower": "Where {label} is {size} lower, {effects}.",
    "what if.effect.higher": "{label} is {size} higher ({span})",
    "what if.effect.lower": "{label} is {size} lower ({span})",
    "what if.doubt": "{span}; there may be no difference",
    "what if.association": "This is an association, not a forecast.",
    "what if.limited": (
        "{asked} would go beyond the range seen in the data ({label} from {low} to {high}, now "
        "{start}); the result is for {change}."
    ),
    "what if.counted": "{label} ({points}: {size})",
    "what if.amounts": (
        "Differences in numbers from records are in the unit stated; in skewed amounts in percent."
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
    "what if.range unknown alone": (
        "The study does not say to which units people belong, so the range of their {label} that "
        "is seen in the data is not known."
    ),
    "effect caution.none": "{name}",
    "effect caution.no interval": "{name} (no interval)",
    "effect caution.may be none": "{name} (may be no difference)",
    "effect caution.negative": "{name} (negative link)",
    # How well questions measure a construct
    "convergent.well": (
        "The questions about {construct} measure it well: the index is reliable, and more than "
        "half of the variance of the questions is due to {construct}."
    ),
    "convergent.together": (
        "Single questions about {construct} are more error than signal, but together they are "
        "reliable enough: use the index, not single questions."
    ),
    "convergent.badly": (
        "The questions about {construct} share too little, so its index is unreliable, and "
        "uncorrected links with it look weaker than they are."
    ),
    "convergent.missing": "The measurement quality of {construct} could not be estimated.",
    "alpha.one question": (
        "{construct} has only one question, so the reliability of its index is not known."
    ),
    "alpha.missing": "The reliability of the index of {construct} could not be estimated.",
    "alpha.alone": "Judged by alpha alone, the reliability of {construct} is {use}.",
    "distinct.clearly": "{one} and {other} are distinct.",
    "distinct.liberally": "{one} and {other} are distinct by the liberal threshold of {mark}.",
    "distinct.probably": (
        "{one} and {other} are probably distinct, but the interval reaches {mark} or more."
    ),
    "distinct.untested": (
        "{one} and {other} seem to be distinct, but there is no interval to test it."
    ),
    "distinct.hardly": (
        "The answers hardly distinguish {one} from {other}, so a link between them means little."
    ),
    "distinct.missing": "Whether {one} and {other} are distinct could not be estimated.",
    "own variance.holds": "Each shares more with its own questions than with the other.",
    "own variance.fails": "They share as much with each other as with their own questions.",
    "dimensions.none": (
        "The questions about {construct} share no more than chance, so their mean is not a "
        "meaningful index."
    ),
    "dimensions.one": (
        "The questions about {construct} measure one thing, so one index can represent them."
    ),
    "dimensions.several": (
        "The questions about {construct} measure {components} different things, which one index "
        "hides; the loadings below show which questions belong together."
    ),
    "dimensions.unclear": (
        "It is unclear whether the questions about {construct} measure one thing: principal "
        "components suggest {components}, common factors {factors}. Look at the single questions "
        "as well as the index."
    ),
    "dimensions doubted": "{doubt} Until this is settled, the index means little.",
    "against.one": "{items} runs against the other items of {construct}: is it reversed?",
    "against.several": "{items} run against the other items of {construct}: are they reversed?",
    "one component.large": (
        "One component holds {share} of the variance of all items, more than half: links among "
        "these constructs may partly be due to common-method bias, because the same people "
        "answered all questions."
    ),
    "one component.small": (
        "One component holds {share} of the variance of all items, less than half: there is no "
        "sign of strong common-method bias (this weak test rules out only the worst case)."
    ),
    "extremes.lowest": (
        "More than {share} of answers to {questions} are at the lowest code, which hides "
        "differences beyond it."
    ),
    "extremes.highest": (
        "More than {share} of answers to {questions} are at the highest code, which hides "
        "differences beyond it."
    ),
    "extremes.none": "No question has many answers at an end of its scale.",
    "model.one item": (
        "{construct} has one item: its error cannot be separated from what it measures."
    ),
    "model.two items": (
        "{construct} has two items and stands alone: its loadings are not identified."
    ),
    "ratio.one item": "{construct} has one item: there are no correlations among its items.",
    "ratio.few answers": "{construct} has items that too few answered together.",
    "ratio.negative": (
        "Items of {construct} have negative correlations: check in the codebook which of them are "
        "reversed."
    ),
    "reason.one question": "it has one question",
    "reason.few rows.one": "1 row is fewer than the {least} it takes",
    "reason.few rows.several": "{rows} rows are fewer than the {least} it takes",
    "reason.constant": "a question does not vary",
    "reason.few together": "too few answered two of its questions together",
    # How well questions measure units
    "unit index.reliable": (
        "The index of {construct} distinguishes units well enough to compare them: {share} of the "
        "differences between units are differences in {construct}, {lost}."
    ),
    "unit index.unreliable": (
        "The index of {construct} is an unreliable measure of a unit: {share} of the differences "
        "between units are differences in {construct}, {lost}."
    ),
    "unit index.sampling": "{sampling} are sampling error",
    "unit index.sampling and own": (
        "{sampling} are sampling error and {own} are specific to single questions"
    ),
    "unit index.few units": (
        "The measurement of {construct} between units cannot be estimated: this needs at least two "
        "units, one of them with two respondents, and answers that differ."
    ),
    "unit index.alike": (
        "Units do not differ in {construct} by more than chance (ICC(1) {span}), so its "
        "measurement between units cannot be estimated."
    ),
    "unit index.no model": (
        "Reliability of {construct} between units cannot be estimated. {reason}"
    ),
    "unit index.few for parameters": (
        "{units} units are too few for the {parameters} parameters of the model."
    ),
    "loadings.equal": (
        "There is no evidence that {construct} has different meanings between units and within "
        "units."
    ),
    "loadings.unequal": (
        "The questions have different loadings between units and within units. {construct} of a "
        "unit is therefore not simply the average of its people's, and a link across units says "
        "nothing about people."
    ),
    "loadings.untested": (
        "Test of equal loadings of {construct} between and within units: {reason}."
    ),
    "loadings.equal.word": "no evidence of a difference ({p})",
    "loadings.unequal.word": "they differ ({p})",
    "loadings.untested.word": "not tested",
    "loadings.three questions": "not tested: this needs three questions",
    "loadings.no model": (
        "not tested, because one of the two models could not be estimated: {reason}"
    ),
    "units told apart.reliably": "The index distinguishes units reliably for {constructs}.",
    "units told apart.unreliably": (
        "The index does not distinguish units reliably for {constructs}."
    ),
    "units told apart.unequal": (
        "The questions about {constructs} have different weights between units and between people."
    ),
    # Whether questions work in the same way in all groups
    "compared.all": "all {compared} {groups}",
    "compared.some": "the {compared} of {every} {groups} large enough to compare",
    "comparable.indices": (
        "The questions about {construct} work in the same way in {where}, so their indices can be "
        "compared."
    ),
    "comparable.with caution.one": (
        "Most questions about {construct} work in the same way in {where}, but {items} does not: "
        "compare indices with caution, or use a model with separate parameters for that question."
    ),
    "comparable.with caution.several": (
        "Some questions about {construct} work in the same way in {where}, but {items} do not: "
        "compare indices with caution, or use a model with separate parameters for those questions."
    ),
    "comparable.links": (
        "Links with {construct} can be compared across {groups}, but its index cannot: the same "
        "level of the construct leads to different answers."
    ),
    "comparable.nothing": (
        "The questions about {construct} do not work in the same way in {where}: compare neither "
        "its index nor its links across {groups}."
    ),
    "comparable.unknown": (
        "{construct} could not be modelled in {where}, so it is not known whether its index can be "
        "compared."
    ),
    "left out.few rows": "fewer than {least} rows with all items answered",
    "left out.constant items": "the same answer everywhere to {items}",
    "items.none in common": (
        "no item of {construct} was asked in all of the waves {waves} ({asked}), so they cannot be "
        "compared; compare waves that share an item."
    ),
    "invariance.unknown": (
        "The model could not be estimated in every group, so nothing can be said about whether the "
        "questions measure the same in all of them."
    ),
    "invariance fit": "With the same structure in every group CFI is {cfi} and RMSEA {rmsea}.",
    "invariance.configural": (
        "Nothing more can be taken as equal, so groups should not be compared."
    ),
    "invariance.metric": (
        "Measurement is equal across groups up to the metric level: groups can be compared on "
        "links between constructs, but not their means."
    ),
    "invariance.scalar": (
        "Measurement is equal across groups up to the scalar level: groups can be compared on "
        "links between constructs and their means."
    ),
    "invariance.strict": (
        "Measurement is equal across groups up to the strict level: groups can be compared on "
        "links, means and scores made of the questions."
    ),
    "invariance level.configural": "configural",
    "invariance level.metric": "metric",
    "invariance level.scalar": "scalar",
    "invariance level.strict": "strict",
    "level.untestable": "The {level} level cannot be tested: {reason}",
    "level.not estimated": "The {level} model could not be estimated.",
    "level.worse": (
        "The {level} level fits worse (ΔCFI {cfi}, ΔRMSEA {rmsea}, ΔSRMR {srmr}) and does not hold "
        "by the rule of {rules}."
    ),
    "rule.cheung_rensvold": "Cheung & Rensvold",
    "rule.chen": "Chen",
    # Rival models of the same data
    "rivals.alike.saturated": (
        "Data cannot distinguish {models}: they link all constructs, so they fit any data "
        "perfectly. The choice must come from theory or from a study over time."
    ),
    "rivals.alike.equivalent": (
        "Data cannot distinguish {models}: they are equivalent and fit any data equally well. The "
        "choice must come from theory or from a study over time."
    ),
    "rivals.untestable": (
        "Data cannot test {model} by itself: it links all constructs, so it fits any data "
        "perfectly."
    ),
    "rivals.nested.worse": "{model} is nested in {wider}. It fits clearly worse ({test}).",
    "rivals.nested.no worse": (
        "{model} is nested in {wider}. It fits no worse than expected by chance ({test})."
    ),
    "rivals.bic disagrees.worse": (
        "BIC disagrees with this test: it is lower for {model}, by {gap}. BIC asks for more "
        "evidence before it accepts a further link, so these data do not settle which of the two "
        "is better."
    ),
    "rivals.bic disagrees.no worse": (
        "BIC disagrees with this test: it is lower for {wider}, by {gap}, so these data do not "
        "settle which of the two is better."
    ),
    "rivals.bic": "Among the models of the same items, {model} has the lowest BIC, by {gap}.",
    "rivals.other items": (
        "Models of different constructs use different items, so their AIC, BIC and chi-square "
        "cannot be compared; compare only how well each fits its own data."
    ),
    "rivals.unusable": "{model} cannot be compared. {reason}",
    "rival.without link": "{chain} without {source} → {target}",
    "rival.without shortcuts": "{chain} without shortcuts",
    "rival.of authors": "{chain} as its authors state it",
    "rival.reversed": "{chain} reversed",
    # An indirect link if something else moves mediator and outcome
    "exclusion.unclear": (
        "The indirect link from {source} to {target} is not clearly different from zero even "
        "without such a correlation; for correlations from {span} it ranges from {low} to {high}."
    ),
    "exclusion.above.always": (
        "The indirect link from {source} to {target} stays above zero for every correlation from "
        "{span}."
    ),
    "exclusion.below.always": (
        "The indirect link from {source} to {target} stays below zero for every correlation from "
        "{span}."
    ),
    "exclusion.above.within": (
        "The indirect link from {source} to {target} stays above zero as long as the correlation "
        "is {ends}."
    ),
    "exclusion.below.within": (
        "The indirect link from {source} to {target} stays below zero as long as the correlation "
        "is {ends}."
    ),
    "exclusion.lower": "above {end}",
    "exclusion.upper": "below {end}",
    # Feedback loops
    "identified": "Instruments identify the two directions: {by}.",
    "identified.by": "{construct} by {instruments}",
    "instruments.strong": (
        "The instruments of {construct} ({instruments}) are strong enough (F = {f}, to be above "
        "{mark})."
    ),
    "instruments.weak": (
        "The instruments of {construct} ({instruments}) are weak: the two directions can hardly be "
        "separated, and intervals are unreliable (F = {f}, to be above {mark})."
    ),
    "instruments.unknown": (
        "Whether the instruments of {construct} ({instruments}) are strong enough is not known: "
        "there are too few organisations."
    ),
    "loop.converges": (
        "The feedback loop converges (largest eigenvalue {index}, below 1), so its total effects "
        "exist."
    ),
    "loop.diverges": (
        "The feedback loop does not converge (largest eigenvalue {index}, not below 1): each round "
        "adds more than the previous one, so indirect and total effects are undefined."
    ),
    # Whether links differ between groups
    "moderated.not shown": "The data do not show that links differ by {by} ({test}).",
    "moderated.different": "Links differ by {by} ({test}).",
    "moderated link.differs": (
        "{source} → {target} differs clearly, also after correction for {tests} tests: for one "
        "point the difference is {least} points in {least_group} and {most} in {most_group}."
    ),
    "moderated link.none": (
        "No single link differs clearly after correction for the number of tests."
    ),
    "yardstick of all.alike": (
        "The questions work in the same way in every {by} (CFI falls by {fall} with equal "
        "loadings), so a point means the same in each."
    ),
    "yardstick of all.different": (
        "The questions do not work in quite the same way in every {by} (CFI falls by {fall} with "
        "equal loadings), so compare links with caution."
    ),
    "yardstick.alike": (
        "The questions about {constructs} work in the same way in every {by}, so a point means the "
        "same in each."
    ),
    "yardstick.different": (
        "The questions about {constructs} do not work in the same way in every {by}, so compare "
        "these links with caution."
    ),
    "yardstick.untested": (
        "Whether a point of {constructs} means the same in every {by} cannot be tested on "
        "respondents; the comparison assumes it."
    ),
    "group.one type": (
        "The type {group!r} is left out: {organisations} alone cannot separate the organisation "
        "from its type."
    ),
    "group.few rows": (
        "The {by} {group!r} has no more {level} than {chain!r} has parameters ({parameters})."
    ),
    "group.few people": (
        "The {by} {group!r} is left out: it has fewer than {least} respondents, or would give away "
        "a group that has."
    ),
    "group.left out": "{reason} It is left out.",
    "group.note": "{group}: {note}",
    # Panels of units over waves
    "lag.missing": (
        "The link between {source} in {earlier} and {target} in {later} could not be estimated."
    ),
    "lag.unclear": (
        "The data cannot tell whether {source} in {earlier} is associated with {target} in {later} "
        "({span})."
    ),
    "lag.positive": (
        "Where {source} in {earlier} was higher, {target} in {later} was higher: {span} points per "
        "point."
    ),
    "lag.negative": (
        "Where {source} in {earlier} was higher, {target} in {later} was lower: {span} points per "
        "point."
    ),
    "lag.positive.given": (
        "Where {source} in {earlier} was higher, {target} in {later} was higher, given {target} in "
        "{earlier}: {span} points per point."
    ),
    "lag.negative.given": (
        "Where {source} in {earlier} was higher, {target} in {later} was lower, given {target} in "
        "{earlier}: {span} points per point."
    ),
    # Adopters against others
    "adoption.change.missing": "What went with adoption in {construct} could not be estimated.",
    "adoption.change.unclear": (
        "{strong}{construct}:{strong} the data cannot tell whether it changed differently among "
        "adopters than among the others ({points}, {span})."
    ),
    "adoption.change.positive": (
        "{strong}{construct}:{strong} since adoption, its change among adopters was {size} higher "
        "than among the others ({span})."
    ),
    "adoption.change.negative": (
        "{strong}{construct}:{strong} since adoption, its change among adopters was {size} lower "
        "than among the others ({span})."
    ),
    "adoption.maintained": (
        "{strong}{construct}{strong} was maintained beside the others: its changes among adopters "
        "and among the others are equal within {margin} points (90% interval of the difference "
        "{span})."
    ),
    "adoption.within": "The difference lies within {margin} points (90% interval {span}).",
    "adoption.lasts.equal": (
        "From the first wave after adoption to the last, the difference was maintained within "
        "{margin} points (90% interval {span})."
    ),
    "adoption.lasts.not shown": (
        "The data do not show that the difference was maintained within {margin} points from the "
        "first wave after adoption to the last (90% interval of its change {span})."
    ),
    "adoption.before.none": (
        "No adopter has two waves before adoption, so it cannot be checked whether adopters "
        "changed like the others before."
    ),
    "adoption.before.alike": (
        "Before adoption, the changes among adopters and the others show no clear difference."
    ),
    "adoption.before.apart": (
        "Its changes differed before adoption already, so a difference after it says little."
    ),
    "adoption.before.none.word": "cannot be checked",
    "adoption.before.alike.word": "no clear difference",
    "adoption.before.apart.word": "different",
    "adoption.cell.equal": "yes ({span})",
    "adoption.cell.not shown": "not shown ({span})",
    "adoption.cell.no margin": "not tested",
    "adoption.too few": (
        "{construct}: fewer than {least} organisations that adopted, or that had not, can be shown "
        "in every wave, so they cannot be compared."
    ),
    "change with change.missing": (
        "Whether {target} rose in units whose {source} rose could not be estimated."
    ),
    "change with change.unclear": (
        "The data cannot tell whether {target} rose in units whose {source} rose: {span} points "
        "per point."
    ),
    "change with change.positive": (
        "In units whose {source} rose, {target} tended to rise too: {span} points per point."
    ),
    "change with change.negative": (
        "In units whose {source} rose, {target} tended to fall: {span} points per point."
    ),
    "change with change.none": (
        "Units may differ in how {source} changed by measurement error alone, so whether {target} "
        "changed with it cannot be told."
    ),
    "lag.association": "This is association, not cause.",
    "growth.steady": "{construct} shows no steady change ({points} a wave, {span}).",
    "growth.rises": "{construct} rises by {size} a wave ({span}).",
    "growth.falls": "{construct} falls by {size} a wave ({span}).",
    "growth.differences.clear": "Units differ in how {construct} changes.",
    "growth.differences.unclear": (
        "The data cannot tell whether units differ in how {construct} changes."
    ),
    "growth bent": (
        "A straight line does not fit the waves of {constructs} (CFI {cfi}, RMSEA {rmsea}), so no "
        "steady change is reported."
    ),
    "panel.title.cross-lagged": "{source} and {target}, from one wave to the next",
    "panel.title.random-intercept": (
        "{source} and {target}, from one wave to the next, without stable differences between units"
    ),
    "panel.cross-lagged": (
        "Effects from one wave to the next in {constructs} cannot be estimated. {reason}"
    ),
    "panel.random-intercept": (
        "Effects from one wave to the next in {constructs}, free of stable differences, cannot be "
        "estimated. {reason}"
    ),
    "panel.growth": "Steady change in {constructs} cannot be estimated. {reason}",
    "variable.start": "{construct} at the start",
    "variable.slope": "the change in {construct}",
    "variable.lasting": "what is lasting in {construct}",
    "variable.wave": "{construct} in {wave}",
    "variable.passing": "what is passing in {construct} in {wave}",
    "strength.none": "none",
    "strength.doubted": "{strength}: {doubt}",
    "doubt.before": (
        "measurement error explains all differences between units in what goes before"
    ),
    "doubt.after": ("measurement error explains all differences between units in what comes after"),
    "doubt.both": "measurement error explains all differences between units in both",
    "doubt.not standardised": "it could not be standardised",
    "doubt.beyond one": (
        "{beyond}, so unreliable: the predictors overlap or are mostly measurement error"
    ),
    # The power to detect a link
    "power.within": (
        "{share} of studies with {design} would detect a link from {source} to {target} whose true "
        "strength within organisations is {size}."
    ),
    "power.plain": (
        "{share} of studies with {design} would detect a link from {source} to {target} whose true "
        "strength is {size}."
    ),
    "power.design.several": "{units} units of {each} in {organisations} organisations",
    "power.design.one": "{units} units of {each}",
    "power.one row": "one row",
    "power.respondents.same": "{low} respondents each",
    "power.respondents.range": "{low} to {high} respondents each",
    "power.nearly all": "more than 99%",
    "power.nearly all.first": "More than 99%",
    "power.detects": (
        "A study detects the link if its page shows it with a 95% interval that excludes 0; a "
        "study whose page shows no link does not detect it."
    ),
    "power.spread": (
        "The calculation assumes that links differ between organisations with a standard deviation "
        "of {spread}, as estimated here."
    ),
    "power.needed.units": "For {power} it takes about {units} units.",
    "power.needed.units.in organisations": (
        "For {power} it takes about {units} units, in as many organisations."
    ),
    "power.needed.beyond": "For {power} it takes more than {units} units.",
    "power.needed.beyond.in organisations": (
        "For {power} it takes more than {units} units, in as many organisations."
    ),
    "power.between respondents": (
        "The pages of this study show links between respondents, but this power is for links "
        "between units."
    ),
    "power.close fit": (
        "The chain's test of close fit ({df} degrees of freedom, RMSEA .05 against .08) has a "
        "power of {power} with {units} units and needs {needed} for {target}."
    ),
    # How far units differ, and where sources meet
    "between.missing": (
        "Agreement on {construct} cannot be estimated: it takes at least two units, one of them "
        "with two respondents, and answers that differ."
    ),
    "between.none": "Units do not differ by more than chance, so no link can be estimated.",
    "between.small": ("{share} of the variance of {construct} lies between units, a small part."),
    "between.medium": ("{share} of the variance of {construct} lies between units, a medium part."),
    "between.large": ("{share} of the variance of {construct} lies between units, a large part."),
    "unit means.reliable": "Unit means are reliable (ICC(2) = {icc2}; .70 is usual).",
    "unit means.doubtful": (
        "Unit means are to be interpreted with caution (ICC(2) = {icc2}; .70 is usual)."
    ),
    "agreeing.not": "Members of a unit do not agree (mean r_wg(j) = {rwg}).",
    "agreeing.weakly": "Members of a unit agree weakly (mean r_wg(j) = {rwg}).",
    "agreeing.moderately": "Members of a unit agree moderately (mean r_wg(j) = {rwg}).",
    "agreeing.strongly": "Members of a unit agree strongly (mean r_wg(j) = {rwg}).",
    "agreeing.very strongly": "Members of a unit agree very strongly (mean r_wg(j) = {rwg}).",
    "needed respondents.reliable": (
        "An ICC(2) of {icc} takes {needed} respondents per unit; there are {size}."
    ),
    "needed respondents.at most": (
        "If units differed as much as the data allow (ICC(1) {icc}), it would take {needed} "
        "respondents per unit for reliable unit means; there are {size}."
    ),
    "needed respondents.a little": (
        "Even units that differ a little (ICC(1) {icc}) would need {needed} respondents per unit "
        "for reliable unit means; there are {size}."
    ),
    "source.of units": "Rows of {source} are units; they are used as they are, without error.",
    "source.no answers": "There are no answers to {construct}.",
    "meeting.silent": "No answers from {source}: its constructs cannot be linked here.",
    "meeting.together.one": "{together} of {units} has answers from {sources}.",
    "meeting.together.some": "{together} of {units} have answers from {sources}.",
    "meeting.only.one": (
        "{units} has answers from {sources} only; these answers are used, but do not contribute to "
        "a link between the sources."
    ),
    "meeting.only.some": (
        "{units} have answers from {sources} only; these answers are used, but do not contribute "
        "to a link between the sources."
    ),
    "meeting.nowhere": (
        "No unit has answers from more than one source, so no link can be estimated."
    ),
    "single.every": (
        "Every unit has one respondent in {source}: differences between units and between "
        "respondents cannot be separated, and the sampling error of unit means is not known."
    ),
    "single.one": (
        "{units} of {every} has one respondent in {source}; they are kept, and the variance within "
        "units comes from the others."
    ),
    "single.some": (
        "{units} of {every} have one respondent in {source}; they are kept, and the variance "
        "within units comes from the others."
    ),
    "organisations.one": (
        "All {units} belong to {organisation}: nothing can be said about differences between "
        "organisations."
    ),
    "organisations.few units.one": (
        "{organisations} of {every} has fewer than {least} units (the smallest {smallest}): a link "
        "estimated from one of them alone would be mostly noise."
    ),
    "organisations.few units.some": (
        "{organisations} of {every} have fewer than {least} units (the smallest {smallest}): a "
        "link estimated from one of them alone would be mostly noise."
    ),
    "weights.one": (
        "{rows} of {source} was set aside because the weight is zero, negative or missing{scope}."
    ),
    "weights.some": (
        "{rows} of {source} were set aside because the weight is zero, negative or missing{scope}."
    ),
    "weights.scope": " (in all waves and organisations)",
    # The page of an organisation
    "asked.meaning": "{meaning}.",
    "asked.people": ("{source}: {answered} people answered {questions} about {constructs}{place}."),
    "asked.people.of invited": (
        "{source}: {answered} of {invited} people invited ({rate}) answered {questions} about "
        "{constructs}{place}."
    ),
    "asked.people.of rate": (
        "{source}: {answered} people answered {questions} about {constructs}{place}; the "
        "response rate was {rate} on average over units."
    ),
    "asked.when": "Answers were collected from {first} to {last}.",
    "asked.place": ", in {units}",
    "asked.units": "{source}: {questions} about {constructs}, from {units}.",
    "finding.level.first": "{construct} scores {index} of 100",
    "finding.level.next": "{construct} {index}",
    "finding.levels": "**{levels}.**",
    "finding.no change": "No index changed clearly since {before}.",
    "finding.no other change": "No other index changed clearly.",
    "beside median.above.one": (
        "**{constructs} is clearly above the median of the {organisations} organisations.**"
    ),
    "beside median.above.some": (
        "**{constructs} are clearly above the median of the {organisations} organisations.**"
    ),
    "beside median.below.one": (
        "**{constructs} is clearly below the median of the {organisations} organisations.**"
    ),
    "beside median.below.some": (
        "**{constructs} are clearly below the median of the {organisations} organisations.**"
    ),
    "beside median.alike.all": (
        "**No index differs clearly from the median of the {organisations} organisations.**"
    ),
    "beside median.alike.one": "{constructs} does not differ clearly from it.",
    "beside median.alike.some": "{constructs} do not differ clearly from it.",
    "finding.links unclear": "No clear link was found: {links}.",
    "finding.link.positive": "**Where {source} is higher, {target} is higher** ({size} link).",
    "finding.link.negative": "**Where {source} is higher, {target} is lower** ({size} link).",
    "finding.no links": (
        "The links could not be estimated, neither for this organisation nor for all organisations "
        "together: {reason}"
    ),
    "finding.links.borrowed": (
        "This is so over all organisations; this one has too few data for links of its own."
    ),
    "finding.links.alone": "This is so across the {rows} of this organisation.",
    "finding.links.mostly others": (
        "This is mostly what the {rows} of the other organisations show."
    ),
    "finding.links.mostly own": (
        "This is mostly what the {rows} of this organisation itself show."
    ),
    "finding.held back": (
        "**{construct} is left out of these findings until this question is settled:** {doubt}"
    ),
    "card.all": ("all organisations {index} (◇), the lowest {lowest}, the highest {highest}"),
    "card.type": "mean of the {organisations} of type {type}: {index}",
    "card.interval": "95% interval {span}; {counted}",
    "card.no interval": "{why}: no interval; {counted}",
    "card.positive": "{share} of answers positive",
    "share.over": "over {share}",
    "share.under": "under {share}",
    "card.answers": "{answers} from {source}{place}",
    "card.people": "{people} of {source}{place}",
    "card.place": " in {units}",
    "card.units": "{units}, from {source}",
    "own links.not estimated": "The links of this organisation could not be estimated",
    "own links.alone": (
        "The links are estimated from the {rows} of this organisation alone, because no other "
        "organisation has any."
    ),
    "own links.explained": (
        "A link compares {rows} of the same organisation: where the first index is higher, is the "
        "second? A strength of 0 means no link; from {weak} on a link is weak, from {moderate} "
        "moderate, from {strong} strong. If the interval in brackets includes 0, there may be no "
        "link."
    ),
    "own links.weight": (
        "**{share} of the weight of these links comes from the other organisations**, and the rest "
        "from the {rows} of this one. The less its own data can tell, the closer a link lies to "
        "the mean of all organisations (partial pooling). Its interval is wider than that of the "
        "mean, because organisations differ."
    ),
    "own links.those of all": "The links shown are those of all organisations together. {basis}",
    "own links.expected": (
        "The links of all organisations together could not be estimated either. The table below "
        "shows the links that a new organisation would probably have, judging by the organisations "
        "with links of their own."
    ),
    "of kind": "{link} ({kind})",
    "own links.caption": "Links of the chain, {organisation}",
    "own links.caption.all": "Links of the chain over all organisations together",
    "own links.caption.expected": "Links that a new organisation would probably have",
    "own links.no scenario": (
        "The links of the chain could not be estimated, so there is no scenario to show."
    ),
    "technical.weights": (
        "Links of every organisation: estimated from its own data alone, and partially pooled"
    ),
    "technical.weights note": (
        "Weight of the others: by how much the partially pooled link comes from the mean of all "
        "organisations rather than from the organisation's own data."
    ),
    "column.pooled": "Partially pooled (95% interval)",
    "column.own": "Own data alone (95% interval)",
    "column.weight of others": "Weight of the others",
    "technical.title": "Technical report",
    "technical.questionnaire": "The questions that were asked",
    "technical.answers": "{low} to {high}",
    "technical.labelled": "{code}: {words}",
    "technical.lead": (
        "How the numbers on the pages of this study were made, how certain they are, and what was "
        "asked. The pages of organisations show the results."
    ),
    "technical.key reliable": "Constructs with a reliability of {least} or more",
    "technical.key number": "{reliable} of {constructs}",
    "technical.key rivals": "Alternative models compared",
    "technical.key engine": "Second program (semopy) has the same estimates",
    "technical.key engine yes": "yes",
    "technical.key engine no": "no",
    "technical.key engine unknown": "not compared",
    # Links to other pages
    "related.heading": "More about these numbers",
    "related.technical": "Technical report",
    "related.technical.about": (
        "how the numbers were made, links and weights of every organisation, necessary conditions, "
        "questionnaire, data sources"
    ),
    "related.chain": "The chain",
    "related.chain.about": "its links in all organisations, and alternative models",
    "related.drivers": "Drivers",
    "related.drivers.about": "what matters most for each outcome",
    "related.benchmark": "Benchmark",
    "related.benchmark.about": "all organisations beside each other",
    "related.trends": "Trends",
    "related.trends.about": "changes from wave to wave",
    "related.measurement": "Measurement",
    "related.measurement.about": "how well the questions measure",
    # A funnel
    "funnel": Plural(
        "Of {placed} organisations, {count} is outside the 99.8% limits and {near} between the 95% "
        "and the 99.8% limits. With {ground}, {chance} would be expected outside the 95% limits.",
        "Of {placed} organisations, {count} are outside the 99.8% limits and {near} between the "
        "95% and the 99.8% limits. With {ground}, {chance} would be expected outside the 95% "
        "limits.",
    ),
    "funnel ground.sampling": "sampling error only",
    "funnel ground.usual": "sampling error and the usual variation between organisations",
    "funnel place.within": "within",
    "funnel place.above": "above 95%",
    "funnel place.below": "below 95%",
    "funnel place.far above": "above 99.8%",
    "funnel place.far below": "below 99.8%",
    "funnel place.missing": "not placed",
    "funnel only.one": (
        "{organisations} lies outside the 99.8% limits around the mean: a reason to look closer, "
        "but no clear difference, since it does not hold once all organisations are compared with "
        "the median at the same time."
    ),
    "funnel only.some": (
        "{organisations} lie outside the 99.8% limits around the mean: a reason to look closer, "
        "but no clear difference, since it does not hold once all organisations are compared with "
        "the median at the same time."
    ),
    "median.above.one": "{organisations} is above the median of all organisations",
    "median.above.some": "{organisations} are above the median of all organisations",
    "median.below.one": "{organisations} is below the median of all organisations",
    "median.below.some": "{organisations} are below the median of all organisations",
    "median.differ": "{organisations} (false discovery rate 5%).",
    "median.alike": (
        "No organisation differs clearly from the median of all organisations (false discovery "
        "rate 5%)."
    ),
    # A link over organisations
    "link over organisations": (
        "Over {organisations} organisations the mean link is {estimate} (95% interval {span}), and "
        "the standard deviation between organisations is {tau} ({tau_span}). In another "
        "organisation the link would probably lie between {lower} and {upper}."
    ),
    # Why there are no links, or what they rest on
    "no links.loop": (
        "The chain has a feedback loop, whose two directions can be separated only with the data "
        "of all organisations together."
    ),
    "no links.one organisation": (
        "Only one organisation has two {rows} or more; the links of organisations can be estimated "
        "only from several of them together."
    ),
    "no links.no organisation": (
        "No organisation has two {rows} or more; the links of organisations can be estimated only "
        "from several of them together."
    ),
    "no links.unanswered": "No {row} has a usable answer on {construct}.",
    "no links.one row": "A single {row} cannot show links between {rows}.",
    "no links.no rows": "It has no {rows} in this wave.",
    "no links.too few": (
        "Too few {rows}: the {count} {rows} of {organisations} organisations carry as much "
        "information on the link from {source} to {target} as {equal} measured without error; "
        "{least} are needed."
    ),
    "no links.beyond one": (
        "The link from {source} to {target} came out as {strength}, {beyond}: the answers hardly "
        "separate {source} from the other constructs."
    ),
    "no links.alike": (
        "Within organisations, the {rows} do not differ in {construct}, so links with it cannot be "
        "estimated."
    ),
    "no links.no errors": "The standard errors of its links could not be estimated.",
    "no links.against": (
        "The link from {source} to {target} is {strength} between what the items have in common, "
        "but {points} points per point between the indices: the items of one of them run against "
        "each other."
    ),
    "basis.mean": (
        "Links are estimated across {rows} within organisations; shown is the mean over "
        "{organisations}."
    ),
    "basis.one row each": (
        "Links are estimated across organisations, each of which has one {row}."
    ),
    "basis.one organisation": "Links are estimated across the {rows} of one organisation.",
    "basis.common": (
        "Links are estimated across {rows} within organisations and assumed to be the same in all "
        "{organisations}."
    ),
    "basis.as ordered": "Answers count as ordered categories.",
    "basis.few organisations": (
        "{organisations} organisations are few, so the results may not hold for others."
    ),
    "basis.between organisations": (
        "Every organisation has one {row} only, so links are those between organisations, not "
        "within them."
    ),
    "basis.alone.one": (
        "{rows} left out: the only one of its organisation, with none to be compared with within "
        "it."
    ),
    "basis.alone.some": (
        "{rows} left out: the only one of their organisations, with none to be compared with "
        "within it."
    ),
    "basis.sample": (
        "The model is fitted to a random sample: {sample} of {respondents} respondents, the same "
        "share of every organisation. The links of organisations, their mean and the importance "
        "of drivers rest on all respondents."
    ),
    "basis.few rows": (
        "The model has {parameters} parameters but only {count} {rows} to learn them from: its "
        "numbers are those of this sample and say next to nothing about others. Fit a smaller "
        "chain or more organisations together."
    ),
    "levels.few organisations.one": (
        "Whether organisations with a higher level of one construct also have a higher level of "
        "another cannot be estimated: there is only {organisations}, and {least} are needed."
    ),
    "levels.few organisations.some": (
        "Whether organisations with a higher level of one construct also have a higher level of "
        "another cannot be estimated: there are only {organisations}, and {least} are needed."
    ),
    "levels.few": "Only {organisations} organisations have both; {least} are needed.",
    "levels.alike": "Organisations differ in {construct} by no more than chance.",
    "levels.no errors": (
        "No organisation has two units, so the errors of their means are not known."
    ),
    # Why a fit's estimates may not be used
    "unusable.few rows.one": "1 row is too few for the {parameters} parameters of the model.",
    "unusable.few rows.some": (
        "{rows} rows are too few for the {parameters} parameters of the model."
    ),
    "unusable.not converged": "The search for a solution did not end.",
    "unusable.not identified": (
        "The data leave {parameters} undetermined, so there are no standard errors."
    ),
    "unusable.improper": "The model has no proper solution: {impossible}.",
    "unusable.contradictory": (
        "The model has no proper solution: the correlations of {variables} cannot all be true at "
        "once."
    ),
    "impossible.variance": "the variance of {variable} came out negative",
    "impossible.correlation": "the correlation of {one} and {other} came out beyond 1",
    # A second program
    "crosscheck.agrees": (
        "semopy agrees: no estimate differs by more than {difference} ({tolerance} is allowed)."
    ),
    "crosscheck.differs": (
        "semopy does not agree: the largest difference is {difference} ({parameter}; {tolerance} "
        "is allowed)."
    ),
    "crosscheck.none": "Not checked by semopy: {reason}",
    "crosscheck.weights": "semopy's estimates under weights or bounds are not used.",
    "crosscheck.divisor": "semopy's covariances have the divisor n, those here n − 1.",
    "crosscheck.not converged": "the model did not converge.",
    # The numbers behind a figure, and what they are called in files
    "figure.numbers": "{figure}: numbers",
    "figure.in numbers": "In numbers",
    "figure.not estimated": "not estimated",
    "figure.pooled": "from all organisations",
    "column.construct": "Construct or link",
    "column.value": "Value",
    "column.interval": "Interval",
    "column.whose": "Estimated from",
    "column.measure": "Measure",
    "column.series": "Whose",
    "column.wave": "Wave",
    "column.organisation": "Organisation",
    "column.position": "Position",
    "column.number": "Number",
    "column.driver": "Driver",
    "column.answers": "Answers",
    "column.chance": "95% of random answers",
    "column.corner": "Corner",
    # Which data and programs made a page
    "provenance.data": "Data as of {date}, from the files {files}.",
    "provenance.programs": "Made by {programs}.",
    "provenance.programs at": "Made by {programs}, at commit {commit}.",
    # Files of numbers
    "pdf.link": "This page as PDF",
    "csv.link": "Numbers (CSV)",
    "csv heading.part": "{column}, {part}",
    "csv heading.percent": "{column}, %",
    "csv.lower": "lower",
    "csv.upper": "upper",
    "csv.n": "n",
    "csv.note": "note",
    "csv.about": (
        "Every number that the pages show in tables and figures, with the digits that they show. "
        "Groups that are too small to be shown are left out."
    ),
    "csv.column page": "The page that shows the number.",
    "csv.column report": "The kind of report; empty for the list of reports.",
    "csv.column organisation": (
        "The organisation that the page is about; empty where it is about all of them."
    ),
    "csv.column wave": "The wave that the page is about; empty for the latest.",
    "csv.column chain": "The chain that the page is about; empty where it is about no single one.",
    "csv.column table": "The title of the table or figure.",
    "csv.column row": "What the row of the table is about.",
    "csv.column measure": "The heading of the column: what was measured.",
    "csv.column value": "The number; a share in percent where the unit is %.",
    "csv.column lower": "The lower end of its interval.",
    "csv.column upper": "The upper end of its interval.",
    "csv.column unit": "% where the number is a percentage.",
    "csv.column n": "The number of people or units behind it, where the page states it there.",
    "csv.column note": (
        "Words beside the number or in its place, such as the reason why there is none."
    ),
    # Places
    "place.one": "{lower} of {ranked}",
    "place.any": "its place among the {ranked} is uncertain",
    "place.range": "probably between {lower} and {upper} of {ranked}",
    # A fit, as journals print it
    "estimator advised.ordered": (
        "{item} has {categories} answer categories, fewer than {limit}: answers count as ordered "
        "categories (WLSMV)."
    ),
    "estimator advised.numbers": (
        "Every item has {limit} answer categories or more: answers count as numbers, with robust "
        "errors (MLR)."
    ),
    "estimator advised.design": (
        "{item} has {categories} answer categories, fewer than {limit}, but ordered categories are "
        "not offered for clustered or weighted rows: answers count as numbers, with robust errors "
        "(MLR)."
    ),
    "ordered beside numbers.alike": (
        "With answers as ordered categories, standardised links differ by at most {largest} from "
        "those with answers as numbers, and the same ones are told from zero."
    ),
    "ordered beside numbers.apart": Plural(
        "With answers as ordered categories, standardised links differ by at most {largest} from "
        "those with answers as numbers; {count} is told from zero in one of the two only: "
        "{paths}.",
        "With answers as ordered categories, standardised links differ by at most {largest} from "
        "those with answers as numbers; {count} are told from zero in one of the two only: "
        "{paths}.",
    ),
    "ordered beside numbers.path": "from {source} to {target}",
    "ordered beside numbers.no paths": "The model has no links to compare.",
    "ordered beside numbers.unknown": (
        "One of the two estimations, by ordered categories or by numbers, did not converge: what "
        "changes is not known."
    ),
    "paragraph.estimator.ML": "maximum likelihood",
    "paragraph.estimator.MLR": (
        "maximum likelihood with Huber–White standard errors and the Yuan–Bentler test"
    ),
    "paragraph.estimator.MLF": (
        "maximum likelihood with standard errors from the scores of respondents"
    ),
    "paragraph.estimator.MLM": ("maximum likelihood with Satorra–Bentler standard errors and test"),
    "paragraph.estimator.MLMV": (
        "maximum likelihood with Satorra–Bentler standard errors and a test adjusted in mean and "
        "variance"
    ),
    "paragraph.estimator.MLMVS": (
        "maximum likelihood with Satorra–Bentler standard errors and a test with Satterthwaite's "
        "degrees of freedom"
    ),
    "paragraph.estimator.ULS": "unweighted least squares",
    "paragraph.estimator.GLS": "generalised least squares",
    "paragraph.estimator.WLSMV": (
        "diagonally weighted least squares for ordered answers, with robust standard errors and a "
        "mean- and variance-adjusted test"
    ),
    "paragraph.estimator.DWLS": "diagonally weighted least squares for ordered answers",
    "paragraph.estimator.ULSMV": (
        "unweighted least squares for ordered answers, with robust standard errors and a mean- and "
        "variance-adjusted test"
    ),
    "paragraph.estimator.WLS": "weighted least squares for ordered answers",
    "paragraph.basis": "The model was estimated by {estimator} (N = {n}).",
    "paragraph.basis.groups": (
        "The model was estimated in {groups} groups ({sizes}) by {estimator} (N = {n})."
    ),
    "paragraph.basis.levels": (
        "The model was estimated within and between {units} units by {estimator} (N = {n})."
    ),
    "paragraph.basis.groups and levels": (
        "The model was estimated in {groups} groups ({sizes}), within and between {units} units, "
        "by {estimator} (N = {n})."
    ),
    "paragraph.size": "{group}: n = {n}",
    "paragraph.pairwise": "Missing answers were handled by pairs of items.",
    "paragraph.fiml": ("Missing answers were handled by full information maximum likelihood."),
    "paragraph.listwise": Plural(
        "{count} row with missing answers was left out.",
        "{count} rows with missing answers were left out.",
    ),
    "paragraph.complete": "No answer was missing.",
    "paragraph.weights": "Rows were weighted.",
    "paragraph.clusters": (
        "Standard errors and test allow for rows being alike in {clusters} clusters."
    ),
    "paragraph.known": "The known errors of the values were part of the model.",
    "paragraph.fit": (
        "Its fit was χ²({df}, N = {n}) = {chisq}, {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, "
        "90% CI [{lower}, {upper}], SRMR = {srmr}."
    ),
    "paragraph.fit.levels": (
        "Its fit was χ²({df}, N = {n}) = {chisq}, {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, "
        "90% CI [{lower}, {upper}], SRMR = {within} within and {between} between units."
    ),
    "paragraph.saturated": "With 0 degrees of freedom its fit cannot be tested.",
    "paragraph.not converged": (
        "The model did not converge on N = {n} rows, so none of its numbers is reported."
    ),
    "paragraph.loadings": "Standardised loadings were from {lowest} to {highest}.",
    "paragraph.loadings.group": (
        "In {group} standardised loadings were from {lowest} to {highest}."
    ),
    "paragraph.loadings.level 1": (
        "Within units standardised loadings were from {lowest} to {highest}."
    ),
    "paragraph.loadings.level 2": (
        "Between units standardised loadings were from {lowest} to {highest}."
    ),
    "paragraph.loadings.group, level 1": (
        "In {group} standardised loadings within units were from {lowest} to {highest}."
    ),
    "paragraph.loadings.group, level 2": (
        "In {group} standardised loadings between units were from {lowest} to {highest}."
    ),
    "paragraph.links": "Standardised paths were {links}.",
    "paragraph.links.group": "In {group} standardised paths were {links}.",
    "paragraph.links.level 1": "Within units standardised paths were {links}.",
    "paragraph.links.level 2": "Between units standardised paths were {links}.",
    "paragraph.links.group, level 1": ("In {group} standardised paths within units were {links}."),
    "paragraph.links.group, level 2": ("In {group} standardised paths between units were {links}."),
    "paragraph.link": "{predictor} → {target}, β = {beta}, SE = {se}, {p}",
    "paragraph.effects": "Of the effects defined, {effects}.",
    "paragraph.effect": "{name} = {value}, SE = {se}, 95% CI [{lower}, {upper}], {p}",
    "paragraph.join": "; ",
}


def say(key: str, **parts: object) -> str:
    """Return the message of ``key`` with its parts put in, in the language that is spoken.

    A sentence that begins with a label begins with a capital letter, whichever the label begins
    with.

    >>> say("link.missing", source="People", target="Service")
    'The link between People and Service could not be estimated.'
    >>> say("count.unit", count=1204)
    '1,204 units'
    >>> say("beside median.alike.one", constructs="trust")
    'Trust does not differ clearly from it.'
    """
    language, english = spoken(), MESSAGES[key]
    if isinstance(english, str):
        message = language.message(key, english)
        told = message.format(**parts)
        return capitalised(told) if _BEGINS_WITH_LABEL.match(message) else told
    count = parts["count"]
    assert isinstance(count, int | float)
    parts["count"] = language.number(f"{count:,}")
    return language.message(key, english, count).format(**parts)


_BEGINS_WITH_LABEL = re.compile(r"\{(constructs?|label|outcome|driver|source)\}.*\.$", re.DOTALL)
