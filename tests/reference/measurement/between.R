# Two constructs of people in units, two-level, by lavaan: "same" has equal loadings at both levels,
# "differ" has not. Reliability between units by Geldhof, Preacher & Zyphur (2014), test of equal
# loadings by Jak & Jorgensen (2017).
# Run in this folder: Rscript between.R (R 4.2, lavaan 0.6-14, jsonlite)
suppressMessages(library(lavaan))

set.seed(2014)
units <- 120
each <- 10
unit <- rep(seq_len(units), each = each)
drawn <- function(within, between) {
  of_unit <- sqrt(0.25) * rnorm(units)
  of_person <- sqrt(0.75) * rnorm(units * each)
  sapply(seq_along(within), function(j) {
    own <- sqrt(0.06) * rnorm(units)
    round(50 + 12 * (between[j] * of_unit[unit] + within[j] * of_person + own[unit] +
      sqrt(0.5) * rnorm(units * each)))
  })
}
loadings <- c(1.0, 0.9, 1.1, 0.8)
data <- setNames(
  data.frame(unit, drawn(loadings, loadings), drawn(loadings, c(1.0, 1.3, 0.7, 1.0))),
  c("unit", paste0("s", 1:4), paste0("d", 1:4))
)
write.csv(data, "between.csv", row.names = FALSE)

two_level <- function(items) {
  level <- function(suffix, at) {
    factor <- paste0("f =~ ", paste0(c("1", paste0("l", 2:4, suffix)), "*", items, collapse = " + "))
    own <- paste0(items, " ~~ e", 1:4, at, "*", items, collapse = "\n")
    paste(factor, paste0("f ~~ v", at, "*f"), own, sep = "\n")
  }
  model <- function(inside, outside) {
    paste("level: 1", level(inside, "w"), "level: 2", level(outside, "b"), sep = "\n")
  }
  free <- sem(model("w", "b"), data, cluster = "unit")
  same <- sem(model("", ""), data, cluster = "unit")
  at <- coef(free)
  lambda <- c(1, at[c("l2b", "l3b", "l4b")])
  common <- at[["vb"]] * sum(lambda)^2
  own <- sum(at[paste0("e", 1:4, "b")])
  within <- lavInspect(free, "sampstat")[["within"]]$cov
  saturated <- lavInspect(free, "h1")[["unit"]]$cov
  sampling <- sum(within) / each
  total <- common + own
  tested <- lavTestLRT(free, same)
  list(
    omega = common / total,
    alpha = 4 / 3 * (1 - sum(diag(saturated)) / sum(saturated)),
    index = common / (total + sampling),
    own = own / (total + sampling),
    sampling = sampling / (total + sampling),
    chisq = tested[["Chisq diff"]][2]
  )
}

writeLines(jsonlite::toJSON(
  list(same = two_level(paste0("s", 1:4)), differ = two_level(paste0("d", 1:4))),
  digits = I(10), auto_unbox = TRUE, pretty = TRUE
), "between.json")
