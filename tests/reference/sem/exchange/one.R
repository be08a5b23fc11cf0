# Fits one.csv by lavaan and compares with the estimates of one_expected.csv.
#
#   Rscript one.R
suppressMessages(library(lavaan))
data <- read.csv("one.csv")
model <- '
visual =~ first_item + l2*x2 + x3
textual =~ x4 + x5 + x6
textual ~ b*visual + start(0.1)*ageyr
x2 ~~ x3
x4 ~~ lower(0.01)*x4
k := b*l2
'
fit <- sem(
  model, data,
  estimator = "MLR",
  missing = "ml",
  information = "observed",
  meanstructure = TRUE,
  fixed.x = TRUE,
  cluster = "cluster"
)
summary(fit, fit.measures = TRUE, standardized = TRUE)

expected <- read.csv("one_expected.csv")
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
