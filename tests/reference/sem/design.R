# Robust least squares, and factor scores of a weighted fit without a mean structure.
#
#   Rscript design.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
data <- read.csv("kernel/hs_weights.csv")
model <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6"
tight <- list(rel.tol = 1e-13, x.tol = 1e-11)
robust <- function(...) {
  fit <- cfa(model, data, estimator = "ULS", se = "robust.sem", test = "satorra.bentler",
             control = tight, optim.force.converged = TRUE, ...)
  list(se = parameterEstimates(fit)$se, measures = as.list(fitMeasures(fit, c(
    "chisq", "chisq.scaled", "pvalue.scaled", "chisq.scaling.factor",
    "baseline.chisq.scaling.factor", "cfi.robust", "rmsea.robust"
  ))))
}
weighted <- cfa(model, data, sampling.weights = "w", control = tight, optim.force.converged = TRUE)
least <- cfa(model, data, estimator = "ULS", sampling.weights = "w", control = tight, optim.force.converged = TRUE)
jsonlite::write_json(
  list(
    one = robust(),
    groups = robust(group = "school", group.equal = "loadings"),
    scores = head(unclass(lavPredict(weighted)), 5),
    weighted = parameterEstimates(least)$est
  ),
  "design.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
