# What all reports of organisation.Rmd share, as someone who writes the same report in R would
# compute it: once for each R process. Expects `folder`, where the study's files are.
suppressPackageStartupMessages({
  library(lavaan)
  library(metafor)
  library(semTools)
})

codebook <- read.csv(file.path(folder, "codebook.csv"))
chain <- c("people", "service", "trust")
drivers <- list(
  service = c("expectations", "information", "website", "process", "customer_service",
              "quality", "value"),
  trust = c("access", "timeliness", "knowledge", "courtesy", "fairness", "outcome", "service",
            "reputation")
)
wanted <- codebook[codebook$construct %in% c(chain, unlist(drivers)), ]
items <- split(wanted$item, wanted$construct)
keys <- c("organisation", "office", "year")

read_source <- function(name) {
  rows <- read.csv(file.path(folder, paste0(name, ".csv")))
  own <- wanted[wanted$source == name, ]
  unanswered <- colMeans(is.na(rows[own$item]))
  for (i in seq_len(nrow(own))) {
    x <- rows[[own$item[i]]]
    x[x < own$low[i] | x > own$high[i]] <- NA
    if (own$reversed[i] == "yes") x <- own$low[i] + own$high[i] - x
    rows[[own$item[i]]] <- x
  }
  if (is.null(rows$weight)) rows$weight <- 1
  rows$unit <- paste(rows$organisation, rows$office)
  list(rows = rows, aside = colMeans(is.na(rows[own$item])) - unanswered)
}
sources <- lapply(c(employees = "employees", clients = "clients"), read_source)
source_of <- function(construct) wanted$source[match(construct, wanted$construct)]
latest <- max(sources$clients$rows$year)

# Every respondent's index of every construct, 0-100.
on_hundred <- function(rows, construct) {
  own <- wanted[wanted$construct == construct, ]
  100 * t((t(as.matrix(rows[own$item])) - own$low) / (own$high - own$low))
}
for (construct in names(items)) {
  source <- source_of(construct)
  sources[[source]]$rows[[construct]] <-
    rowMeans(on_hundred(sources[[source]]$rows, construct), na.rm = TRUE)
}

# Weighted mean with a standard error that allows for people of one unit being alike.
clustered_mean <- function(x, weight, unit) {
  kept <- !is.na(x)
  x <- x[kept]; weight <- weight[kept]; unit <- unit[kept]
  value <- weighted.mean(x, weight)
  sums <- rowsum(weight * (x - value), unit)
  m <- nrow(sums)
  se <- sqrt(m / (m - 1) * sum((sums - mean(sums))^2)) / sum(weight)
  half <- qt(0.975, m - 1) * se
  data.frame(index = value, se = se, lower = value - half, upper = value + half,
             n = length(x), units = m)
}
index_table <- function(construct, by) {
  rows <- sources[[source_of(construct)]]$rows
  groups <- split(seq_len(nrow(rows)), rows[by], drop = TRUE)
  found <- do.call(rbind, lapply(groups, function(at) {
    clustered_mean(rows[[construct]][at], rows$weight[at], rows$unit[at])
  }))
  cbind(rows[vapply(groups, `[`, 1L, 1), by, drop = FALSE], construct = construct, found)
}
indices <- do.call(rbind, lapply(names(items), index_table, by = c("organisation", "year")))
together <- do.call(rbind, lapply(names(items), index_table, by = "year"))

# The place of every organisation: 2,000 draws within the errors.
set.seed(1)
places <- do.call(rbind, lapply(chain, function(construct) {
  now <- indices[indices$construct == construct & indices$year == latest, ]
  drawn <- matrix(rnorm(2000 * nrow(now), now$index, now$se), nrow(now))
  ranks <- apply(-drawn, 2, rank)
  data.frame(organisation = now$organisation, construct = construct, ranked = nrow(now),
             t(apply(ranks, 1, quantile, c(0.025, 0.975))))
}))

# Units, where employees and clients meet.
unit_means <- function(rows, columns) {
  sums <- function(x) rowsum(x, rows$key, na.rm = TRUE)
  x <- as.matrix(rows[columns])
  means <- sums(x * rows$weight) / sums((!is.na(x)) * rows$weight)
  cbind(rows[match(rownames(means), rows$key), keys], means)
}
unit_table <- function(columns_of) {
  Reduce(function(a, b) merge(a, b, by = keys), lapply(names(sources), function(name) {
    rows <- sources[[name]]$rows
    rows$key <- paste(rows$unit, rows$year)
    unit_means(rows, columns_of(name))
  }))
}
chain_items <- unlist(items[chain], use.names = FALSE)
units <- unit_table(function(name) {
  c(intersect(chain_items, wanted$item[wanted$source == name]),
    chain[vapply(chain, source_of, "") == name])
})
for (i in match(chain_items, wanted$item)) {
  units[[wanted$item[i]]] <-
    100 * (units[[wanted$item[i]]] - wanted$low[i]) / (wanted$high[i] - wanted$low[i])
}
now <- units[units$year == latest, ]

