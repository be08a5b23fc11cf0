# Models and data on which estimation meets an edge: fixed covariances that starting values must
# leave room for, and two items that nobody answered together.
#
#   Rscript odd.R          (R 4.2, lavaan 0.6-14)
suppressMessages(library(lavaan))
set.seed(19)
n <- 120
f <- rnorm(n)
h <- 0.95 * f + sqrt(1 - 0.95^2) * rnorm(n)
data <- data.frame(sapply(1:3, function(i) f + rnorm(n)), sapply(1:3, function(i) h + rnorm(n)))
names(data) <- c("p1", "p2", "p3", "q1", "q2", "q3")
data <- round(data, 3)
write.csv(data, "odd.csv", row.names = FALSE)
two <- "f =~ p1 + p2 + p3\nh =~ q1 + q2 + q3"
index <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.upper", "logl", "aic", "bic")
scaled <- c("chisq.scaled", "df.scaled", "chisq.scaling.factor")
result <- function(fit, names) {
  list(measures = as.list(fitMeasures(fit, names)), est = parameterEstimates(fit)$est)
}
fixed <- list(
  latent = paste0(two, "\nf ~~ 1.4*h"),
  residual = paste0(two, "\np1 ~~ 1.1*q1"),
  observed = "p1 ~~ 6*q1\np1 ~~ 5*p2"
)
apart <- data
apart$p1[1:60] <- NA
apart$p2[61:120] <- NA
fiml <- function(estimator) {
  fit <- cfa("f =~ p1 + p2 + p3 + q1 + q2", apart, missing = "fiml", estimator = estimator)
  found <- result(fit, c(index, if (estimator == "MLR") scaled))
  c(found, list(se = parameterEstimates(fit)$se))
}
jsonlite::write_json(
  list(
    fixed = lapply(fixed, function(m) c(result(cfa(m, data), index), list(model = m))),
    apart = list(ML = fiml("ML"), MLR = fiml("MLR"))
  ),
  "odd.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
