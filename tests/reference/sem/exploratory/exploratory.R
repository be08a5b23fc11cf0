# Expected numbers of exploratory blocks, made with lavaan 0.6-14: Rscript exploratory.R
#
# The rows are those of ../inference/hs.csv. Of its items every category is a third of the range
# where they are ordered; x5 and x9 are missing where x1 or the age is low.
suppressMessages({library(lavaan); library(jsonlite)})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
rows <- read.csv(file.path(here, "..", "inference", "hs.csv"))
items <- paste0("x", 1:9)
missing <- rows
missing$x5[rows$x1 < quantile(rows$x1, 0.3)] <- NA
missing$x9[rows$ageyr < 13] <- NA
ordered <- rows
ordered[items] <- lapply(rows[items], function(x) pmin(floor((x - min(x)) / diff(range(x)) * 3), 2) + 1)

all_items <- paste(items, collapse = " + ")
three <- paste0('efa("all")*f1 + efa("all")*f2 + efa("all")*f3 =~ ', all_items)
two <- 'efa("one")*f1 + efa("one")*f2 =~ x1 + x2 + x3 + x4 + x5 + x6'
structural <- paste(two, "speed =~ x7 + x8 + x9", "speed ~ f1 + f2", sep = "\n")
predicted <- paste(two, "speed =~ x7 + x8 + x9", "f1 + f2 ~ ageyr + speed", sep = "\n")

cases <- list(
  geomin = list(three, rows),
  oblimin = list(three, rows, rotation = "oblimin"),
  four = list(paste0('efa("all")*f1 + efa("all")*f2 + efa("all")*f3 + efa("all")*f4 =~ ', all_items), rows, rotation = "oblimin"),
  mlr = list(three, rows, estimator = "MLR"),
  fiml = list(three, missing, estimator = "MLR", missing = "fiml"),
  groups = list(two, rows, group = "school"),
  structural = list(structural, rows),
  structural_oblimin = list(structural, rows, rotation = "oblimin", estimator = "MLM"),
  predicted = list(predicted, rows),
  ordered = list(two, ordered, ordered = TRUE)
)
# By default lavaan rotates the loadings of items of variance 1, but its standard errors leave out
# what the rest does to these variances; "raw" has rotation.args = list(std.ov = FALSE).
numbers <- function(case, ...) {
  names(case)[1:2] <- c("model", "data")
  fit <- suppressWarnings(do.call("sem", c(case, list(...))))
  found <- parameterEstimates(fit, standardized = TRUE)
  if (is.null(found$group)) found$group <- 1
  keep <- !found$op %in% c("==", "|", "~*~")
  found <- found[keep, c("lhs", "op", "rhs", "group", "est", "se", "std.all")]
  measures <- fitMeasures(fit, c("chisq", "df", "npar"))
  c(list(estimates = as.list(found)), as.list(measures))
}
expected <- lapply(cases, function(case) {
  list(default = numbers(case), raw = numbers(case, rotation.args = list(std.ov = FALSE)))
})
write_json(expected, file.path(here, "exploratory.json"), digits = I(10), auto_unbox = TRUE, na = "null")
