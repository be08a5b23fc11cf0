# One model fitted to several imputations: Rubin's rules and D2 by semTools, D4 from lavaan's fits.
#
#   Rscript imputed.R          (R 4.2, lavaan 0.6-14, semTools 0.5-6)
suppressMessages({library(lavaan); library(semTools)})
items <- paste0("x", 1:6)
complete <- read.csv("inference/hs.csv")[items]
set.seed(20)
holes <- as.matrix(complete)
holes[cbind(sample(301, 60), 2)] <- NA
holes[cbind(sample(301, 75), 5)] <- NA
impute <- function(number) {
  filled <- complete
  for (item in c("x2", "x5")) {
    gone <- is.na(holes[, item])
    others <- setdiff(items, c("x2", "x5"))
    line <- lm(reformulate(others, item), as.data.frame(holes))
    filled[[item]][gone] <- round(
      predict(line, complete[gone, ]) + rnorm(sum(gone), sd = sigma(line)), 3
    )
  }
  cbind(imputation = number, filled)
}
all <- do.call(rbind, lapply(1:5, impute))
write.csv(all, "imputed.csv", row.names = FALSE)
frames <- split(all[items], all$imputation)
wide <- "visual =~ x1 + x2 + x3\n textual =~ x4 + x5 + x6\n textual ~ b*visual\n twice := 2*b"
narrow <- "visual =~ x1 + a*x2 + a*x3\n textual =~ x4 + x5 + x6\n textual ~ b*visual"
pooled <- sem.mi(wide, frames)
table <- as.data.frame(summary(pooled, output = "data.frame", fmi = TRUE, scale.W = FALSE))
fits <- function(model, ...) lapply(frames, function(frame) sem(model, frame, ...))
statistic <- function(fit, name = "chisq") unname(fitMeasures(fit, name))
pool4 <- function(each, stacked, k, m) {
  r <- max(0, (m + 1) / (k * (m - 1)) * (mean(each) - stacked))
  v <- k * (m - 1)
  df2 <- if (v > 4) {
    4 + (v - 4) * (1 + (1 - 2 / v) / r)^2
  } else {
    v * (1 + 1 / k) * (1 + 1 / r)^2 / 2
  }
  value <- stacked / (k * (1 + r))
  list(statistic = value, df = k, df2 = df2, pvalue = pf(value, k, df2, lower.tail = FALSE))
}
m <- 5
each <- sapply(fits(wide), statistic)
stacked <- statistic(sem(wide, all)) / m
each_narrow <- sapply(fits(narrow), statistic)
stacked_narrow <- statistic(sem(narrow, all)) / m
d2 <- calculate.D2(sapply(fits(wide, estimator = "MLR"), statistic, "chisq.scaled"), 8)
by_hand <- lapply(fits(wide), parameterEstimates)
link <- sapply(by_hand, function(t) t$est[t$op == "~"])
error <- sapply(by_hand, function(t) t$se[t$op == "~"])
total <- mean(error^2) + (1 + 1 / m) * var(link)
keep <- table$op %in% c("=~", "~", "~~")
jsonlite::write_json(
  list(
    estimates = table[keep, c("lhs", "op", "rhs", "est", "se", "t", "df", "pvalue", "fmi")],
    link = list(est = mean(link), se = sqrt(total)),
    d4 = pool4(each, stacked, 8, m),
    difference = pool4(each_narrow - each, stacked_narrow - stacked, 1, m),
    d2 = as.list(d2)
  ),
  "imputed.json", auto_unbox = TRUE, digits = 10, pretty = TRUE
)
