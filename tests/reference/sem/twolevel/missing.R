# Makes expected_missing.json from lavaan's likelihood: Rscript missing.R   (in this folder)
#
# With missing answers, and no variable of level 2 alone, lavaan 0.6-14 ends where its own
# log-likelihood is not the largest. Here that is maximised by differences, and errors are those of
# its second differences.
suppressMessages({library(lavaan); library(jsonlite); library(numDeriv)})
missing <- read.csv("missing.csv")
cases <- fromJSON("cases.json", simplifyVector = FALSE)
expected <- lapply(c("plain ML", "covariates ML"), function(name) {
  fit <- suppressWarnings(sem(
    cases[[name]]$model, missing, cluster = "unit", missing = "fiml",
    se = "none", test = "none", h1 = FALSE, baseline = FALSE
  ))
  model <- fit@Model
  minus <- function(x) {
    own <- lavaan:::lav_model_set_parameters(model, x)
    value <- -lavaan:::lav_model_loglik(
      lavdata = fit@Data, lavsamplestats = fit@SampleStats,
      lavimplied = lavaan:::lav_model_implied(own), lavmodel = own, lavoptions = fit@Options
    )$loglik
    if (is.finite(value)) value else 1e10
  }
  x <- lavaan:::lav_model_get_parameters(model)
  for (i in 1:4) {  # Newton's steps by differences
    second <- hessian(minus, x)
    x <- x - solve(second, grad(minus, x))
  }
  table <- parTable(fit)
  own <- table$free > 0
  list(
    logl = -minus(x), own_logl = fit@loglik$loglik,
    estimates = data.frame(table[own, c("lhs", "op", "rhs", "level")], est = x,
                           se = sqrt(diag(solve(second))))
  )
})
names(expected) <- c("plain", "covariates")
write(toJSON(expected, digits = NA, auto_unbox = TRUE), "expected_missing.json")
