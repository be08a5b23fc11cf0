# Tests between fitted models: a saturated wide model under MLR, and equal loadings.
#
#   Rscript comparison.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
data <- read.csv("inference/hs.csv")
model <- "textual =~ x4 + x5 + x6"
levels <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"))
difference <- function(fits, ...) {
  table <- as.data.frame(do.call(lavTestLRT, c(unname(fits), list(...))))
  lapply(2:nrow(table), function(i) {
    list(stat = table[i, "Chisq diff"], df = table[i, "Df diff"], pvalue = table[i, "Pr(>Chisq)"])
  })
}
mlr <- lapply(levels, function(equal) {
  cfa(model, data, group = "school", estimator = "MLR", group.equal = equal)
})
wide <- cfa("speed =~ x7 + a*x8 + b*x9 + c*x1", data)
narrow <- cfa("speed =~ x7 + a*x8 + a*x9 + a*x1", data)
wald <- lavTestWald(wide, "a == b; b == c")
jsonlite::write_json(
  list(
    saturated = difference(mlr),
    equal = difference(list(wide, narrow))[[1]],
    of_2010 = difference(mlr[2:3], method = "satorra.bentler.2010")[[1]],
    wald = list(stat = wald$stat, df = wald$df, pvalue = wald$p.value)
  ),
  "comparison.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