# The chain for all organisations together, and for each.
model <- paste(c(
  vapply(chain, function(name) paste(name, "=~", paste(items[[name]], collapse = " + ")), ""),
  "service ~ a * people", "trust ~ b * service + c * people",
  "indirect := a * b", "total := c + a * b"
), collapse = "\n")
fit_chain <- function(rows) {
  try(suppressWarnings(sem(model, rows[chain_items], missing = "fiml", estimator = "MLR")), silent = TRUE)
}
effects_of <- function(fit) {
  if (!inherits(fit, "lavaan") || !lavInspect(fit, "converged")) return(NULL)
  found <- try(suppressWarnings(merge(
    standardizedSolution(fit), parameterEstimates(fit),
    by = c("lhs", "op", "rhs", "label"), suffixes = c("", ".raw"), sort = FALSE
  )), silent = TRUE)
  if (inherits(found, "try-error")) return(NULL)
  found[found$op %in% c("~", ":="), ]
}
national <- fit_chain(now)
national_effects <- effects_of(national)
own_effects <- lapply(split(now, now$organisation), function(rows) effects_of(fit_chain(rows)))

# Partial pooling: a random-effects model over the organisations' estimates, and its BLUPs.
pooled <- lapply(split(seq_len(nrow(national_effects)), national_effects$label), function(at) {
  label <- national_effects$label[at]
  rows <- do.call(rbind, lapply(names(own_effects), function(name) {
    own <- own_effects[[name]]
    if (is.null(own)) return(NULL)
    own <- own[own$label == label, ]
    data.frame(organisation = name, strength = own$est.std, se = own$se,
               raw = own$est, se.raw = own$se.raw)
  }))
  rows <- rows[is.finite(rows$se) & rows$se > 0 & rows$se < 2, ]
  of <- function(y, se) {
    found <- blup(rma(y, sei = se, method = "REML", control = list(maxiter = 1000)))
    data.frame(estimate = found$pred, lower = found$pi.lb, upper = found$pi.ub)
  }
  cbind(organisation = rows$organisation, of(rows$strength, rows$se),
        raw = of(rows$raw, rows$se.raw))
})

# Relative weights (Johnson 2000) of the drivers over all respondents, with 1,000 bootstrap samples
# of units drawn from the units' own sums.
relative_weights <- function(r) {
  k <- nrow(r) - 1
  of <- eigen(r[1:k, 1:k], symmetric = TRUE)
  root <- of$vectors %*% (sqrt(pmax(of$values, 0)) * t(of$vectors))
  drop(root^2 %*% solve(root, r[1:k, k + 1])^2)
}
importance <- lapply(names(drivers), function(outcome) {
  rows <- sources$clients$rows
  rows <- rows[rows$year == latest, ]
  x <- as.matrix(rows[c(drivers[[outcome]], outcome)])
  kept <- complete.cases(x)
  x <- scale(x[kept, ])
  w <- rows$weight[kept]
  p <- ncol(x) + 1
  pairs <- cbind(1, x)[, rep(1:p, p)] * cbind(1, x)[, rep(1:p, each = p)] * w
  sums <- rowsum(pairs, rows$unit[kept])
  weights_of <- function(total) {
    total <- matrix(total, p)
    moments <- total / total[1, 1]
    relative_weights(cov2cor(moments[-1, -1] - tcrossprod(moments[-1, 1])))
  }
  found <- weights_of(colSums(sums))
  drawn <- rmultinom(1000, nrow(sums), rep(1, nrow(sums)))
  replicates <- apply(crossprod(sums, drawn), 2, weights_of)
  shares <- 100 * t(replicates) / colSums(replicates)
  slopes <- lm(reformulate(drivers[[outcome]], outcome), rows, weights = weight)
  data.frame(
    driver = drivers[[outcome]], share = 100 * found / sum(found),
    t(apply(shares, 2, quantile, c(0.025, 0.975))), points = coef(slopes)[-1],
    confint(slopes)[-1, ], r.squared = sum(found), check.names = FALSE
  )
})
names(importance) <- names(drivers)

# Necessary conditions (Dul 2016): ceiling CE-FDH, effect size, test by 10,000 random pairings.
necessity <- function(x, y, permutations = 10000) {
  order_x <- order(x)
  xs <- x[order_x]
  gaps <- diff(xs)
  scope <- diff(range(x)) * diff(range(y))
  n <- length(x)
  effect <- function(ys) sum(gaps * (max(y) - cummax(ys)[-n])) / scope
  found <- effect(y[order_x])
  random <- replicate(permutations, effect(sample(y)))
  levels <- seq(0, 100, 10)
  peaks <- cummax(y[order_x])
  needed <- vapply(min(y) + levels / 100 * diff(range(y)), function(level) {
    xs[match(TRUE, peaks >= level)]
  }, 0)
  list(effect = found, p = mean(random >= found), steps = stepfun(xs, c(min(y), peaks)),
       bottleneck = data.frame(outcome = levels, condition = 100 * (needed - min(x)) / diff(range(x))))
}
files <- tools::md5sum(list.files(folder, "[.]csv$", full.names = TRUE))
