# Ordered items within organisations: Rscript within.R, in this folder, writes within.json from
# within.csv (which test_within.py draws). Correlations that all organisations have in common, each
# with thresholds of its own, by optimize() and pbivnorm; and lavaan's WLSMV in organisation A alone.
library(lavaan)
library(pbivnorm)
library(jsonlite)

data <- read.csv("within.csv")
items <- c("a", "b", "c", "d", "e", "h")

limits <- function(x) {
  share <- cumsum(table(x)) / length(x)
  c(-Inf, qnorm(share[-length(share)]), Inf)
}
below <- function(h, k, rho) {
  ifelse(h == -Inf | k == -Inf, 0,
    ifelse(h == Inf, pnorm(k), ifelse(k == Inf, pnorm(h),
      pbivnorm(pmin(pmax(h, -30), 30), pmin(pmax(k, -30), 30), rho))))
}
minus <- function(rho, one, other) {
  total <- 0
  for (own in split(seq_len(nrow(data)), data$organisation)) {
    x <- data[[one]][own]; y <- data[[other]][own]
    h <- limits(x); k <- limits(y); n <- table(x, y)
    grid <- outer(h, k, function(u, v) below(u, v, rho))
    p <- grid[-1, -1] - grid[-length(h), -1] - grid[-1, -length(k)] + grid[-length(h), -length(k)]
    total <- total - sum(n * log(pmax(p, 1e-12)))
  }
  total
}
pairs <- combn(items, 2)
rho <- apply(pairs, 2, function(p) {
  optimize(minus, c(-0.95, 0.95), one = p[1], other = p[2], tol = 1e-10)$minimum
})

model <- "f =~ a + b + c\n g =~ d + e + h\n g ~ f"
fit <- sem(model, data[data$organisation == "A", ], ordered = items, estimator = "WLSMV")
found <- standardizedSolution(fit)
link <- found[found$op == "~", ]
measures <- fitMeasures(fit, c("chisq.scaled", "df", "cfi.robust", "rmsea.robust", "srmr"))
write_json(list(
  one = pairs[1, ], other = pairs[2, ], rho = rho,
  link = link$est.std, error = link$se, measures = as.list(measures)
), "within.json", digits = 12, auto_unbox = TRUE)
