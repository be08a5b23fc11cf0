# Bootstrap intervals of the package boot, from replicates that are written beside them.
#
#   Rscript intervals.R          (R 4.2, boot, jsonlite, lavaan 0.6-14, semTools 0.5-6)
library(boot)
library(jsonlite)

set.seed(7)
data <- cbind(rexp(40), rnorm(40, 3))
ratio <- function(d, i) c(mean(d[i, 1]) / mean(d[i, 2]), var(d[i, 1]))
replicates <- boot(data, ratio, R = 999)
jackknife <- t(sapply(seq_len(nrow(data)), function(i) ratio(data[-i, ], seq_len(nrow(data) - 1))))
limits <- lapply(1:2, function(k) {
  influence <- (nrow(data) - 1) * (mean(jackknife[, k]) - jackknife[, k])
  found <- boot.ci(replicates, conf = 0.9, type = c("perc", "bca"), index = k, L = influence)
  list(percentile = found$percent[4:5], bca = found$bca[4:5])
})
write(toJSON(list(estimate = replicates$t0, replicates = signif(replicates$t, 12),
                  jackknife = signif(jackknife, 12), limits = limits),
             digits = I(12), auto_unbox = TRUE), "intervals.json")

# Monte Carlo intervals of semTools 0.5-6, of the effects in the case "pd" of inference.R.
suppressMessages({library(lavaan); library(semTools)})
model <- fromJSON("inference/pd.json")$model
set.seed(1)
found <- monteCarloCI(sem(model, PoliticalDemocracy), nRep = 4e5)
write(toJSON(list(lower = found$ci.lower, upper = found$ci.upper), digits = I(6)),
      "intervals_monte_carlo.json")

# Intervals that lavaan 0.6-14 makes of its own replicates, written beside them.
path <- "x2 ~ a*x1\n x3 ~ b*x2 + x1\n ab := a*b"
set.seed(3)
fit <- sem(path, HolzingerSwineford1939, se = "bootstrap", bootstrap = 299)
free <- lavInspect(fit, "boot")
colnames(free) <- names(coef(fit))
limits <- lapply(c(percentile = "perc", bias_corrected = "bca.simple"), function(type) {
  table <- parameterEstimates(fit, boot.ci.type = type)
  # The rows of free parameters in the order of the replicates' columns, then the defined one.
  shown <- rbind(table[match(colnames(free), ifelse(table$label == "",
    paste0(table$lhs, table$op, table$rhs), table$label)), ], table[table$op == ":=", ])
  list(lower = shown$ci.lower, upper = shown$ci.upper)
})
write(toJSON(list(estimate = c(coef(fit), coef(fit)[["a"]] * coef(fit)[["b"]]),
                  replicates = signif(cbind(free, free[, "a"] * free[, "b"]), 12),
                  limits = limits), digits = I(12), auto_unbox = TRUE),
      "intervals_lavaan.json")
