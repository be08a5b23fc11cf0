# Unit means whose sampling errors have the same known covariance matrix E in every unit: in lavaan
# a model with one further latent variable per item, whose covariances are fixed at E.
# Run in this folder: Rscript known_error.R (R 4.2, lavaan 0.6-14, jsonlite)
suppressMessages(library(lavaan))

set.seed(1994)
units <- 150
items <- c("p1", "p2", "p3", "s1", "s2", "s3")
people <- rnorm(units)
service <- 0.5 * people + sqrt(0.75) * rnorm(units)
between <- cbind(people, 0.9 * people, 1.1 * people, service, 0.8 * service, 1.2 * service) +
  sqrt(0.1) * matrix(rnorm(units * 6), units)
block <- matrix(0.15, 3, 3) + diag(c(0.25, 0.35, 0.30))
error <- matrix(0, 6, 6)
error[1:3, 1:3] <- block
error[4:6, 4:6] <- 0.8 * block
means <- 3 + between + matrix(rnorm(units * 6), units) %*% chol(error)
means[1:12, 1:3] <- NA
means[13:20, 4:6] <- NA
means[21:25, 2] <- NA
data <- setNames(as.data.frame(round(means, 4)), items)
write.csv(data, "known_error.csv", row.names = FALSE, na = "")

substance <- "
people =~ p1 + p2 + p3
service =~ s1 + s2 + s3
service ~ b*people
"
noise <- paste0("e_", items)
lines <- sprintf("%s =~ 1*%s", noise, items)
for (i in 1:6) {
  for (j in 1:i) lines <- c(lines, sprintf("%s ~~ %.10f*%s", noise[i], error[i, j], noise[j]))
  lines <- c(lines, sprintf("%s ~~ 0*people + 0*service", noise[i]))
}
model <- paste(c(substance, lines), collapse = "\n")

known <- function(estimator) {
  fit <- sem(model, data, estimator = estimator, missing = "fiml")
  fit <- sem(model, data, estimator = estimator, missing = "fiml", start = fit,
    optim.method = "BFGS", control = list(reltol = 1e-15, maxit = 2000))
  stopifnot(lavInspect(fit, "converged"))
  table <- parameterEstimates(fit)
  own <- !grepl("^e_", table$lhs) & !grepl("^e_", table$rhs)
  measures <- fitMeasures(fit)
  wanted <- intersect(c("chisq", "df", "chisq.scaled", "chisq.scaling.factor", "logl",
    "unrestricted.logl", "npar"), names(measures))
  list(estimates = table[own, c("lhs", "op", "rhs", "est", "se")],
    measures = as.list(unclass(measures)[wanted]))
}

writeLines(jsonlite::toJSON(
  list(error = error, ML = known("ML"), MLR = known("MLR")),
  digits = I(15), auto_unbox = TRUE, dataframe = "columns"
), "known_error.json")
