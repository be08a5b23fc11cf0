"""The sentences, headings and labels of pages, figures and the site, by key."""

from workbench.interpretation.languages import Plural, Text

PAGE_MESSAGES: dict[str, Text] = {
    # Figures
    "curve.ends": "{first}, {last}, along {axis}.",
    "curve.marked": "{label}: {place}.",
    "curve.place": "{estimate} at {at}",
    "funnel.axis": "Standard error (smaller to the right)",
    "funnel.own": "{name}: {estimate}, {place} limits.",
    "funnel.own.missing": "{name} has no estimate and is not shown.",
    "funnel.around": Plural(
        "{count} organisation around {target}.", "{count} organisations around {target}."
    ),
    "funnel.beyond.above": "Above 95% limit: {names}.",
    "funnel.beyond.below": "Below 95% limit: {names}.",
    "funnel.beyond.far above": "Above 99.8% limit: {names}.",
    "funnel.beyond.far below": "Below 99.8% limit: {names}.",
    "funnel.left out": "Left out, without an estimate: {number}.",
    "funnel key.within": "within limits",
    "funnel key.beyond 95": "beyond 95%",
    "funnel key.beyond 998": "beyond 99.8%",
    "funnel key.all": "all together",
    "funnel key.95": "95% limits",
    "funnel key.998": "99.8% limits",
    "map.importance": "Importance",
    "map.performance": "Performance",
    "map.no advice": "No advice; the table says why",
    "column.estimate": "Estimate",
    "estimates.interval": "(interval)",
    "column.link": "Link",
    "column.strength": "Strength",
    "column.value and place": "Value and place",
    "column.question": "Question",
    "column.shares": "Share of answers, %",
    "column.mean": "Mean",
    "column.percentages": "Units by percentage",
    "interval.none because": "{reason}: no interval",
    "estimates.bold": "{name} (bold row)",
    "estimates.pooled": "{name}: {estimate}",
    "estimates.all": "all organisations together",
    "estimates.between": Plural("{count} more between", "{count} more between"),
    "estimates.without": Plural("{count} more without a number", "{count} more without a number"),
    "estimates.arrow": "An arrow head: the interval goes on beyond the scale.",
    "scale.ends": "Scale from {low} to {high}",
    "position.none": "no value",
    "position.place": "place {rank} of {ranked}",
    "position.own": "this organisation",
    "position.other": "another organisation",
    "position.median": "median",
    "necessity key.staircase": "CE-FDH: no case lies above this staircase",
    "necessity key.line": "CR-FDH: line through the corners of the staircase",
    "necessity scatter": Plural(
        "{cases} cases. The staircase rises at {count} of them; the area above it, tinted, is "
        "empty.",
        "{cases} cases. The staircase rises at {count} of them; the area above it, tinted, is "
        "empty.",
    ),
    "path.not estimated.first": "not",
    "path.not estimated.second": "estimated",
    "path.pooled": "{strength} pooled",
    "path.index": "index {index}",
    "path.no index": "no index",
    "path key.solid": "solid: interval excludes 0",
    "path key.dashed": "dashed: interval includes 0, or none",
    "path key.dotted": "dotted: pooled over all organisations, or not estimated",
    "path key.thicker": "The thicker a link, the stronger it is.",
    "path told.index": "{label}: index {index}.",
    "path told.link": "{source} to {target}: {estimate}.",
    "path told.pooled": "{source} to {target}: {estimate}, pooled over all organisations.",
    "path told.covariance": "{first} with {second} {value}",
    "path told.covariances": "Covariances: {covariances}.",
    "path told.loading": "{latent} by {indicator}: {value}.",
    "link.not estimated": "[x]",
    "questions.mean": "mean",
    "questions.mean of all": "mean of all organisations",
    "questions.share": "{code}: {share}",
    "questions.code": "{code}: {words}",
    "questions.positive": "{share}\u00a0positive",
    "questions.n": "n = {n}",
    "questions.all": "all {value}",
    "questions.moved.up": "▲\u00a0up",
    "questions.moved.down": "▼\u00a0down",
    "questions.moved.unclear": "no clear change",
    "questions.moved.untested": "change not tested",
    "questions.code alone": "code {code}",
    "questions compared.all organisations": "all {number}",
    "questions compared.of a type": "{number} of type {type}",
    "questions.numbers": "All numbers, changes and comparisons",
    "questions.numbers of": "{name}: all shares",
    "questions.numbers region": "All numbers: {name}",
    "percentages.band": "{low} to {high}%: {number}",
    "percentages.told": "units by percentage: {bands}",
    "percentages.key": "number of units in each band of ten points, 0 to 100%",
    "percentages.mean": "mean over units",
    "scatter.shown": Plural("{count} unit is shown.", "{count} units are shown."),
    "scatter.line": "The line changes by {slope} per unit of {axis}.",
    "distribution.axis": "Organisations",
    "distribution.told": Plural(
        "{count} value from {low} to {high}.", "{count} values from {low} to {high}."
    ),
    "distribution.own": "{label}: {value}.",
    "scree.eigenvalue": "Eigenvalue",
    "slopes.axis": "{construct} (standard deviations)",
    "scree.told": "{place}: {value} against {by_chance} by chance",
    "slider.no interval": "no interval, so no number",
    "slider.differs": "{label} differs by",
    "slider.change": "{label}, change in points",
    "trend.one wave": "There is only one wave, so no trend can be shown yet.",
    "trend.one wave.named": "There is only one wave ({wave}), so no trend can be shown yet.",
    "trend.no value": "No wave has a value that can be shown, so there is no trend to draw.",
    "trend.told": "{name} {wave}: {value} ({span}).",
    "notice.note": "Note",
    "notice.warning": "Warning",
    # Frames of pages
    "page.skip": "Skip to the report",
    "page.all reports": "All reports",
    "page.others": "Other pages",
    "page.about": "About the data",
    "page.simulated": "Simulated data.",
    "page.simulated here": "The numbers on this page describe no real organisation.",
    "page.contents": "On this page",
    "page.table": "Table",
    "page.to": "to",
    # The index of a site
    "site.title": "Reports – {study}",
    "site.skip": "Skip to the reports",
    "site.simulated": "The numbers on these pages describe no real organisation.",
    "site.reports": "Reports",
    "site.report": "Report",
    "site.status": "Status",
    "site.wave": "Wave {wave}",
    "site.latest": "The latest reports",
    "site.search": "Search by name",
    "site.found": "{shown} of {rows} shown",
    "site.table": "{name}: table of reports",
    "site.letters": "By first letter",
    "site.caption": (
        "Key numbers with 95% intervals: indices from 0 to 100, links as standardised strength (0 "
        "is no link)"
    ),
    "site.not made": "{number} not made",
    "site.page of": "this is the page of {date}.",
    "site.page of brief": "page of {date}",
    "site.page stays": "The page of {date} stays.",
    "site.editions": "Editions",
    "site.numbers": "Numbers to take away",
    "site.all numbers": "All numbers of these pages in one file (CSV)",
    "site.dictionary": "What the columns of that file mean (JSON)",
    "site.provenance": "How the numbers were made (JSON)",
    "site.edition": "Edition {number}, data as of {date}",
    "site.made": "Made with the people–service–trust workbench {version}.",
    "site.made on": "Made with the people–service–trust workbench {version} on {date}.",
    "site.made of": (
        "Made with the people–service–trust workbench {version} from data as of {date}."
    ),
    "status.ok": "Made",
    "status.skipped": "Up to date",
    "status.failed": "Failed",
    "status.timeout": "Stopped at its time limit",
    "status.pending": "Not made",
    "report.organisation": "Organisations",
    "report.chain": "Chains",
    "report.benchmark": "Benchmark",
    "report.drivers": "Drivers",
    "report.measurement": "Measurement",
    "report.technical": "Technical report",
    "report.trends": "Trends",
    # Headings of the notebooks
    "heading.the chain over all organisations": "The chain over all organisations",
    "heading.aggregation to units": "Aggregation to units",
    "heading.indices": "Indices",
    "heading.organisations that differ from the rest": "Organisations that differ from the rest",
    "heading.links": "Links",
    "heading.measurement": "Measurement",
    "heading.method": "Method",
    "heading.provenance": "Provenance",
    "heading.the chain": "The chain",
    "heading.organisation by organisation": "Organisation by organisation",
    "heading.alternative models": "Alternative models",
    "heading.how well the chain fits": "How well the chain fits",
    "heading.how well the questions measure": "How well the questions measure",
    "heading.importance of the drivers": "Importance of the drivers",
    "heading.what to work on first": "What to work on first",
    "heading.responsible roles": "Responsible roles",
    "records.heading": "Results from records",
    "records.column.outcome": "Result",
    "records.column.unit": "Unit",
    "records.column.value": "Now (95% interval)",
    "records.column.before": "{wave}",
    "records.column.target": "Target",
    "records.column.met": "Units that meet it",
    "records.column.construct": "Where this is {points} points higher",
    "records.column.difference": "Difference (95% interval)",
    "records.figure": "{outcome} by organisation, in {unit}",
    "records.note": (
        "Means of units in the unit stated; of skewed amounts the geometric mean, of counts the "
        "rate. A target is the study's."
    ),
    "records.level.mean": "**{outcome}**: {value} {unit}, from {units}.",
    "records.level.typical": "**{outcome}**: {value} {unit} (geometric mean), from {units}.",
    "records.aim.at most": "at most {number}",
    "records.aim.at least": "at least {number}",
    "records.target.reached": (
        "The target of {target} is reached over all; {met} of {units} meet it."
    ),
    "records.target.missed": (
        "The target of {target} is not reached over all; {met} of {units} meet it."
    ),
    "records.target.open": (
        "The interval includes the target of {target}; {met} of {units} meet it."
    ),
    "records.met": "{met} of {units}",
    "records.line": "target",
    "records.unit.each": "{unit} per {exposure}",
    "records.unit.rate": "{unit} per {per} {exposure}",
    "records.goes with.percent.higher": (
        "Where {construct} is {points} points higher, {outcome} is {size}% higher ({lower}% to "
        "{upper}%): {instead} instead of {typical} {unit}."
    ),
    "records.goes with.percent.lower": (
        "Where {construct} is {points} points higher, {outcome} is {size}% lower ({lower}% to "
        "{upper}%): {instead} instead of {typical} {unit}."
    ),
    "records.went with.percent.higher": (
        "Where {construct} was {points} points higher {waves} before, {outcome} is {size}% higher "
        "({lower}% to {upper}%): {instead} instead of {typical} {unit}."
    ),
    "records.went with.percent.lower": (
        "Where {construct} was {points} points higher {waves} before, {outcome} is {size}% lower "
        "({lower}% to {upper}%): {instead} instead of {typical} {unit}."
    ),
    "records.goes with.amount.higher": (
        "Where {construct} is {points} points higher, {outcome} is higher by {size} ({lower} to "
        "{upper}): {instead} instead of {typical} {unit}."
    ),
    "records.goes with.amount.lower": (
        "Where {construct} is {points} points higher, {outcome} is lower by {size} ({lower} to "
        "{upper}): {instead} instead of {typical} {unit}."
    ),
    "records.went with.amount.higher": (
        "Where {construct} was {points} points higher {waves} before, {outcome} is higher by "
        "{size} ({lower} to {upper}): {instead} instead of {typical} {unit}."
    ),
    "records.went with.amount.lower": (
        "Where {construct} was {points} points higher {waves} before, {outcome} is lower by "
        "{size} ({lower} to {upper}): {instead} instead of {typical} {unit}."
    ),
    # Pass-through where an end of a link is a number from records
    "amount.of unit": "{size} {unit}",
    "difference.points": "{value} points ({span})",
    "difference.amount": "{value} {unit} ({span})",
    "difference.percent": "{value} ({span})",
    "for a step": "{difference} for {step}",
    "passes.points.higher": (
        "Where {source} is {step} higher, {target} is {size} points higher ({span})."
    ),
    "passes.points.lower": (
        "Where {source} is {step} higher, {target} is {size} points lower ({span})."
    ),
    "passes.amount.higher": (
        "Where {source} is {step} higher, {target} is {size} {unit} higher ({span})."
    ),
    "passes.amount.lower": (
        "Where {source} is {step} higher, {target} is {size} {unit} lower ({span})."
    ),
    "passes.percent.higher": (
        "Where {source} is {step} higher, {target} is {size} higher ({span}), in {unit}."
    ),
    "passes.percent.lower": (
        "Where {source} is {step} higher, {target} is {size} lower ({span}), in {unit}."
    ),
    "passes.amount.higher.instead": (
        "Where {source} is {step} higher, {target} is {size} {unit} higher ({span}): {instead} "
        "instead of {typical} {unit}."
    ),
    "passes.amount.lower.instead": (
        "Where {source} is {step} higher, {target} is {size} {unit} lower ({span}): {instead} "
        "instead of {typical} {unit}."
    ),
    "passes.percent.higher.instead": (
        "Where {source} is {step} higher, {target} is {size} higher ({span}): {instead} instead "
        "of {typical} {unit}."
    ),
    "passes.percent.lower.instead": (
        "Where {source} is {step} higher, {target} is {size} lower ({span}): {instead} instead "
        "of {typical} {unit}."
    ),
    "pieces.amounts": (
        "Links to or from a number of records are told in its own unit, of skewed amounts in "
        "percent, for the difference stated."
    ),
    "records.difference.percent": "{value}% ({lower}% to {upper}%)",
    "records.difference.amount": "{value} ({lower} to {upper}) {unit}",
    "records.associations": "What results from records go with",
    "records.association note.same": (
        "Units of the same organisation, {wave}. Difference that goes with {points} points more of "
        "the index, corrected for the index's sampling and measurement error. Skewed amounts are "
        "analysed as logarithms, counts by a Poisson model with their exposure; both differences "
        "are in percent."
    ),
    "records.association note.lag": (
        "Units of the same organisation. Difference that goes with {points} points more of the "
        "index in the same wave, or as many waves before as the codebook says; corrected for the "
        "index's sampling and measurement error. Skewed amounts are analysed as logarithms, counts "
        "by a Poisson model with their exposure; both differences are in percent."
    ),
    "records.none clear": "No result from records goes clearly with a construct of the chain.",
    "records.failed": "What results from records go with cannot be told",
    "heading.other outcomes": "The other outcomes",
    "heading.the questions": "The questions",
    "heading.questionnaire": "Questionnaire",
    "heading.results": "Results",
    "heading.how the results go together": "How the results go together",
    "heading.who answered": "Who answered",
    "heading.links of every organisation": "Links of every organisation",
    "heading.necessary conditions": "Necessary conditions",
    "heading.what if scenarios": "What-if scenarios",
    "heading.reliability": "Reliability",
    "heading.reliability of unit means": "Reliability of unit means",
    "heading.do the constructs differ": "Do the constructs differ?",
    "heading.number of dimensions of each construct": "Number of dimensions of each construct",
    "heading.all questions of a source together": "All questions of a source together",
    "heading.measurement model": "Measurement model",
    "heading.comparability": "Comparability across organisations and waves",
    # What was set aside
    "set aside.none": "No answers were excluded.",
    "set aside.under": "under {least}",
    "set aside.caption": (
        "Answers and rows of the whole study that were excluded before the analysis"
    ),
    "set aside.in all": "{number} in all.",
    "column.reason": "Reason",
    "column.source": "Source",
    "column.how many": "How many",
    "column.where": "Where",
    # How the numbers were made
    "method.one model": (
        "One model estimates the links of all organisations together, small and large alike."
    ),
    "method.least": (
        "Links from an organisation's own data alone are shown where their standard error is at "
        "most {error}."
    ),
    "method.within": (
        "All data are centred on the organisation's mean, so differences between organisations do "
        "not affect the links."
    ),
    "method.of organisations": (
        "{one_model} Each construct has one score, the mean of its questions, and the model "
        "corrects for the score's measurement error. Each organisation has its own level of every "
        "construct, so links are estimated within organisations and differences between "
        "organisations do not affect them. The organisations' links follow a normal distribution, "
        "whose mean and standard deviation the model also estimates. An organisation's link is "
        "therefore partially pooled: the less its own data can tell, the more it is drawn towards "
        "the mean. Its interval allows for the uncertainty about how much organisations differ. "
        "Estimates assume that organisations are similar unless the data say otherwise; intervals "
        "allow for larger differences. Links are standardised by the same standard deviations "
        "(within organisations) everywhere, so they can be compared between organisations. {least} "
        "Where all data together carry less information than {rows} rows measured without error, "
        "no organisation's links are estimated."
    ),
    "method.places": (
        "Ranks are shown as ranges. Each organisation's index is simulated 2,000 times within its "
        "error, and the range covers 95% of its simulated ranks. The simulation, the tests against "
        "the median and the limits of the funnel plot use the t distribution of the index's own "
        "interval, so with few units a difference must be larger to be clear."
    ),
    "method.places alone": (
        "Ranks are shown as ranges. Each organisation's index is simulated 2,000 times within its "
        "error, and the range covers 95% of its simulated ranks. The simulation, the tests against "
        "the median and the limits of the funnel plot use the t distribution of the index's own "
        "interval, so with few respondents a difference must be larger to be clear."
    ),
    "method.of waves": (
        "A change since the previous wave compares the same units, and its error allows for this "
        "pairing. Increases and decreases are named with a false discovery rate of 5%: of all "
        "changes named, no more than one in twenty is expected to be due to chance."
    ),
    "method.of waves alone": (
        "A change since the previous wave compares the respondents of both waves, each of whom "
        "counts as drawn by chance. Increases and decreases are named with a false discovery rate "
        "of 5%: of all changes named, no more than one in twenty is expected to be due to chance."
    ),
    "method.chain": "The chain is the {title} ({citation}). {constructs}",
    "method.construct": "**{label}**: {meaning}.",
    "method.index": (
        "An index is the mean of a construct's questions, each rescaled to 0–100 so that high is "
        "good, and averaged {how}. Its 95% interval allows for {alike}. An interval that would "
        "cover the whole scale is not shown."
    ),
    "method.minimum answers": (
        "A person counts in it who answered {least} of its questions or more, or all of them where "
        "fewer were asked."
    ),
    "method.alike.people": "people of the same unit being similar",
    "method.alike.alone": (
        "chance alone, as if people had been drawn one by one: the study does not say to which "
        "units they belong"
    ),
    "method.alike.units": "how much units differ",
    "averaged.respondents.weighted": "over respondents with their weights",
    "averaged.units.weighted": "over units with their weights",
    "averaged.units.by people": "over units, each weighted by the number of people behind it",
    "averaged.respondents.same": "over respondents, each counting the same",
    "averaged.units.same": "over units, each counting the same",
    "averaged.in": "{how} in {sources}",
    "method.reliability": (
        "Reliability is that of the index. It is not estimated from fewer than {least} rows, "
        "because the interval of an alpha of .70 would then run from about 0 to 1."
    ),
    "method.respondents.weighted": (
        "All questions of the chain were asked of the same people, so links are estimated across "
        "respondents, with their weights and with standard errors that allow for people of the "
        "same unit being similar."
    ),
    "method.respondents.plain": (
        "All questions of the chain were asked of the same people, so links are estimated across "
        "respondents, with standard errors that allow for people of the same unit being similar."
    ),
    "method.respondents alone.weighted": (
        "All questions of the chain were asked of the same people, so links are estimated across "
        "respondents, with their weights. Each counts as drawn by chance."
    ),
    "method.respondents alone.plain": (
        "All questions of the chain were asked of the same people, so links are estimated across "
        "respondents. Each counts as drawn by chance."
    ),
    "method.matched.several": (
        "The answers of {sources} come from different people and are matched only by unit, so "
        "links are estimated across units, with one row per unit{means}"
    ),
    "method.matched.one": "Links are estimated across units, with one row per unit{means}",
    "method.means.none": ".",
    "method.means.plain": (
        " and the mean of each question. Where a unit's mean comes from a sample of people, the "
        "model corrects for its sampling error, so that small units do not weaken the links."
    ),
    "method.means.weighted": (
        " and the weighted mean of each question. Where a unit's mean comes from a sample of "
        "people, the model corrects for its sampling error, so that small units do not weaken the "
        "links."
    ),
    "models.fit.respondents": (
        "The fit of the chain is that of a structural equation model with every question as an "
        "indicator of its construct, {estimated}."
    ),
    "models.links.respondents": (
        "The links are those of a structural equation model with every question as an indicator of "
        "its construct, {estimated}."
    ),
    "models.estimated.ordered": (
        "and answers as ordered categories, estimated by diagonally weighted least squares (WLSMV) "
        "with robust standard errors and a robust test; every organisation has its own thresholds "
        "between answers, so differences between organisations do not affect the links, and "
        "missing answers are assumed to be missing completely at random"
    ),
    "models.fit.units": (
        "The fit of the chain is that of a structural equation model of one score for each "
        "construct (the mean of its questions), corrected for measurement error, "
        "{estimated}{alike}. {second}"
    ),
    "models.links.units": (
        "The links are those of a structural equation model of one score for each construct (the "
        "mean of its questions), corrected for measurement error, {estimated}{alike}. {second}"
    ),
    "models.estimated": (
        "estimated by full-information maximum likelihood (missing answers are assumed to be "
        "missing at random), with robust standard errors and a robust test"
    ),
    "models.alike": ", which allow for units of the same organisation being similar",
    "models.second": (
        "A second model estimates the measurement model and the chain together, with every "
        "question as an indicator of its construct; it needs many more units."
    ),
    "method.second program": "Check with a second program (semopy): {check}",
    # Answers as ordered categories or as numbers
    "answers.as numbers": (
        "Answers count as numbers, because every question has {limit} answer categories or more."
    ),
    "answers.as ordered": Plural(
        "Answers count as ordered categories in the model of all questions, because {count} "
        "question of the chain has fewer than {limit} answer categories.",
        "Answers count as ordered categories in the model of all questions, because {count} "
        "questions of the chain have fewer than {limit} answer categories.",
    ),
    "answers.as numbers after all": Plural(
        "{count} question of the chain has fewer than {limit} answer categories, but the chain "
        "could not be estimated with answers as ordered categories, so they count as numbers.",
        "{count} questions of the chain have fewer than {limit} answer categories, but the chain "
        "could not be estimated with answers as ordered categories, so they count as numbers.",
    ),
    "answers.other.ordered": "If the same answers counted as ordered categories (WLSMV)",
    "answers.other.numbers": "If the same answers counted as numbers (maximum likelihood)",
    "answers.links changed": (
        "{how}, the link that changes most, {link}, would be {other} instead of {own}, and "
        "{conclusion}."
    ),
    "answers.links alike": (
        "{how}, every link would be the same to two decimals, and {conclusion}."
    ),
    "answers.conclusion.same": (
        "the conclusion about every link would be the same: whether it is clearly different from "
        "0, and its sign"
    ),
    "answers.conclusion.changed": Plural(
        "the conclusion about {count} link would change: whether it is clearly different from 0, "
        "or its sign ({links})",
        "the conclusion about {count} links would change: whether they are clearly different from "
        "0, or their sign ({links})",
    ),
    "answers.means.numbers": (
        "Both numbers come from one model of all questions, within organisations, that all "
        "organisations have in common. The links shown are means over organisations and may differ "
        "a little."
    ),
    "answers.means.ordered": (
        "Both numbers come from one model of all questions, within organisations, that all "
        "organisations have in common. The links shown are means over organisations: they come "
        "from scores, the means of answers as numbers, corrected for measurement error, because a "
        "single organisation has too few answers to estimate thresholds between them."
    ),
    "answers.elsewhere": ("Comparisons of groups and alternative models count answers as numbers."),
    "answers.caption": "Links with answers as ordered categories and as numbers",
    "answers.column.ordered": "Strength, as ordered categories (95% interval)",
    "answers.column.numbers": "Strength, as numbers (95% interval)",
    "answers.note": (
        "Both are links within organisations, of one model of all questions that all organisations "
        "have in common."
    ),
    "answers.unknown": (
        "What would change if answers counted as ordered categories is not known. {reason}"
    ),
    "answers.why.many": "A question has more than {most} different answers.",
    "answers.why.large": "There are too many organisations or answers for that.",
    "answers.why.data": (
        "Two questions predict each other perfectly, or hardly anybody answered both, or there are "
        "too few answers."
    ),
    "answers.units": (
        "Links are between units, whose means over people are not ordered categories."
    ),
    "answers.omegas changed": (
        "If answers counted as ordered categories, the reliability that changes most, that of "
        "{construct}, would be {other} (categorical omega) instead of {own}, and {conclusion}."
    ),
    "answers.omegas alike": (
        "If answers counted as ordered categories, every reliability would be the same to two "
        "decimals (categorical omega), and {conclusion}."
    ),
    "answers.uses.same": "what each construct is reliable enough for would be the same",
    "answers.uses.changed": Plural(
        "what {count} construct is reliable enough for would change ({constructs})",
        "what {count} constructs are reliable enough for would change ({constructs})",
    ),
    "answers.no omega": (
        "What would change in reliability if answers counted as ordered categories is not known: "
        "that needs three questions or more to people, no more than a million, with answers in "
        "categories."
    ),
    # Within units and between them
    "two levels.heading": "Within units and between units",
    "two levels.told": (
        "What holds between people of the same unit need not hold between units. A two-level model "
        "estimates both, from {rows} in {units}. The link that differs most is {link}: {within} "
        "between people of the same unit, {between} between units."
    ),
    "two levels.few units": (
        "Links within units and between units can be told apart from {least} units on; there are "
        "{units}."
    ),
    "two levels.failed": (
        "A two-level model could not tell links within units from those between units: units "
        "hardly differ in one of the constructs, or there are too few of them."
    ),
    "two levels.caption": "Links between people of the same unit and between units",
    "two levels.column.within": "Strength within units (95% interval)",
    "two levels.column.between": "Strength between units (95% interval)",
    "two levels.note": (
        "Two-level model of one score for each construct, corrected for measurement error within "
        "units and for sampling error between them, by maximum likelihood with robust standard "
        "errors, within organisations. Respondents with all scores count, without weights. Each "
        "strength is standardised by the standard deviations of its level."
    ),
    # How the chain fits
    "chain fit.of links": "Chain with one score for each construct",
    "chain fit.of items": "Measurement model and chain together",
    "chain fit.of ordered": (
        "Measurement model and chain together, with answers as ordered categories"
    ),
    "chain fit.missing": "{model}: the fit could not be computed",
    "chain fit.links stand": "{reason} The links shown do not depend on this model.",
    "chain fit.told": "**{model}:** {fit}",
    "chain fit.rows": "From {rows}.",
    "chain fit.no links": "The chain could not be estimated",
    # Pieces that several reports show
    "pieces.association": (
        "Links are associations, not causal effects: they do not show that changing one thing "
        "would change the other."
    ),
    "pieces.strength": (
        "Strength: standardised coefficient; 0 means no link. Pass-through: difference in the "
        "second index, in points, for a difference of one point in the first. Indirect effects "
        "pass through the constructs in between; the total effect is the sum of direct and "
        "indirect."
    ),
    "question.reversed": "{wording} (reverse-scored)",
    "chain drawn.here": "Strength of the links here: {links}.",
    "chain drawn.all": "Strength of the links over all organisations together: {links}.",
    "chain drawn link": "{source} to {target} {strength}",
    "chain drawn.none": "The links of the chain could not be estimated.",
    "chain drawn caption": "{chain}: indices (0–100) and strength of the links",
    "trend.everyone": "All organisations",
    "trend questions.without": "{label} without {items}",
    "trend questions.not shown": (
        "{label} is not shown, because no question was asked in every wave"
    ),
    "trend.left out": (
        "The chart uses only questions asked in every wave: {what}. The index of a single wave "
        "uses all questions of that wave."
    ),
    "trend.left out of": "{name}: {left_out}",
    "column.effect": "Effect",
    "column.strength with interval": "Strength (95% interval)",
    "column.points with interval": "Pass-through (95% interval)",
    "column.test of link": "Test that the link is 0",
    "effect kind.direct": "direct",
    "effect kind.indirect": "indirect",
    "effect kind.total": "total",
    "test.none": "[x]",
    "link.too uncertain": "[u]",
    "too uncertain key": "[u]: the standard error is above {error}.",
    "organisation links.none": "The links of individual organisations could not be estimated",
    "pooled effect.direct": (
        "{source} to {target}: from {low} to {high} over {number} organisations, mean {mean}."
    ),
    "pooled effect.other": (
        "{source} to {target} ({kind}): from {low} to {high} over {number} organisations, mean "
        "{mean}."
    ),
    "pooled effect.caption.direct": (
        "{source} → {target}: partially pooled strength with 95% interval"
    ),
    "pooled effect.caption.other": (
        "{source} → {target} ({kind}): partially pooled strength with 95% interval"
    ),
    "pooled effects mean": "mean of the organisations",
    # Links by group
    "moderation.method": (
        "Links are compared between types of organisation, and between channels and kinds of "
        "people where respondents were asked everything. They are links within organisations: all "
        "data are centred on the organisation's mean (of its channel or kind of people, where "
        "these are compared), so differences between "
        "organisations do not affect them. All groups are fitted together: units by one score for "
        "each construct, corrected for measurement error, and respondents by their answers with "
        "equal loadings. One model has separate links in each group and one has equal links; "
        "variances cannot become negative. The scaled difference of the two (Satorra 2000) tests "
        "whether any link differs, a Wald test each link by itself, both by F with the degrees of "
        "freedom that clusters leave (organisations where rows are units, units where they are "
        "people). Whether questions work in the same way is tested on respondents' answers: CFI "
        "may fall by no more than .010 with equal loadings (Cheung & Rensvold 2002)."
    ),
    "moderation.failed": "Links by {by} could not be compared",
    "moderation.group": "{group} ({rows})",
    "moderation.test": "Test of equal links",
    "moderation.caption": (
        "Links by {by}: points of the second construct for one point of the first"
    ),
    "moderation.note": (
        "Pass-through with 95% interval; the headings give the number of {rows}. One test in "
        "twenty falls below .05 by chance."
    ),
    # The satisfaction index
    "satisfaction.formula": (
        "The satisfaction index follows the published formula (Fornell et al. 1996): the weighted "
        "mean of the questions about satisfaction, minus its lowest possible value, divided by the "
        "difference between its highest and lowest possible values, times 100. Weights are this "
        "model's: a question's loading over its residual variance, summing to one. The American "
        "index takes its weights from partial least squares instead, and asks three questions: "
        "overall satisfaction, whether expectations were met, and how close the service comes to "
        "the ideal. The interval of an index allows for people of the same unit being similar and "
        "takes the weights as known. Both waves of a change have the same weights, and changes are "
        "named with a false discovery rate of 5%."
    ),
    "satisfaction.unweighted": "{told} The unweighted mean of the same questions is {mean}.",
    "satisfaction.drawn": "Satisfaction index: from {low} to {high} over {number} organisations.",
    "satisfaction.drawn caption": (
        "Satisfaction index of every organisation, 0–100, with 95% interval"
    ),
    "satisfaction.index": "Satisfaction index",
    "satisfaction.hidden": "{name}: {reason}",
    "satisfaction.nobody": "{name}: nobody answered one of the questions.",
    "satisfaction.not ranked": "not ranked",
    "satisfaction.caption": "Satisfaction index, organisation by organisation",
    "satisfaction.rank": (
        "Rank: the range that covers 95% of an organisation's ranks when every index is simulated "
        "within its error."
    ),
    "satisfaction.run.rises": "Rises in a row: {run}, of which clear: {clear}.",
    "satisfaction.run.falls": "Falls in a row: {run}, of which clear: {clear}.",
    "satisfaction.trend": "Satisfaction index over the waves, all organisations together",
    "satisfaction.change in points": "Change in points (95% interval)",
    "satisfaction.change in percent": "Change, %",
    "satisfaction.questions": "Questions of the index over the waves, means on 0–100",
    "satisfaction.this study": "this study",
    "satisfaction.sector": "Sector or type of organisation",
    "satisfaction.sectors": "The satisfaction index among types of organisation and other sectors",
    "satisfaction.sectors note": (
        "The index of a type is the mean over its organisations. Published scores may come from "
        "other questions, other weights and other ways to choose people."
    ),
    "satisfaction.place": "Published scores above the index of this study: {above} of {published}.",
    "satisfaction.weights": "Questions and weights of the index",
    "column.index with interval": "Index, 0–100 (95% interval)",
    "column.place": "Place",
    "satisfaction change": "Change since {wave} (95% interval)",
    "column.respondents": "Respondents",
    "column.weight": "Weight",
    # Drivers, as several pages show them
    "organisation.no numbers": "No numbers are shown for this organisation",
    "priorities.missing": "No priorities for {outcome}",
    "scorecard.none": "No scorecard",
    "necessity shown.all": "{told} From {units} of all organisations. {telling}",
    "exceptions.every case": "**In every case?** {told}",
    "exceptions cuts.quarters": "quarters",
    "exceptions cuts.stated": "the study's own",
    "exceptions.caption": "High {outcome} without an at least middling {condition}",
    "exceptions.from": "{outcome} from",
    "exceptions.below": "{condition} below",
    "exceptions.no high": "no high case",
    "exceptions.note": (
        "Quarters: high is the top quarter, and an exception lies below the median. Intervals are "
        "exact (Clopper & Pearson 1934). Error in the scores makes some exceptions, and hides "
        "others."
    ),
    "column.cases": "Cases",
    "column.cuts": "Cuts",
    "column.high cases": "High cases",
    "column.exceptions": "Exceptions",
    "column.share of high": "Share, % (95% interval)",
    "necessity shown.few": (
        "{told} From {units} of all organisations, because this one has fewer than {least}. "
        "{telling}"
    ),
    "necessity shown.own": "{told} From {units} of this organisation. {telling}",
    "necessity not shown": "No necessity analysis of {pair}",
    "necessity without constructs": (
        "The study has none of the constructs that this analysis needs."
    ),
    "scenarios.no links": "The chain has no links here.",
    "scenarios.failed": "Scenarios could not be estimated",
    "scenarios.none for": "No scenario for {construct}",
    "complete rows.failed": "The complete rows could not be fitted: {reason}",
    "complete rows.told": "on the {rows} complete rows, {check}",
    # The chain of somebody's own model
    "chain.unnamed": "the chain",
    # The measurement page
    "measurement.title": "How well the questions measure",
    "measurement.part.joined": "units, {title}",
    "measurement.part.respondents": "respondents of {title}",
    "measurement.part.units": "units of {title}",
    "measurement.questions": "{construct}: its questions",
    "column.code": "Code",
    "column.not answered": "Not answered",
    "column.sd": "SD",
    "column.lowest": "Lowest code",
    "column.highest": "Highest code",
    "column.item rest": "Item-rest correlation",
    "measurement.none shown": "none shown",
    "measurement.questions note": (
        "SD: standard deviation. Item-rest correlation: correlation with the mean of the other "
        "questions."
    ),
    "measurement.none": "[x]",
    "measurement.reliability": "Reliability and average variance extracted",
    "column.construct alone": "Construct",
    "column.alpha with interval": "Alpha (95% interval)",
    "column.omega": "Omega",
    "column.composite": "Composite reliability",
    "column.ave": "AVE",
    "column.rows": "Rows",
    "column.rows are": "Which are",
    "measurement.reliability note": (
        "Alpha is Cronbach's alpha. Omega and composite reliability estimate the share of the "
        "variance of the index that is not measurement error: omega from the questions of the "
        "construct alone, composite reliability from the measurement model of its source. AVE "
        "(average variance extracted) is the average share of a question's variance that is due to "
        "the construct."
    ),
    "measurement.without model": (
        "Composite reliability and AVE need a measurement model. It could not be estimated for "
        "{parts}; the section on it says why."
    ),
    "measurement.across": (
        "The chain's links are estimated across {rows}, and so are reliability and loadings on "
        "this page."
    ),
    "measurement.unit indices": "Reliability of unit indices",
    "column.reliability with interval": "Reliability (95% interval)",
    "column.sampling error": "Sampling error",
    "column.question specific": "Question-specific",
    "column.units": "Units",
    "column.respondents per unit": "Respondents per unit",
    "measurement.unit indices note": (
        "The reliability of a unit's index is the share of the variance between units that is due "
        "to the construct. The rest has two sources: sampling error, because other people might "
        "have answered, and question-specific variance, which the construct does not explain. "
        "Differences between organisations count as differences between units."
    ),
    "measurement.unit means": "Reliability of unit means without sampling error",
    "column.omega with interval": "Omega (95% interval)",
    "column.loadings alike": "Loadings between units and within units",
    "measurement.unit means note": (
        "Omega and alpha are those of the units' true means, without sampling error (Geldhof, "
        "Preacher & Zyphur 2014); with two questions, equal loadings are assumed. The last column "
        "tests whether loadings are equal between and within units (Jak & Jorgensen 2017). Only "
        "then is a unit's construct the average of its people's."
    ),
    "measurement.units already": (
        "The rows of {constructs} are units, so reliability and loadings on this page are "
        "estimated across units."
    ),
    "measurement.pair": "{one} and {other}",
    "measurement.htmt": "Heterotrait–monotrait ratio: {where}",
    "column.constructs": "Constructs",
    "column.htmt": "HTMT (95% bootstrap interval)",
    "column.meaning": "Which means",
    "measurement.htmt note": (
        "Thresholds: .85 (strict) or .90 (liberal). Intervals are from 1,000 bootstrap samples of "
        "units."
    ),
    "measurement.larcker": "Fornell–Larcker criterion: {where}",
    "column.correlation": "Correlation (95% interval)",
    "column.ave of first": "√AVE of the first",
    "column.ave of second": "√AVE of the second",
    "measurement.dimensions": "{construct}: dimensions",
    "measurement.parallel": "{construct}: parallel analysis",
    "measurement.above chance": "{told} Number above chance: {components}, {factors}.",
    "measurement.loadings": "{construct}: loadings",
    "measurement.factors": "{title} on {number} factors (minres, oblimin)",
    "factor column": "factor {number}",
    "column.uniqueness": "Uniqueness",
    "measurement.all questions": "All questions: {where}",
    "measurement.whole": (
        "**{title}.** Number above chance: {components}, where the codebook has {constructs}. "
        "{told}"
    ),
    "measurement.model": "Measurement model: {where}",
    "measurement.model told": "**{where}.** {fit}",
    "measurement.standardised": "Standardised loadings: {where}",
    "column.loading": "Loading (95% interval)",
    "measurement.no parameter": "No additional parameter would improve the fit much.",
    "measurement.parameters": "Possible additional parameters (modification indices): {where}",
    "column.parameter": "Parameter",
    "column.modification": "Modification index",
    "column.expected": "Expected value",
    "column.standardised": "Standardised",
    "measurement.parameters note": (
        "=~: a question that also measures another construct. ~~: two questions that share more "
        "than their construct, often similar wording. Shown are the five largest indices above "
        "{least} (p < .001); add a parameter only if theory supports it."
    ),
    "measurement.not tested": "not tested",
    "measurement.nothing freed": "none",
    "measurement.freed": "{parameter} of {item}",
    "freed.loading": "loading",
    "freed.intercept": "intercept",
    "measurement.groups": "{by} ({compared} of {every})",
    "measurement.not reached": "not reached",
    "measurement.nothing": "nothing",
    "measurement.invariance": "Measurement invariance across organisations and waves",
    "column.across": "Across",
    "column.level": "Highest level reached",
    "column.differ": "Parameters that differ (score tests)",
    "measurement.invariance note": (
        "Configural: same structure. Metric: equal loadings, so links can be compared. Scalar: "
        "equal intercepts too, so means can be compared. Strict: equal residual variances too. A "
        "level is reached if CFI falls by no more than .01 (Cheung & Rensvold 2002) and RMSEA and "
        "SRMR rise little (Chen 2007). Groups with fewer than 100 complete rows are left out."
    ),
    "measurement.construct by": "{construct}, {by}",
    "measurement.equality": "Models of increasing equality",
    "column.construct across": "Construct, across",
    "column.equal": "Equal",
    "column.chi-square": "Chi-square",
    "column.df": "Degrees of freedom",
    "column.cfi change": "Change of CFI",
    "measurement.no change": "none",
    "measurement.method": (
        "Questions asked of respondents are checked across respondents; where rows are units, "
        "across units. Constructs of different sources were answered by different people, so they "
        "are compared across units, by the units' means. There all correlations are higher, "
        "because the error of single answers averages out."
    ),
    "measurement.method alone": "Questions are checked across respondents.",
    "measurement.method models": (
        "Measurement models are estimated by full-information maximum likelihood, with robust "
        "standard errors that allow for respondents of the same unit being similar. Models of "
        "units correct for the sampling error of unit means, so they describe the units and not "
        "the people who happened to answer. HTMT uses the uncorrected means. Invariance is tested "
        "for each construct on rows with complete answers, in groups of at least 100 such rows, "
        "without allowing for the similarity of respondents in a unit. It does not cover smaller "
        "groups. Parallel analysis compares eigenvalues with the 95th percentile of 1,000 random "
        "matrices. Sampling weights are not used."
    ),
    "measurement.method models alone": (
        "Measurement models are estimated by full-information maximum likelihood, with robust "
        "standard errors. Invariance is tested for each construct on rows with complete answers, "
        "in groups of at least 100 such rows. It does not cover smaller groups. Parallel analysis "
        "compares eigenvalues with the 95th percentile of 1,000 random matrices. Sampling weights "
        "are not used."
    ),
    "measurement.key reliability": "{construct}: reliability, 0 to 1",
    "measurement.key alpha": "{construct}: alpha, 0 to 1",
    "measurement.key none": "could not be estimated",
    "measurement.key nothing": "Reliability",
    "answers.all sources": "all sources together",
    # The drivers page, and tables of drivers
    "drivers.impossible": "The analysis is not possible.",
    "drivers.failed": "The drivers of {outcome} could not be analysed",
    "drivers.title": "Drivers of {outcome}",
    "drivers.told": "**{text}**",
    "drivers.questions failed": "The questions could not be compared",
    "drivers.questions": "Questions about the drivers of {outcome}: importance and performance",
    "drivers.channels": "Channels",
    "drivers.channels failed": "The channels could not be compared",
    "drivers.of channel": "**{channel}**: {told}",
    "drivers.by channel": "{outcome} by channel",
    "drivers.organisations": "Priorities by organisation",
    "drivers.no priority": "none",
    "drivers.chain": "The drivers of {outcome} come from the {chain}.",
    "drivers.method importance": (
        "Importance is a driver's relative weight (Johnson 2000), shown as a share of the "
        "differences that all drivers together explain. With up to 10 drivers it is checked "
        "against the average over all orders of entering them (Lindeman, Merenda & Gold 1980). It "
        "concerns differences within organisations and is corrected for measurement error: for "
        "what the questions of a construct do not share, and for the sampling error of unit means. "
        "Total effects come from the model of the chain. Intervals of weights come from 1,000 "
        "bootstrap samples of units."
    ),
    "drivers.method importance alone": (
        "Importance is a driver's relative weight (Johnson 2000), shown as a share of the "
        "differences that all drivers together explain. With up to 10 drivers it is checked "
        "against the average over all orders of entering them (Lindeman, Merenda & Gold 1980). It "
        "concerns differences within organisations and is corrected for measurement error, for "
        "what the questions of a construct do not share. Total effects come from the model of the "
        "chain. Intervals of weights come from 1,000 bootstrap samples of respondents."
    ),
    "drivers.method priorities": (
        "The priority map divides drivers at their mean importance and at the mean performance of "
        "the other organisations on the same driver; for all organisations together, at the mean "
        "performance of the other drivers. Advice is given only where the intervals exclude both "
        "limits and the link is clearly positive. Importance is that of all organisations "
        "together, because a single organisation's own would be mostly noise."
    ),
    "drivers.method necessity": (
        "Necessary condition analysis (Dul 2016): the ceiling is the highest outcome seen up to "
        "each value of the condition (CE-FDH), or the line through the corners of that staircase "
        "(CR-FDH); the effect size is the share of the area above it. The test compares it with "
        "10,000 random pairings (Dul, van der Laan & Kuik 2020). Sampling error of unit means "
        "blurs a ceiling, so the table also gives the effect size corrected for measurement error "
        "(Ghosh 1992), where it can be computed. Units with fewer than {least} respondents are "
        "left out, where the source states their number."
    ),
    "drivers.method necessity alone": (
        "Necessary condition analysis (Dul 2016): the ceiling is the highest outcome seen up to "
        "each value of the condition (CE-FDH), or the line through the corners of that staircase "
        "(CR-FDH); the effect size is the share of the area above it. The test compares it with "
        "10,000 random pairings (Dul, van der Laan & Kuik 2020). The error of single answers blurs "
        "a ceiling, so the table also gives the effect size corrected for measurement error "
        "(Ghosh 1992), where it can be computed."
    ),
    "drivers.key failed": "could not be analysed",
    "drivers.key explained": "{outcome}: explained by its drivers, %",
    "drivers.key necessity": "{condition}: necessity effect size, 0 to 1",
    "drivers.total failed": "[x]",
    "drivers.too many": "[x]",
    "drivers.not in chain": "[z]",
    "drivers.importance": "Importance for {outcome}, as parts of R²",
    "drivers.r squared": (
        "R² {estimate}, {rows}. Relative weights and averages over orderings each sum to R²."
    ),
    "drivers.share caption": "Importance for {outcome}: share of the explained differences",
    "drivers.no estimate": "[x]",
    "drivers.not compared": "[x]",
    "column.share": "Share, %",
    "column.alpha": "Reliability (alpha)",
    "column.relative weight": "Relative weight (95% interval)",
    "column.orderings": "Average over orderings (95% interval)",
    "column.total effect": "Total effect (95% interval)",
    "column.importance": "Importance, %",
    "column.performance": "Performance",
    "against others": "Against {others}",
    "column.n": "n",
    "column.advice": "What to do",
    "column.role": "Role",
    "column.points per point": "Points per point",
    "column.channel": "Channel",
    "column.unit": "Unit",
    "column.type": "Type",
    "map.none": "No map of importance and performance",
    "map.importance axis": "Importance, % of the explained differences",
    "map.performance axis": "Points above or below the others",
    "map.caption": "Drivers of {outcome}: importance and performance",
    "map.table": "Importance for {outcome} and performance",
    "scorecard.caption": "Drivers of {outcome} by responsible role",
    "necessity question": "Is {condition} necessary for {outcome}?",
    "necessity of": "Necessity of {condition} for {outcome}",
    "necessity lowest": (
        "Lowest {condition} at which each level of {outcome} occurs, in percent of the range"
    ),
    "necessity level": "{outcome}, %",
    "column.ceiling": "Ceiling",
    "column.effect size": "Effect size d",
    "column.corrected effect": "d, corrected for measurement error",
    "column.permutation": "Permutation test",
    "column.points below": "Points on or below",
    "column.points above": "Points above",
    "column.scope": "Scope",
    "column.zone": "Empty zone",
    "what if table": "Difference in the second, in points, for a given difference in the first",
    "column.if first differs": "If the first differs by",
    # The trends page
    "trends.no common": "The waves share no question, or there is only one unit.",
    "trends.title": "Trends: {name}",
    "trends.title span": "Trends: {name}, {first} to {last}",
    "trends.nothing": "There is no change that can be shown",
    "trends.chance": (
        "Changes are named as increases or decreases with a false discovery rate of 5%: no more "
        "than one in twenty is expected to be due to chance."
    ),
    "trends.no clear change": "No index changed clearly between waves.",
    "trends.drawn": "Indices (0–100) over the waves, with 95% intervals",
    "trends.indices": "Indices over the waves",
    "trends.changed": "What changed",
    "trends.span": "{before} to {now}",
    "trends.changes": "Changes from wave to wave, in points",
    "column.waves": "Waves",
    "column.change alone": "Change (95% interval)",
    "column.verdict": "Which is",
    "trends.changes between": "Changes from {before} to {now}, in points",
    "trends.not shown": "[c]",
    "trends.changes note": (
        "Changes with 95% intervals, not corrected for multiple comparisons. Up and down are named "
        "with a false discovery rate of 5%."
    ),
    "trends.not shown note": (
        "[c]: the organisation did not take part, or too few people answered, in one of the two "
        "waves."
    ),
    "trends.links title": "Links, {before} to {now}",
    "trends.links": "Links over the waves",
    "trends.extremes": (
        "{construct} was {first} in {first_wave} and {last} in {last_wave}; the highest index was "
        "{highest} in {highest_wave}, the lowest {lowest} in {lowest_wave}."
    ),
    "trends.changes latest": (
        "The latest {number} changes. The indices above are those of all waves."
    ),
    "trends.links latest": (
        "The latest {number} waves, one step after the other, and the latest wave beside the first "
        "({first})."
    ),
    "trends.links caption": "Links, {before} to {now}: strength within organisations, all together",
    "column.no change": "Test of no change",
    "trends.latent failed": "{construct}: {reason}",
    "trends.latent": "Latent means over time",
    "trends.latent caption": "Latent means of all organisations: change since {wave}, in points",
    "trends.latent every": (
        "Latent means of all organisations: change since {wave} by every wave, in points"
    ),
    "trends.panel lead": (
        "Estimated across units within organisations, for all organisations together. Differences "
        "between organisations, in level or in change, do not affect it."
    ),
    "trends.panel latest": "{lead} The latest {number} waves.",
    "trends.panel": "Effects from wave to wave",
    "trends.construct wave": "{construct} {wave}",
    "column.higher": "What was higher",
    "column.associated": "Associated with",
    "column.points interval": "Points per point (95% interval)",
    "column.no effect": "Test of no effect",
    "trends.growth lead": "Estimated across units, for all organisations together.",
    "trends.nobody again": (
        "The study does not say who, or which units, took part in more than one wave. So what "
        "changes together, and what goes before what, cannot be told."
    ),
    "trends.growth": "Steady change",
    "trends.again": "People who answered again",
    "trends.unlinked": (
        "The study has no id that shows who answered again about {constructs}, so the errors of a "
        "unit's waves are assumed to be independent there. If the same people answered, the errors "
        "are correlated."
    ),
    "trends.unlinked table": (
        "The study has no id that shows who answered again about {constructs}, so the errors of a "
        "unit's waves are assumed to be independent there. If the same people answered, the errors "
        "are correlated; the table shows how that would change the results."
    ),
    "trends.supposed": "Assumed correlation of errors from one wave to the next (95% interval)",
    "column.result": "Result",
    "trends.supposed note": (
        "This correlation is roughly the share of people who answer again times the correlation of "
        "their answers: 0.3 if half of them do and their answers correlate 0.6. Over two waves it "
        "is squared."
    ),
    "trends.supposed change": "{construct}: change a wave",
    "trends.supposed variance": "{construct}: variance of the change",
    "trends.effect supposed": "{source} {before} → {target} {now}, points per point",
    "trends.change supposed": "{source} → {target}: change with change, points per point",
    "trends.supposed failed": "cannot be estimated",
    "trends.method": "Method",
    "trends.method index": (
        "An index is the mean of a construct's questions, each rescaled to 0–100 so that high is "
        "good; its change uses the questions asked in both waves. The same units take part again "
        "while the people in them differ, so the error of a change is computed within units over "
        "both waves, and its interval uses the t distribution."
    ),
    "trends.method named": (
        "Among many organisations, some seem to change by chance. Increases and decreases are "
        "therefore named by the procedure of Benjamini & Hochberg for each construct, with a false "
        "discovery rate of 5%. The intervals are not corrected for multiple comparisons."
    ),
    "trends.method links": (
        "Links are estimated for each wave within the organisations that are shown, across units, "
        "with one score for each construct that is corrected for measurement error. The test of "
        "change allows for the covariance of the two estimates, which share units (or "
        "organisations, where there are several). Latent means are estimated from unit means with "
        "equal loadings and intercepts over waves; a question that works differently has its own "
        "parameters, and the page names it."
    ),
    "trends.method panel": (
        "In the cross-lagged model each construct is regressed on itself and on the other "
        "construct at the previous wave, across units within organisations. The model corrects for "
        "two errors of a unit's index: the sampling error of its mean, which is independent over "
        "the waves except for people who answer again (where an id links them), and what is "
        "specific to the questions, which persists from wave to wave. With three waves, the "
        "random-intercept form (Hamaker, Kuiper & Grasman 2015) also removes stable differences "
        "between units."
    ),
    "trends.change": "Change with change",
    "trends.change lead": (
        "Do units whose score rose have another score that rose? Changes of units are compared "
        "within their organisations, over all waves and all organisations together."
    ),
    "trends.change caption": (
        "Change with change: points of the second for each point that the first rose (95% interval)"
    ),
    "column.pair": "First and second",
    "column.successive": "From one wave to the next",
    "column.any waves": "Between any two waves",
    "column.reliability of change": "Reliability of the change",
    "trends.change note": (
        "Each pair is estimated by itself. Reliability of the change: share of the differences in "
        "how the first changed that is not measurement error."
    ),
    "trends.method change": (
        "Change with change is the slope of a unit's change in the second score on its change in "
        "the first, each less the mean change of its organisation between the same waves, so "
        "differences between units that last, and what happened to a whole organisation, do not "
        "affect it. The known error of both changes is removed from the moments (Fuller 1987): "
        "without that the slope would be too flat. Changes between any two waves give the "
        "regression with fixed effects of units. Errors are those of whole organisations (CR2), "
        "with the degrees of freedom of Satterthwaite."
    ),
    "trends.adopters": "Adopters and others",
    "trends.adopters untitled": "what the study is about",
    "trends.adopters lead": (
        "Organisations that have adopted {title}: {waves}. Organisations that have not: {never}."
    ),
    "trends.adopters from": "{number} from {wave} on",
    "trends.adopters left out": (
        "Organisations without an index that can be shown in every wave, or without a wave before "
        "adoption, are left out: {number}."
    ),
    "trends.adopters caution": (
        "Adopters chose to adopt, and may differ from the others in more than that: this shows "
        "what went with adoption, not what it brought about."
    ),
    "trends.adopters caption": "Change since adoption: adopters less others, in points",
    "column.since difference": "Difference (95% interval)",
    "column.no difference": "Test of no difference",
    "column.before adoption": "Changes before adoption",
    "trends.adopters equal": "Equal within {margin} points (90% interval)",
    "column.adopters and others": "Have adopted, have not",
    "trends.adopters counts": "{adopters}, {others}",
    "trends.adopters events": (
        "Adopters less others by waves since adoption, in points (95% intervals)"
    ),
    "trends.adopters series": "Adopters less others",
    "trends.adopters alt": "No index changed clearly differently among adopters.",
    "column.since": "Waves since adoption",
    "trends.adopters events note": (
        "0 is the first wave after adoption, and −1, the wave before, is what the others are "
        "compared with. Differences before −1 are near zero if adopters and the others changed "
        "alike before adoption; a wide interval there says little."
    ),
    "trends.method adopters": (
        "Adopters are compared, wave of adoption by wave of adoption, with organisations that have "
        "not adopted yet or never (Callaway & Sant'Anna 2021): the change since the wave before "
        "adoption, less that of the others. Each organisation counts the same. So no adopter "
        "serves as a comparison after its adoption, which regression with effects of organisations "
        "and waves would make it. Errors are those of organisations (CR2, with the degrees of "
        "freedom of Satterthwaite). Changes before adoption are judged by the smallest p-value of "
        "all waves before, times their number. Changes are equal within a margin where the 90% "
        "interval of their difference lies within it (two one-sided tests)."
    ),
    "trends.key": "{construct}: change in points",
    "trends.key changes": "Changes",
    "trends.key none": "show with a second wave",
    # The page that compares organisations
    "benchmark.title": "Benchmark: all organisations",
    "benchmark.standing": "**{construct} scores {index} of 100** over all organisations ({span}).",
    "benchmark.shown": "Numbers are shown for {shown} of {organisations}, and links for {links}.",
    "benchmark.links": "**Across the {rows} of all organisations:** {links}",
    "benchmark.links caption": "Links of the chain, all organisations together",
    "benchmark.uncorrected": (
        "The same links without correction for the sampling error of unit means, which makes links "
        "look weaker"
    ),
    "benchmark.rows are units": "[z]",
    "benchmark.units": "How much units differ, and how reliable their means are",
    "column.median respondents": "Respondents per unit (median)",
    "column.rwg": "Mean r_wg(j)",
    "benchmark.no units": (
        "The study does not say to which units people belong, so differences between units cannot "
        "be told from those between people."
    ),
    "benchmark.icc": (
        "ICC(1): share of the variance of answers that is between units. ICC(2): reliability of a "
        "unit's mean. r_wg(j): agreement of respondents within units."
    ),
    "benchmark.nobody": "No organisation has enough respondents to be shown.",
    "benchmark.index": (
        "{construct} runs from {low} to {high} over {organisations}; all together {index}."
    ),
    "benchmark.index caption": "{construct}: index (0–100) with 95% interval",
    "column.index": "Index",
    "benchmark.few": "Fewer than three organisations can be compared.",
    "benchmark.funnel": "{construct}: {told}",
    "benchmark.funnel caption": (
        "{construct}: index and precision by organisation, with 95% and 99.8% limits"
    ),
    "benchmark.no place": "[x]",
    "benchmark.types caption": "Ranks among organisations of the same type, as 95% ranges",
    "benchmark.not shown": "[c]",
    "benchmark.types": "Comparison within types of organisation",
    # Types of organisation
    "types.verdict.different": "**{construct} differs between types of organisation** ({test}).",
    "types.verdict.not shown": (
        "The data do not show that {construct} differs between types of organisation ({test})."
    ),
    "types.apart.above": "{type}: {points} points above the other types.",
    "types.apart.below": "{type}: {points} points below the other types.",
    "types.alone": (
        "{type} has one organisation that is shown. Its mean is that organisation's, and its gap "
        "cannot be tested."
    ),
    "types.caption": "Means of types of organisation, 0–100, and their gaps to the other types",
    "types.mean": "Mean (95% interval)",
    "types.gap": "Gap to the mean of the other types (95% interval)",
    "types.test": "Test of no gap",
    "types.note": (
        "Every organisation that is shown counts by how certain its index is, not by its size. "
        "Types are named above or below the others with a false discovery rate of 5%."
    ),
    "levels.caption": "Where differences between people lie: share of the variance",
    "levels.share.between_types": "Between types",
    "levels.share.between_organisations": "Between organisations of a type",
    "levels.share.between_units": "Between units of an organisation",
    "levels.share.within_units": "Within units",
    "levels.note": (
        "Of {types} types. The share between types is uncertain where there are few. Where rows "
        "are units, their share holds the differences within units too."
    ),
    # Scores published elsewhere
    "norms.heading": "Scores published elsewhere",
    "norms.failed": "Scores published elsewhere could not be read",
    "norms.caption": "Scores published elsewhere beside those of this study, 0–100",
    "norms.line": "{source}, {date}",
    "norms.line.of": "{type}: {source}, {date}",
    "norms.all": "all",
    "norms.about": "About",
    "norms.score": "Published score",
    "norms.difference": "Difference (95% interval)",
    "norms.study": "This study (95% interval)",
    "norms.organisation": "This organisation (95% interval)",
    "norms.note": (
        "A published score is taken as it is. Its own error, other wordings of the questions and "
        "other ways to choose people are not in the interval."
    ),
    "norms.elsewhere": "Published, but without a number on this page to compare: {measures}.",
    # What people wrote in their own words
    "themes.heading": "What people wrote",
    "themes.failed": "What people wrote could not be counted",
    "themes.told": (
        "**{answers} answers of {source} are in their own words.** Most often: {themes}."
    ),
    "themes.share": "{theme} ({share})",
    "themes.uncoded": "In {share} of them no word of the list stands.",
    "themes.caption": "What {source} wrote about: share of the answers in their own words",
    "themes.caption all": "What people wrote about, all organisations together",
    "themes.caption organisations": "What people wrote about: share of the answers by organisation",
    "themes.theme": "Theme",
    "themes.none": "none of the themes",
    "themes.of answers": "Share of answers",
    "themes.number": "Answers, about",
    "themes.answers": "Answers in own words",
    "themes.here": "Here (of {answers} answers)",
    "themes.all": "All organisations (of {answers} answers)",
    "themes.quotes": "Examples that were read and cleared for publication",
    "themes.quote": "Example",
    "themes.few": (
        "Fewer than {least} people wrote something in {source}, so themes are not shown."
    ),
    "themes.note": (
        "A theme counts where one of its words stands in the answer: a whole word, or any that "
        "begins as the list says. An answer can have several themes, so shares do not add up to "
        '100%. Meaning is not read: "not slow" counts as "slow". Those who write are not all '
        "who answered, and answers are not weighted."
    ),
    "themes.rounded": (
        "Organisations where fewer than {least} people wrote are left out of every number. Numbers "
        "of answers are rounded to the nearest {base} in each organisation."
    ),
    # Segments: what is known of respondents
    "segments.heading": "Segments of respondents",
    "segments.caption": "Indices by {covariate}, all organisations together (95% interval)",
    "segments.segment": "{segment} ({people})",
    "segments.test": "Test of equal indices",
    "segments.note": (
        "The headings give the number of people. A segment is hidden too where it and another "
        "group would give away a few people."
    ),
    "benchmark.reliability": "Reliability of the scores over all organisations",
    "column.cronbach": "Cronbach's alpha (95% interval)",
    "column.assessment": "Assessment",
    "benchmark.respondents": "Respondents in the organisations that are shown",
    "column.organisations": "Organisations",
    "benchmark.key": "Indices",
    "benchmark.key none": "no number can be shown",
    # The page of a chain
    "chain.not asked": "This study did not ask about {constructs}.",
    "chain.found": "**Across {rows} of all organisations:** {links} {basis}",
    "chain.claim": "**The claim:** {claim}",
    "chain.untested": "**The data cannot test this claim:** {reason}",
    "chain.asked to": "{questions} to {source}",
    "chain.asked from": "{questions} from {source}",
    "chain.constructs": "The constructs of the chain and their indices over all organisations",
    "chain.constructs added": (
        "Not among the constructs of the chain's authors, added by the workbench: {constructs}."
    ),
    "column.what it is": "What it is",
    "column.asked": "Asked",
    "chain.direct": "The links of the chain",
    "chain.effects": "Indirect and total effects along the chain",
    "chain.rates": "Beside a published rate",
    "chain.rate caption": "{target} for {step} of {source}",
    "chain.rate direct": "This study, direct link",
    "chain.rate total": "This study, along all paths",
    "chain.rate published": "Published: {value}",
    "chain.rate source": "Published by: {source}",
    "chain.rate percent": (
        "Percent are read as points of the index, 0–100: the source does not say of what they are "
        "percent."
    ),
    "column.rate": "Rate",
    "chain.rate points": "Points of {target} (95% interval)",
    "amount.points": Plural("{count} point", "{count} points"),
    "amount.percent": "{count}%",
    "chain.something else": "If something else affects both {mediator} and {target}",
    "chain.not possible": "This analysis was not possible",
    "chain.exclusion": (
        "The chain assumes that nothing outside it affects both {mediator} and {target}. If this "
        "is wrong, the link between them is biased. The figure shows what the indirect link from "
        "{source} to {target} would be if the unexplained parts of {mediator} and {target} were "
        "correlated."
    ),
    "chain.exclusion basis": (
        "{told} The figure is based on one model of all {rows}, so even at a correlation of 0 it "
        "may differ a little from the table above, which is a mean over organisations."
    ),
    "chain.exclusion numbers": (
        "{told} The figure counts answers as numbers, so even at a correlation of 0 it may differ "
        "a little from the table above, which counts them as ordered categories."
    ),
    "chain.exclusion told": "**{told}**",
    "chain.unexplained": "Correlation of the unexplained parts",
    "chain.indirect strength": "Strength of the indirect link",
    "chain.indirect caption": "{source} → {mediator} → {target}: indirect link with 95% interval",
    "chain.no correlation": "no correlation",
    "chain.between": "Between organisations",
    "chain.pair": "{one} and {other}",
    "chain.pair reason": "{pair}: {reason}",
    "chain.between lead": (
        "The links above are within organisations. This table shows whether organisations with a "
        "higher level of one construct also have a higher level of another; the answer may differ."
    ),
    "chain.between caption": "Correlations between organisations' levels",
    "column.levels of": "Levels of",
    "chain.between note": "Corrected for the error of each organisation's mean.",
    "chain.satisfaction": "The satisfaction index",
    "chain.satisfaction failed": "The satisfaction index could not be computed",
    "chain.links by type": "Links by type of organisation",
    "chain.links by channel": "Links by channel",
    "moderation.links by": "Links by {covariate}",
    "chain.equal": "Links with what is known of respondents held equal",
    "chain.equal.caption": "Strength of the links as they are, and with {covariates} held equal",
    "chain.equal.as they are": "As they are (95% interval)",
    "chain.equal.held": "Held equal (95% interval)",
    "chain.equal.told": (
        "Answers are freed of what goes with {covariates} of the people in a unit. What is left of "
        "a link is no difference between these kinds of people. What is not known of people is not "
        "held equal, and a link is no cause."
    ),
    "chain.equal.failed": "Links with what is known of respondents held equal: no estimate",
    "chain.circle": "Links in both directions",
    "chain.circle lags": (
        "The page on trends sets the same two directions beside each other as they follow from "
        "wave to wave, which needs no instruments."
    ),
    "chain.rivals elsewhere": (
        "How the chain and each alternative model fit stands in the technical report."
    ),
    "chain.rivals failed": "The alternative models could not be compared",
    "chain.not nested": "not nested",
    "chain.nothing to test": "nothing to test",
    "chain.rivals": "The chain and alternative models, fitted to the same data",
    "column.model": "Model",
    "column.larger model": "Test against the larger model",
    "column.questions": "Questions",
    "column.positive": "Positive, %",
    "column in.positive": "Positive in {wave}, %",
    "column in.mean": "Mean in {wave}, %",
    "column.mean in percent": "Mean, %",
    "column in.points since": "Change since {wave}, points",
    "column.clear change": "Clear change",
    "column.lowest result": "Lowest",
    "column.average result": "Average",
    "column.highest result": "Highest",
    "column.compared": "Organisations compared",
    "column.without answer": "Without an answer, %",
    "of which column": "Of these: {reason}, %",
    "chain.method": "The chain is the {title} ({citation}). {level} {models}",
    "chain.alternatives": (
        "The alternatives are the chain without its shortcuts (direct links beside a longer path), "
        "the chain as its authors state it where the workbench adds links, and the chain with its "
        "direction reversed. Where two models fit any data equally well, the page says so."
    ),
    "chain.key strongest": "Strongest link",
    "chain.key strength": "Its strength",
    "chain.key clear": "Links clearly different from 0",
    "chain.key number": "{clear} of {links}",
    "chain.key rows": "Based on",
    "chain.key fit": "Fit",
    "chain.key missing": "could not be estimated",
    "fits.well": "well",
    "fits.acceptably": "acceptably",
    "fits.poorly": "poorly",
    "fits.nothing to test": "nothing to test",
    "fits.not known": "[x]",
    # What may not be shown
    "disclosure.rounding": (
        "Where fewer than {below} people answered a question, the number who gave each answer is "
        "rounded to the nearest {base} before shares are computed, so that individual answers "
        "cannot be read off. Where more answered, this is done to answers that only one or two "
        "gave, and the most frequent answer makes up for it. Numbers of fewer than {exact} people "
        "are told as ranges."
    ),
    "disclosure.rule": (
        "Groups of fewer than {least} respondents are not shown and are left out of every total."
    ),
    "disclosure.no rule.one": (
        "The rule that groups of fewer than {least} people are not shown could not be applied to "
        "the answers of {sources}, whose rows are units and which does not say how many people "
        "each row summarises."
    ),
    "disclosure.no rule.several": (
        "The rule that groups of fewer than {least} people are not shown could not be applied to "
        "the answers of {sources}, whose rows are units and which do not say how many people each "
        "row summarises."
    ),
    "disclosure.part rule.one": (
        "Groups of fewer than {least} respondents are not shown and are left out of every total; "
        "this rule could not be applied to the answers of {sources}, whose rows are units and "
        "which does not say how many people each row summarises."
    ),
    "disclosure.part rule.several": (
        "Groups of fewer than {least} respondents are not shown and are left out of every total; "
        "this rule could not be applied to the answers of {sources}, whose rows are units and "
        "which do not say how many people each row summarises."
    ),
    # What an edition changed
    "edition.published": "{pages} published.",
    "edition.added": "{pages} added ({titles})",
    "edition.changed": "{pages} changed ({titles})",
    "edition.withdrawn": "{pages} withdrawn ({titles})",
    "editions told": "{changes}.",
    "edition.list": "The list of reports changed.",
    # Who publishes
    "publisher.about": "About this publication",
    "publisher.body": "Published by",
    "publisher.contact": "Contact",
    "publisher.licence": "Licence of the data",
    "publisher.cite": "How to cite",
    "publisher.accessibility": "Accessibility",
    "publisher.revisions": "Revisions",
    # The questions of an organisation
    "organisation.no usable": "{source} gave no usable answer about {construct}.",
    "organisation.questions several": "{construct}: highest is “{highest}” and lowest “{lowest}”.",
    "organisation.questions none": "{construct}: no question is shown in detail.",
    "organisation.questions one": "{construct}: answers to “{question}”.",
    "organisation.labels turned": (
        "Answers to reverse-scored questions are turned, so that high is good: the words beside "
        "the codes hold for the other questions."
    ),
    "organisation.positive.middle": (
        "An answer is called positive if it is above the middle of its scale, after "
        "reverse-scored questions are turned."
    ),
    "organisation.positive.from": (
        "An answer is called positive from {points} of 100 points on, after reverse-scored "
        "questions are turned."
    ),
    "organisation.changes": (
        "Changes are those since {wave}. They are tested with units as clusters; of all that are "
        "called clear among the questions of this page, at most {rate} are expected to be chance "
        "(Benjamini–Hochberg)."
    ),
    "organisation.changes alone": (
        "Changes are those since {wave}. They are tested as if people had been drawn one by one; "
        "of all that are called clear among the questions of this page, at most {rate} are "
        "expected to be chance (Benjamini–Hochberg)."
    ),
    "organisation.unanswered": (
        "Numbers of people without an answer are rounded to the nearest {base} before shares are "
        "computed. They are shares of all who answered any question."
    ),
    "organisation.compared": (
        "Lowest, average and highest are those of the organisations of the same type whose answers "
        "are shown, or of all types where there are fewer than {least}."
    ),
    "organisation.channels": "Indices by channel",
    "organisation.answers": "{construct} (answers {low} to {high})",
    "organisation.no answers": "No usable answers.",
    "organisation.no clear change": "No index changed clearly since the previous wave.",
    "organisation.trend": "Indices over the waves with 95% intervals",
    "organisation.who answered": "Who answered",
    "column.response rate": "Response rate",
    "column.unanswered": "Questions left unanswered",
    "organisation.mean rate": "{rate} on average over units",
    "organisation.not estimated here": "could not be estimated here",
    # Why answers and rows were set aside
    "excluded.duplicate id": "duplicate id",
    "excluded.duplicate unit": "duplicate unit",
    "excluded.item missing from the file": "item missing from the file",
    "excluded.missing code": "missing code",
    "excluded.no organisation": "no organisation",
    "excluded.no unit": "no unit",
    "excluded.no wave": "no wave",
    "excluded.not a number": "not a number",
    "excluded.number of people missing": "number of people missing",
    "excluded.out of scale": "out of scale",
    "excluded.weight missing": "weight missing",
    "excluded.weight not a number": "weight not a number",
    "excluded.weight zero": "weight zero",
    "excluded.weight negative": "weight negative",
    "excluded.weight infinite": "weight infinite",
    # What a measurement could not be told of
    "unmeasured.comparability": (
        "{title} has {items}: comparability can be tested only with three or more."
    ),
    "unmeasured.groups": (
        "Fewer than two {groups} have {least} or more complete and varying answers to {title}: "
        "whether it is measured alike in them cannot be tested."
    ),
    "unmeasured.alike": (
        "Whether {title} is measured in the same way in every {by} cannot be tested. {reason}"
    ),
    "unmeasured.dimensions": (
        "{title} has {items}: the number of dimensions can be tested only with three or more."
    ),
    "unmeasured.few pairs": (
        "{title} has {rows} rows with some pair of its {items} items answered: too few for the "
        "number of dimensions."
    ),
    "unmeasured.singular": (
        "The correlations of {title} do not fit together (an item is a sum or copy of others, or "
        "too many answers are missing): the number of dimensions cannot be estimated."
    ),
    "unmeasured.constant": (
        "{items} of {title} has the same answer everywhere, or none, and correlates with nothing: "
        "leave it out."
    ),
    "unmeasured.model": "The measurement model of {title} could not be estimated. {reason}",
    # What the data of a fit lack
    "rows noted.ranks": (
        "The categories of {item} ({categories}) count as 1 to {most}, in this order."
    ),
    "rows noted.empty": "{rows} of {every} rows have no answers at all.",
    "rows noted.covariate": (
        "{rows} of {every} rows lack the exogenous covariate {names} and were left out: what is "
        "held at its sample value must be known."
    ),
    "rows noted.sparse": (
        "Fewer than {limit} answers are in a category of {names}: its threshold is uncertain; join "
        "it with the category beside it."
    ),
    "rows noted.empty cells": (
        "In {pairs} of {every} pairs of ordered items nobody gave some combinations of answers "
        "({names}); such correlations are less certain."
    ),
    "rows noted.apart": (
        "No row answered both {pairs}, so the data say nothing of their covariance: measures that "
        "rest on it (SRMR, GFI, robust CFI and RMSEA, its residual) are missing, and the test "
        "counts it among its degrees of freedom. The estimates stand."
    ),
    "rows noted.few clusters": (
        "There are only {clusters} clusters for {parameters} parameters: tests of several of them "
        "at once, such as the test of fit, cannot be trusted. Fit a smaller model, or take more "
        "clusters."
    ),
    # Explorer
    "explorer.all organisations": "All organisations",
    "explorer.own model": "A model of your own",
    "explorer.measured by items": "all items",
    "explorer.measured by scores": "one score a construct",
    "explorer.choose organisation": "Organisation",
    "explorer.choose wave": "Wave",
    "explorer.choose chain": "Chain",
    "explorer.choose level": "Rows",
    "explorer.choose items": "Measured by",
    "explorer.data": "Data",
    "explorer.items": "Items",
    "explorer.items of": "Items of {construct}",
    "explorer.item asks": "{item}: {wording}",
    "explorer.scores": "Each construct is one score, the mean of the items marked here.",
    "explorer.construct": "Construct",
    "explorer.item": "Item",
    "explorer.add =~": "Add item",
    "explorer.terms ~": "Paths",
    "explorer.first ~": "From",
    "explorer.second ~": "To",
    "explorer.add ~": "Add path",
    "explorer.terms ~~": "Covariances",
    "explorer.first ~~": "Of",
    "explorer.second ~~": "And",
    "explorer.add ~~": "Free covariance",
    "explorer.term =~": "{lhs} measured by {rhs}",
    "explorer.term ~": "{rhs} → {lhs}",
    "explorer.term ~~": "{lhs} ↔ {rhs}",
    "explorer.button drop": "Remove",
    "explorer.named drop": "Remove {term}",
    "explorer.button add": "Add",
    "explorer.named add": "Add {term}",
    "explorer.undo": "Undo",
    "explorer.copy": "Copy code",
    "explorer.offers": "Largest modification indices",
    "explorer.no offers": "There is no further parameter to free.",
    "explorer.column parameter": "Parameter",
    "explorer.column modification": "Index",
    "explorer.column expected": "Expected strength",
    "explorer.not changed": "The change was not made. {problem}",
    "explorer.fitted": Plural(
        "Fitted to {count} row: {close}.", "Fitted to {count} rows: {close}."
    ),
    "explorer.difference": "Against the model before: χ²({df}) = {statistic}, {p}.",
    "explorer.no difference": "The difference from the model before is not tested. {reason}",
    "explorer.fit": "Fit",
    "explorer.measure": "Measure",
    "explorer.now": "This model",
    "explorer.before": "Model before",
    "explorer.rows": "Rows",
    "explorer.parameters": "Free parameters",
    "explorer.paths": "Standardised paths",
    "explorer.column path": "Path",
    "explorer.column strength": "Strength",
    "explorer.column interval": "95% interval",
    "explorer.column test": "Test of no path",
    "explorer.residuals": "Largest residual correlations",
    "explorer.pair": "Pair",
    "explorer.residual": "Residual",
    "explorer.group": "Group",
    "explorer.warnings": "Before using these numbers:",
    "explorer.code": "Code of a cell that gives the same",
    # The page of check --html, for those who hold the data
    "check.title": "Check of {study}",
    "check.private": (
        "This page counts single people and names small groups. It is for those who hold the data, "
        "and not to be published."
    ),
    "check.problems": "Problems",
    "check.read": "What was read",
    "check.read caption": "Rows that were read, and those that are kept",
    "check.answers": "Answers of {source}",
    "check.missing": "Answers, and shares without one",
    "check.together": "Questions left out together",
    "check.scales": "Use of the scales",
    "check.no small groups": "No group has fewer than {least} people.",
    "check.small groups": "Groups of fewer than {least} people, which pages hide",
    "check.straight": (
        "{part} gave the same answer to all questions of a scale ({least} or more, as they were "
        "asked)."
    ),
    "check.again": "{part} have all the answers of an earlier row of their unit and wave.",
    "check.no times": "No column tells how long people took.",
    "check.fast": "{part} took less than half of the median time (column {column}).",
    "check.part": "{count} of {rows} ({share})",
    "check.power": "Power of the planned chain",
    "check.another link": "For another link or strength run {command}.",
    "check.all": "all",
    "check.column.source": "Source",
    "check.column.file": "File",
    "check.column.rows": "Rows",
    "check.column.kept": "Kept",
    "check.column.organisations": "Organisations",
    "check.column.units": "Units",
    "check.column.waves": "Waves",
    "check.column.questions": "Questions",
    "check.column.item": "Question",
    "check.column.answers": "Answers",
    "check.column.blank": "Blank",
    "check.column.missing code": "Missing code",
    "check.column.not a number": "Not a number",
    "check.column.out of scale": "Off the scale",
    "check.column.without": "Without",
    "check.column.share": "Share",
    "check.column.scale": "Scale",
    "check.column.mean": "Mean",
    "check.column.sd": "Standard deviation",
    "check.column.lowest": "At the low end",
    "check.column.highest": "At the high end",
    "check.column.codes": "Different codes",
    "check.column.organisation": "Organisation",
    "check.column.wave": "Wave",
    "check.column.people": "People",
}
