# Fits two.csv by lavaan and compares with the estimates of two_expected.csv.
#
#   Rscript two.R
suppressMessages(library(lavaan))
data <- read.csv("two.csv")
model <- '
visual =~ first_item + x2 + x3
visual ~ c(a, b)*x4
d := a-b
'
fit <- sem(
  model, data,
  estimator = "ML",
  information = "expected",
  meanstructure = TRUE,
  fixed.x = TRUE,
  group = "group",
  group.equal = c("loadings")
)
summary(fit, fit.measures = TRUE, standardized = TRUE)

expected <- read.csv("two_expected.csv")
found <- parameterEstimates(fit)
if (is.null(found$group)) found$group <- 1
found$group[found$group == 0] <- 1
key <- function(table) {
  turned <- table$op == "~~" & table$lhs > table$rhs
  first <- ifelse(turned, table$rhs, table$lhs)
  second <- ifelse(table$op == ":=", "", ifelse(turned, table$lhs, table$rhs))
  paste(first, table$op, second, table$group)
}
place <- match(key(expected), key(found))
stopifnot(!anyNA(place))
cat("Largest difference of estimates:", max(abs(found$est[place] - expected$est)), "\n")
cat("Largest difference of standard errors:", max(abs(found$se[place] - expected$se)), "\n")
