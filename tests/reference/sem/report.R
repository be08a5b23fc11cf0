# What the paragraph of a fit tells: robust measures, standardised paths and loadings, an effect.
#
#   Rscript report.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
data <- read.csv("inference/hs.csv")
fit <- sem("
  visual =~ x1 + x2 + x3
  textual =~ x4 + x5 + x6
  textual ~ a*visual
  x9 ~ b*textual
  ab := a*b
", data, estimator = "MLR")
standard <- standardizedSolution(fit)
paths <- standard[standard$op == "~", ]
loadings <- standard$est.std[standard$op == "=~"]
defined <- parameterEstimates(fit)
defined <- defined[defined$op == ":=", ]
kept <- c(
  "df", "chisq.scaled", "pvalue.scaled", "cfi.robust", "tli.robust", "rmsea.robust",
  "rmsea.ci.lower.robust", "rmsea.ci.upper.robust", "srmr"
)
jsonlite::write_json(
  list(
    measures = as.list(fitMeasures(fit, kept)),
    links = data.frame(lhs = paths$lhs, rhs = paths$rhs, est = paths$est.std, se = paths$se),
    loadings = range(loadings),
    effect = list(
      est = defined$est, se = defined$se, lower = defined$ci.lower, upper = defined$ci.upper,
      pvalue = defined$pvalue
    )
  ),
  "report.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
